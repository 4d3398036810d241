"""Which message for which happening. Everything goes through the outbox; nobody else sends anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from audit.actor import Actor
from cases.message_texts import TO_CUSTOMER, TO_STAFF
from cases.models import (
    Assignment,
    BulkAct,
    Case,
    CaseClock,
    Contact,
    Escalation,
    Extension,
    Measure,
    Opinion,
    OpinionRequest,
    Reply,
    Visit,
)
from cases.models.intake import CaseQuerySet
from cases.models.reply import Way
from cases.queries.people import hub_owner, people_of
from cases.rights import sees
from cases.secrets import access_code, link_token
from notifications import readers as message_readers
from notifications import templates
from notifications.actions import NewMessage, enqueue, enqueue_many, for_colleague, withdraw
from notifications.models import ChannelName
from notifications.queries import people_told
from organization.models import User
from organization.models.units import Function
from organization.queries import heads_of, identities_of, identity_of, people_with_function
from regulations.models import Approval

#: Ways on which the outbox brings it to the customer; by the others a person did already.
IN_WRITING = frozenset({Way.EMAIL, Way.SMS, Way.LINK})


#: What the texts may name: those to customers the first four, those to colleagues all.
_FOR_CUSTOMERS = ("number", "subject", "due", "text")
_FOR_STAFF = (*_FOR_CUSTOMERS, "department", "person", "clock", "name", "count")


def register() -> None:
    """Make the texts known to the outbox, and who may be told about a case."""
    for kind, (subject, body, sms) in TO_CUSTOMER.items():
        templates.add(templates.Template(kind, subject, body, frozenset(_FOR_CUSTOMERS), sms=sms, made=_KEYS))
    for kind, (subject, body) in TO_STAFF.items():
        templates.register(kind, subject=subject, body=body, names=_FOR_STAFF)
    message_readers.register("case", _may_read)
    message_readers.register("import", message_readers.everyone)


def _case_of(thread: str) -> CaseQuerySet:
    return Case.objects.filter(pk=int(thread.partition(":")[2]))


def _may_read(thread: str, user: Any) -> bool:
    return _case_of(thread).visible_to(identity_of(user)).exists()


def _code(thread: str) -> str:
    return access_code(_case_of(thread).only("number").get())


def _link(thread: str) -> str:
    return f"{settings.SITE_URL.rstrip('/')}/track/{link_token(_case_of(thread).only('number').get())}/"


#: What opens the case to whoever holds it is for the customer alone: nobody here reads it in the outbox (SEC-01).
_KEYS: Mapping[str, templates.Make] = {"code": _code, "url": _link}


def _values(**given: Any) -> dict[str, Any]:
    """A value for every name that a text may use; empty where there is none."""
    return dict.fromkeys(_FOR_STAFF, "") | given


def _context(case: Case, **more: Any) -> dict[str, Any]:
    return _values(number=case.number, subject=case.subject) | more


def path_of(case: Case) -> str:
    """Where a click on a message about the case leads."""
    return f"/cases/{case.number}/"


def _tell(case: Case, users: Iterable[User | None], kind: str, key: str, **context: Any) -> None:
    for message in _to(case, users, kind, key, **context):
        enqueue(message)


def _to(case: Case, users: Iterable[User | None], kind: str, key: str, **context: Any) -> Iterator[NewMessage]:
    """One in-app message and one mail per colleague; the barred and the inactive are left out."""
    for user in {u.pk: u for u in users if u is not None}.values():
        if not user.is_active or -user.pk in case.barred:
            continue
        yield from for_colleague(
            user,
            kind=kind,
            thread=case.thread,
            key=f"{case.thread}:{key}",
            context=_context(case, **context),
            path=path_of(case),
        )


def _tell_customer(case: Case, kind: str, key: str, *, way: str = "", **context: Any) -> None:
    """One message to the reporter by the chosen way (RES-04); nothing without an address.

    Where no way was chosen, or only "the tracking page", it goes by mail where there is an address, else by SMS.
    """
    by_mail = way == Way.EMAIL or (way != Way.SMS and bool(case.reporter_email))
    channel, address = (ChannelName.EMAIL, case.reporter_email) if by_mail else (ChannelName.SMS, case.reporter_phone)
    if not address:
        return
    values = _context(case, **context)
    enqueue(
        NewMessage(
            dedupe_key=f"{case.thread}:{key}:customer",
            kind=kind,
            thread=case.thread,
            channel=channel,
            address=address,
            context={name: values[name] for name in _FOR_CUSTOMERS},
            language=case.language,
        )
    )


def _clock_name(clock: CaseClock) -> Any:
    """What the reader calls the limit, in his or her language."""
    return CaseClock.Kind(clock.kind).label


def _resolution_due(case: Case) -> Any:
    clock = CaseClock.objects.filter(case=case, round=case.round, kind=CaseClock.Kind.RESOLUTION).first()
    return clock.due_at if clock else ""


def _hub_heads() -> Iterable[User]:
    return User.objects.filter(
        is_active=True, memberships__is_head=True, memberships__department__functions__code="hub"
    ).distinct()


def _hub(case: Case) -> list[User | None]:
    return [_here(case, case.acknowledged_by or case.owner)]


def _here(case: Case, person: User | None) -> User | None:
    """The person, or somebody of the hub for one who left or must not know of the case: nobody would be told."""
    there = person is not None and person.is_active and -person.pk not in case.barred
    return person if there else hub_owner(case)


def case_opened(case: Case, *, due: datetime | None) -> None:
    """The receipt to the customer; what arrived without a first-asked person is told to the owner."""
    _tell_customer(case, "case_opened", "opened", due=due or "")
    if case.first_asked_id is None:
        _tell(case, [case.owner], "arrived", "opened")


def case_acknowledged(case: Case) -> None:
    """Confirmation with the date of the answer (INT-24)."""
    _tell_customer(case, "case_acknowledged", f"acknowledged:{case.round}", due=_resolution_due(case))


def completion_asked(case: Case, missing: str) -> None:
    """What the customer should add."""
    _tell_customer(case, "completion_asked", f"completion:{case.version}", text=missing)


def customer_wrote(case: Case, contact: Contact) -> None:
    """A supplement arrived: tell the owner."""
    _tell(case, [_here(case, case.owner)], "customer_wrote", f"contact:{contact.pk}")


def assignment_sent(assignment: Assignment) -> None:
    """Tell the department's heads what landed on their desk; without a head, all its members.

    Where every head is recused, it goes to the next higher ones (RTE-19).
    """
    case = assignment.case
    heads = list(heads_of(assignment.department))
    if heads and all(-head.pk in case.barred for head in heads):
        users = people_of(assignment.department, exclude=[-principal for principal in case.barred])
    else:
        users = heads or list(User.objects.filter(memberships__department=assignment.department, is_active=True))
    _tell(
        case,
        users,
        "assignment_sent",
        f"assignment:{assignment.pk}",
        department=assignment.department,
        due=assignment.due_at,
    )


def assignment_returned(case: Case, assignment: Assignment) -> None:
    """Tell the hub who sent it back, and why."""
    _tell(
        case,
        _hub(case),
        "assignment_returned",
        f"returned:{assignment.pk}",
        department=assignment.department,
        text=assignment.ended_reason,
    )


def assignment_answered(assignment: Assignment) -> None:
    """Tell the hub, and the lead where a co-handling department answered."""
    case = assignment.case
    users = [*_hub(case), case.owner if not assignment.is_lead else None]
    _tell(case, users, "assignment_answered", f"answered:{assignment.pk}", department=assignment.department)


def passed_on(assignment: Assignment, *, by: Actor) -> None:
    """Tell the colleague to whom it was passed."""
    _tell(
        assignment.case,
        [assignment.passed_to],
        "passed_on",
        f"passed:{assignment.pk}:{assignment.case.version}",
        person=by.label,
        text=assignment.passed_note,
    )


def extension_asked(extension: Extension) -> None:
    """Tell the hub that a department needs more time."""
    case = extension.assignment.case
    _tell(
        case,
        _hub(case),
        "extension_asked",
        f"extension:{extension.pk}",
        department=extension.assignment.department,
        due=extension.until,
        text=extension.reason,
    )


def extension_decided(extension: Extension) -> None:
    """Tell the asker."""
    case = extension.assignment.case
    text = _("Granted.") if extension.granted else extension.opinion
    _tell(case, [extension.asked_by], "extension_decided", f"extension-decided:{extension.pk}", text=text)


def limits_moved(case: Case, moved: Iterable[CaseClock]) -> None:
    """Tell the customer, once a date, when the promised answer comes later than was said.

    An extension, a correction, another classification and an edited calendar all move the promise. Before the case is
    acknowledged nothing was promised, and an earlier answer needs no notice.
    """
    for clock in moved:
        if clock.kind == CaseClock.Kind.RESOLUTION and clock.moved_later and case.acknowledged_at is not None:
            _tell_customer(case, "extension_told", f"later:{clock.pk}:{clock.due_at.isoformat()}", due=clock.due_at)


def date_agreed(case: Case, clock: CaseClock) -> None:
    """Tell the customer the date that was agreed on (RES-03)."""
    _tell_customer(case, "date_agreed", f"agreed:{case.version}", due=clock.due_at)


def visit_planned(visit: Visit) -> None:
    """Tell who is to go."""
    _tell(visit.case, [visit.visitor], "visit_planned", f"visit:{visit.pk}", text=visit.necessity)


def measure_planned(measure: Measure) -> None:
    """Tell its owner."""
    _tell(
        measure.case, [measure.owner], "measure_planned", f"measure:{measure.pk}", text=measure.text, due=measure.due_on
    )


def measure_done(measure: Measure) -> None:
    """Tell quality that something is to be verified."""
    key = f"measure-done:{measure.pk}:{measure.rounds}"
    _tell(measure.case, people_with_function("quality"), "measure_done", key, text=measure.text)


def measure_not_effective(measure: Measure) -> None:
    """Tell the owner that it starts again."""
    key = f"measure-again:{measure.pk}:{measure.rounds}"
    _tell(measure.case, [measure.owner], "measure_not_effective", key, text=measure.text)


def approval_asked(case: Case, approval: Approval) -> None:
    """Tell those who may decide: the management representative, or the managers."""
    if approval.next_step == "approve_waiver":
        users = people_with_function(Function.MANAGEMENT_REPRESENTATIVE)
    else:
        users = User.objects.filter(role="manager", is_active=True)
    _tell(case, users, "approval_asked", f"approval:{approval.pk}", text=approval.reason)


def approval_decided(case: Case, approval: Approval) -> None:
    """Tell the asker."""
    text = _("Granted.") if approval.granted else _("Refused.")
    _tell(case, [approval.asked_by], "approval_decided", f"approval-decided:{approval.pk}", text=text)


def replied(case: Case, reply: Reply) -> None:
    """Send the answer where it goes in writing; the customer told by telephone is not written to again."""
    if reply.way in IN_WRITING:
        _tell_customer(case, "replied", f"reply:{reply.pk}", way=reply.way, text=reply.text)


def progress_told(case: Case, reply: Reply) -> None:
    """Send a progress notice that goes in writing."""
    if reply.way in IN_WRITING:
        _tell_customer(case, "progress_told", f"reply:{reply.pk}", way=reply.way, text=reply.text)


def opinion_asked(case: Case, request: OpinionRequest) -> None:
    """Send the question with its link, where it is asked in writing."""
    if request.way in IN_WRITING:
        _tell_customer(case, "opinion_asked", f"opinion:{request.pk}", way=request.way)


def opinion_given(case: Case, opinion: Opinion) -> None:
    """Tell the hub what the customer thinks."""
    text = _("Satisfied.") if opinion.satisfied else _("Not solved.")
    _tell(case, _hub(case), "opinion_given", f"opinion-given:{opinion.pk}", text=text)


def escalated(case: Case, escalation: Escalation) -> None:
    """Tell the managers that the customer wants somebody higher."""
    users = User.objects.filter(role="manager", is_active=True)
    _tell(case, users, "escalated", f"escalation:{escalation.pk}", text=escalation.demand)


def escalation_answered(case: Case, escalation: Escalation) -> None:
    """Tell the hub what was decided above."""
    _tell(case, _hub(case), "escalation_answered", f"escalation-answered:{escalation.pk}", text=escalation.answer)


def case_closed(case: Case, *, reply: str = "") -> None:
    """Tell the customer that it ends here."""
    _tell_customer(case, "case_closed", f"closed:{case.round}", text=reply)


def case_reopened(case: Case, reason: str) -> None:
    """Tell the customer and the hub."""
    _tell_customer(case, "case_reopened", f"reopened:{case.round}")
    _tell(case, _hub(case), "arrived", f"reopened:{case.round}")


def overdue_by_reclassification(case: Case, clock: CaseClock) -> None:
    """A shortening made a limit immediately overdue: the hub's heads see it (A-20)."""
    key = f"reclassified:{clock.pk}:{case.version}"
    _tell(case, _hub_heads(), "overdue_by_reclassification", key, text=_clock_name(clock))


