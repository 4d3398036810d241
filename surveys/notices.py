"""Which message for which happening. Everything goes through the outbox; nobody else sends anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from notifications import readers as message_readers
from notifications import templates
from notifications.actions import NewMessage, enqueue_many, for_colleague, withdraw_many
from notifications.models import ChannelName
from organization.models import User
from organization.queries import identity_of, people_with_function
from surveys.models import FollowUp, Invitation
from surveys.secrets import link_token

_FOR_CUSTOMERS = ("number", "subject", "due")
_FOR_STAFF = ("number", "subject", "due", "count", "reason", "owner")
#: To the customer: subject, mail, SMS.
TO_CUSTOMER = {
    "survey_invited": (
        _("Are you satisfied with {number}?"),
        _(
            "Your matter {number} ({subject}) is settled. Please tell us in one minute how satisfied you are, until "
            "{due}:\n{url}"
        ),
        _("Your matter {number} is settled. Are you satisfied? Please answer until {due}: {url}"),
    ),
    "survey_reminded": (
        _("A reminder: are you satisfied with {number}?"),
        _("You can still tell us until {due} how satisfied you are with {number} ({subject}):\n{url}"),
        _("You can still tell us until {due} how satisfied you are with {number}: {url}"),
    ),
}
TO_STAFF = {
    "follow_up_opened": (
        _("Follow-up of an answer about {number}"),
        _("A customer's answer about {number} ({subject}) asks for {count} follow-up(s), due {due}."),
    ),
    "follow_up_near": (
        _("Follow-up about {number} is due on {due}"),
        _("{count} follow-up(s) of a customer's answer about {number} ({subject}), due on {due}."),
    ),
    "follow_up_overdue": (
        _("Follow-up about {number} is overdue"),
        _("{count} follow-up(s) of a customer's answer about {number} ({subject}) were due on {due}; with {owner}."),
    ),
    "reopening_proposed": (
        _("Reopening of {number} is proposed"),
        _("After a customer's answer it is proposed to reopen {number} ({subject}). Please decide."),
    ),
}


def register() -> None:
    """Make the texts known to the outbox, and who may be told."""
    for kind, (subject, body, sms) in TO_CUSTOMER.items():
        made = {"url": _link}
        templates.add(templates.Template(kind, subject, body, frozenset(_FOR_CUSTOMERS), sms=sms, made=made))
    for kind, (subject, body) in TO_STAFF.items():
        templates.register(kind, subject=subject, body=body, names=_FOR_STAFF)
    message_readers.register("survey", _may_read)
    templates.register(
        "callback_record_ready",
        subject=_("The telephone callback record {number} is ready"),
        body=_("The telephone callback record {number} is ready: {count} rows."),
        names=("number", "count"),
    )
    message_readers.register("surveys", message_readers.everyone)


def _link(thread: str) -> str:
    rows = Invitation.objects.filter(case=int(thread.partition(":")[2])).only("case_id", "round")
    row = rows.latest("round")
    return f"{settings.SITE_URL.rstrip('/')}/survey/{link_token(row.case_id, row.round)}/"


def _may_read(thread: str, user: User) -> bool:
    """Whoever sees a follow-up of the case; the heads of the hub, who decide on its reopening, see all."""
    rows = FollowUp.objects.filter(response__case=int(thread.partition(":")[2]))
    return rows.visible_to(identity_of(user)).exists()


def invited(asked: Iterable[tuple[Invitation, str, str]], *, kind: str) -> None:
    """Ask customers, or remind them: each invitation with the channel and the address. Not sent after its deadline."""
    enqueue_many(
        NewMessage(
            dedupe_key=f"{row.thread}:{row.round}:{kind}",
            kind=kind,
            thread=row.thread,
            channel=ChannelName(channel),
            address=address,
            context={"number": row.case.number, "subject": row.case.subject, "due": row.deadline_at},
            language=row.case.language,
            expires_at=row.deadline_at,
        )
        for row, channel, address in asked
    )


def withdrawn(threads: Iterable[str]) -> None:
    """What asks customers and was not sent yet is taken back."""
    withdraw_many(list(threads), kinds=list(TO_CUSTOMER))


def follow_ups_opened(rows: Iterable[FollowUp], *, case: Case, at: datetime) -> None:
    """Tell the owner, once for all of one answer."""
    found = list(rows)
    first = found[0]
    context = _values(case, due=first.due_on, count=str(len(found)))
    enqueue_many(
        for_colleague(
            first.owner, kind="follow_up_opened", thread=first.thread,
            key=f"follow-up:{first.pk}:{at.isoformat()}", context=context,
            path="/surveys/follow-ups/",
        )
    )  # fmt: skip


def follow_ups_due(rows: Sequence[FollowUp], users: Iterable[User], *, level: str, late: bool) -> None:
    """Tell a rung of the ladder that what one owner has of one answer is nearly due, or overdue and with whom it is;
    each rung once, whatever the number.
    """
    first = rows[0]
    owner = first.owner.name or first.owner.username
    context = _values(first.response.case, due=first.due_on, owner=owner, count=str(len(rows)))
    enqueue_many(
        message
        for user in users
        for message in for_colleague(
            user, kind="follow_up_overdue" if late else "follow_up_near", thread=first.thread,
            key=f"follow-up:{first.pk}:{level}", context=context, path=f"/surveys/follow-ups/{first.pk}/",
        )
    )  # fmt: skip


def reopening_proposed(row: FollowUp, *, at: datetime) -> None:
    """Ask the heads of the hub."""
    case = row.response.case
    heads = [user for user in people_with_function("hub") if user.memberships.filter(is_head=True).exists()]
    messages = [
        message
        for user in heads
        if -user.pk not in case.barred
        for message in for_colleague(
            user, kind="reopening_proposed", thread=row.thread, key=f"reopening:{row.pk}:{at.isoformat()}",
            context=_values(case, due=row.due_on), path=f"/surveys/follow-ups/{row.pk}/",
        )
    ]  # fmt: skip
    enqueue_many(messages)


def record_ready(user: User, *, number: str, rows: int, quarter: date) -> None:
    """A file is there to be taken."""
    path = f"/surveys/quota/{quarter.year}/{(quarter.month + 2) // 3}/exports/"
    enqueue_many(
        for_colleague(
            user, kind="callback_record_ready", thread="surveys", key=f"surveys:record:{number}",
            context={"number": number, "count": str(rows)}, path=path,
        )
    )  # fmt: skip


def _values(case: Case, **given: object) -> dict[str, object]:
    return dict.fromkeys(_FOR_STAFF, "") | {"number": case.number, "subject": case.subject} | given
