"""The frame of every action on a case: lock, check, change, finish.

``lock`` takes the row and remembers what it was; ``finish`` writes what changed, counts the
version up, keeps readers, search and the next due time true, and records one audit event.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import Blocked, InvalidInput, InvalidMove, Reason, StaleRecord
from audit.queries import events_of
from cases import lifecycle, readers, rights, verbs
from cases.lifecycle import MOVES, Move
from cases.models import Case, CaseClock, Round
from organization import bounds, text
from organization.models import User
from organization.queries import identity_of

#: Fields of a case that hold personal data or free text: their values are sealed, not chained.
SEALED_FIELDS = frozenset(
    {
        "subject",
        "text",
        "demand",
        "reporter_name",
        "reporter_organisation",
        "reporter_phone",
        "reporter_email",
        "product_text",
        "batch",
        "serial",
        "order_number",
        "late_reason",
    }
)
#: Kept true by ``finish`` itself; not facts to be told.
DERIVED_FIELDS = frozenset({"version", "readers", "barred", "search", "contact_search", "next_due_at", "next_due_kind"})
SEARCHED_FIELDS = frozenset(
    {
        "subject",
        "text",
        "reporter_name",
        "reporter_organisation",
        "reporter_phone",
        "reporter_email",
        "product_id",
        "product_text",
        "customer_id",
    }
)
_MILESTONES = {
    lifecycle.State.ACKNOWLEDGED: "acknowledged_at",
    lifecycle.State.DISPATCHED: "dispatched_at",
    lifecycle.State.RECEIVED: "taken_at",
    lifecycle.State.REPLIED: "replied_at",
    lifecycle.State.CLOSED: "closed_at",
    lifecycle.State.ARCHIVED: "archived_at",
}

Change = tuple[Any, Any]


@dataclass(frozen=True)
class Extra:
    """What an action did beside the case row, for the audit event: open values and sealed ones."""

    changes: Mapping[str, Change] = field(default_factory=dict)
    sealed: Mapping[str, Change] = field(default_factory=dict)


def lock(case: Case, move: str = "", *, sources: Iterable[str] = ()) -> Case:
    """Take the case's row and read it again; raises what forbids going on.

    ``InvalidMove`` when the table of moves (or ``sources``) does not allow this state,
    ``StaleRecord`` when the page was made from an older version.
    """
    row = (
        Case.objects.select_for_update(of=("self",))
        .select_related("kind", "channel", "profile_version", "profile_version__profile")
        .get(pk=case.pk)
    )
    if row.erased_at is not None:
        raise InvalidMove(_("The personal data of this case were erased. It only counts, and nothing changes in it."))
    if case.expected_version is not None and case.expected_version != row.version:
        raise StaleRecord(_verbs_since(row, case.expected_version))
    allowed = MOVES[move].sources if move else frozenset(sources)
    if allowed and row.state not in allowed:
        raise InvalidMove(
            _("This is not possible while the case is “%(state)s”. Reload the page to see what can be done now.")
            % {"state": row.get_state_display()}
        )
    row.locked_state = _snapshot(row)
    return row


def _verbs_since(row: Case, version: int) -> list[str]:
    # What the sweep or the outbox writes into the thread raises no version: it is not why the page is out of date.
    newest = events_of(row.thread).filter(verb__in=verbs.VERSIONED).order_by("-seq")[: max(0, row.version - version)]
    return [verbs.sentence_of(event) for event in reversed(list(newest))]


def _snapshot(case: Case) -> dict[str, Any]:
    return {f.attname: getattr(case, f.attname) for f in Case._meta.concrete_fields}


def require(reasons: list[Reason]) -> None:
    """Raise ``Blocked`` when there are reasons against it."""
    if reasons:
        raise Blocked(reasons)


def required(value: str, field_name: str, sentence: str) -> str:
    """The value, or ``InvalidInput`` with the sentence when it is empty."""
    if not value.strip():
        raise InvalidInput(field_name, sentence)
    return value


def moment(happened_at: datetime | None, *, now: datetime, not_before: datetime | None = None) -> datetime:
    """When something away from the screen happened: not in the future, not before the step before it, not in 0001."""
    at = happened_at or now
    if not bounds.is_time(at):
        raise InvalidInput("happened_at", bounds.time_problem())
    if at > now:
        raise InvalidInput("happened_at", _("This time lies in the future. Please enter when it really happened."))
    if not_before is not None and at < not_before:
        raise InvalidInput(
            "happened_at",
            _("This time lies before the step before it (%(time)s). Please check the date.")
            % {"time": timezone.localtime(not_before).strftime("%Y-%m-%d %H:%M")},
        )
    return at


def enter(case: Case, move: Move, *, at: datetime) -> None:
    """Set the state that a move leads to, and the milestone of this round.

    What a department does while the case is incomplete changes only where the case goes back to (INT-18).
    """
    state = lifecycle.target_of(move, state=case.state, resume=case.resume_state)
    milestone = _MILESTONES.get(state)
    if milestone and move.name != "complete":
        setattr(case, milestone, at)
    if case.state == lifecycle.State.INCOMPLETE and move.name in lifecycle.WHILE_INCOMPLETE:
        case.resume_state = state
        return
    case.resume_state = case.state if state == lifecycle.State.INCOMPLETE else ""
    case.state = state


def finish(case: Case, verb: str, *, by: Actor, at: datetime, extra: Extra = Extra()) -> Case:
    """Save what changed since ``lock`` and record it; the last thing an action does before its notices."""
    before: dict[str, Any] = case.locked_state
    case.version += 1
    case.readers, case.barred = readers.of_case(case)
    sync_next_due(case)
    changed = [name for name, old in before.items() if getattr(case, name) != old and name not in _VECTORS]
    case.save(update_fields=changed)
    if before["state"] != case.state or case.state in lifecycle.ENDED:
        _copy_milestones(case)
    if SEARCHED_FIELDS & set(changed):
        write_search(case)
    facts = {name: (before[name], getattr(case, name)) for name in changed if name not in DERIVED_FIELDS}
    record(
        case.thread,
        verb,
        by=by,
        at=at,
        changes={k: _plain(v) for k, v in facts.items() if k not in SEALED_FIELDS} | dict(extra.changes),
        sealed={k: v for k, v in facts.items() if k in SEALED_FIELDS} | dict(extra.sealed),
    )
    case.locked_state = _snapshot(case)
    return case


_VECTORS = frozenset({"search", "contact_search"})


def _plain(change: Change) -> Change:
    old, new = (value.isoformat() if hasattr(value, "isoformat") else value for value in change)
    return (
        str(old) if old is not None and not _is_json(old) else old,
        str(new) if new is not None and not _is_json(new) else new,
    )


def _is_json(value: Any) -> bool:
    return isinstance(value, (str, int, float, bool, list))


def _copy_milestones(case: Case) -> None:
    Round.objects.filter(case=case, n=case.round).update(
        acknowledged_at=case.acknowledged_at, replied_at=case.replied_at, closed_at=case.closed_at
    )


def sync_next_due(case: Case) -> None:
    """Set the nearest due time among the running clocks; none once the case has ended."""
    nearest = None
    if case.state not in lifecycle.ENDED:
        nearest = CaseClock.objects.filter(case=case).running().order_by("first_due_at", "id").first()
    case.next_due_at = nearest.first_due_at if nearest else None
    case.next_due_kind = nearest.kind if nearest else ""


def search_words(case: Case, contacts: Iterable[str] = ()) -> tuple[list[str], list[str]]:
    """Lexemes of a case: what everybody with the case may search, and the contact data.

    Never internal notes: what somebody may not read must not be guessable by searching.
    """
    customer = case.customer.name if case.customer else ""
    product = f"{case.product} {case.product.code}" if case.product else ""
    parts = (case.number, case.subject, case.text, product, case.product_text, customer, case.reporter_organisation)
    open_text = "\n".join((*parts, *contacts))
    private = [
        *text.bigrams(f"{case.reporter_name} {case.reporter_email} {case.reporter_phone}"),
        *(digits[-n:] for digits in text.phone_forms(case.reporter_phone) for n in range(4, len(digits) + 1)),
        text.initials(case.reporter_name),
    ]
    # A name of signs only has no initials, and PostgreSQL takes no empty lexeme.
    return text.bigrams(open_text), sorted({*private} - {""})


def write_search(case: Case) -> None:
    """Rewrite both search vectors of one case from its text, contacts and replies."""
    spoken = [*case.contacts.values_list("text", flat=True), *case.replies.values_list("text", flat=True)]
    words, private = search_words(case, spoken)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cases_case SET search = array_to_tsvector(%s::text[]),"
            " contact_search = array_to_tsvector(%s::text[])"
            " WHERE id = %s",
            [words, private, case.pk],
        )


def user_of(by: Actor) -> User | None:
    """The member of staff behind an actor; None for customers and the system."""
    return (
        User.objects.filter(pk=by.id).first() if by.id is not None and by.kind in {"staff", "token", "import"} else None
    )


def staff_of(by: Actor) -> User:
    """As ``user_of``, for steps that only a person may take."""
    user = user_of(by)
    if user is None:
        raise InvalidMove(_("This step needs a person who is logged in."))
    return user


def accountable(by: Actor) -> User | None:
    """Who answers for what ``by`` does: the person, or whom a deputy acts for. A deputy acts, the owner stays."""
    if by.deputy_for is not None:
        return User.objects.filter(pk=by.deputy_for).first()
    return user_of(by)


def require_worker(case: Case, person: User, field_name: str, permission: str) -> None:
    """Raise ``InvalidInput`` for somebody who would be given work on a case that he or she cannot do (CAP-02).

    The accused and the conflicted are refused in the same way (RTE-18).
    """
    if -person.pk in case.barred:
        raise InvalidInput(field_name, _("%(name)s must not take part in this case.") % {"name": person.name})
    if not person.is_active or not rights.can_be_given(identity_of(person), case, permission):
        raise InvalidInput(
            field_name,
            _("%(name)s cannot work on this case. Add %(name)s's department to the case first.")
            % {"name": person.name},
        )