@dataclass(frozen=True)
class ClockAlert:
    """One level of people to be warned of a due time, or told that it has passed."""

    clock: CaseClock
    level: str
    users: Sequence[User]
    breach: bool


def clock_alerts(alerts: Iterable[ClockAlert]) -> None:
    """Warn, or tell of breaches; each level once for each due time (SLA-04), however many at once."""
    enqueue_many(message for alert in alerts for message in _of_clock(alert))


def _of_clock(alert: ClockAlert) -> Iterator[NewMessage]:
    clock, kind = alert.clock, "clock_breach" if alert.breach else "clock_warning"
    key = f"clock:{clock.pk}:{alert.level}:{clock.first_due_at:%Y%m%dT%H%M%S}"
    return _to(clock.case, alert.users, kind, key, clock=_clock_name(clock), due=clock.first_due_at)


def withdraw_unseen(case: Case) -> None:
    """Take back what was written to people who cannot see the case any more.

    They belong to a department that gave it back, or head one above; or they were recused (RTE-18).
    """
    told = people_told(case.thread)
    blind = [pk for pk, who in identities_of(told).items() if not sees(who, case)]
    if blind:
        withdraw(case.thread, user_ids=blind)


def withdraw_acceptance(case: Case) -> None:
    """Whoever has the answer already is not also told that it was accepted; the receipt with its code still goes."""
    withdraw(case.thread, kind="case_acknowledged")


def withdraw_all(case: Case) -> None:
    """Nothing waiting is sent any more."""
    withdraw(case.thread)


def handed_over(users: Iterable[User], count: int, *, by: Actor, at: datetime) -> None:
    """One message for all that changed hands, in the inbox and by mail."""
    context = _values(person=by.label, count=count)
    for user in users:
        own = f"user:{user.pk}"
        key = f"{own}:handed-over:{at.isoformat()}"
        for message in for_colleague(user, kind="handed_over", thread=own, key=key, context=context, path="/"):
            enqueue(message)


def bulk_ended(row: BulkAct, *, refused: int) -> None:
    """Tell who asked for an act on many cases that it is through; the page of the act lists what was refused."""
    left = ngettext_lazy(
        "%(n)d case was refused; its reason stands on the page of the act.",
        "%(n)d cases were refused; their reasons stand on the page of the act.",
        "n",
    )
    enqueue(
        NewMessage(
            dedupe_key=f"bulk:{row.pk}:ended",
            kind="bulk_ended",
            thread=f"user:{row.by_id}",
            user_id=row.by_id,
            context=_values(
                name=BulkAct.Act(row.act).label,
                count=row.position - refused,
                text=left % {"n": refused} if refused else "",
            ),
            language=row.by.language,
            path=f"/cases/bulk/{row.pk}/",
        )
    )


def import_digest(name: str, count: int, users: Iterable[User]) -> None:
    """One message per import instead of one per row."""
    context = _values(name=name, count=count)
    for user in users:
        enqueue(
            NewMessage(
                dedupe_key=f"import:{name}:{user.pk}",
                kind="import_digest",
                thread=f"import:{name}",
                user_id=user.pk,
                context=context,
                language=user.language,
                path="/cases/?state=registered",
            )
        )
