"""The frame of every action on a return: lock, check, change, finish.

``lock`` takes the row and remembers what it was; ``finish`` writes what changed, counts the version up, keeps turn,
readers, search and the next limit true, and records one audit event.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidMove, StaleRecord
from audit.queries import events_of
from cases.actions.moves import Change, Extra
from cases.verbs import sentence_of
from organization import text
from organization.models import User
from returns import readers
from returns.lifecycle import MOVES, Move, State, target_of
from returns.models import ReturnClock, ReturnSlip, SlipLine

#: Personal data and free text: their values are sealed, not chained.
SEALED_FIELDS = frozenset(
    {
        "description",
        "contact_name",
        "contact_organisation",
        "contact_phone",
        "contact_email",
        "contact_address",
        "opinion",
        "exception_reason",
        "refused_reason",
        "shipment",
        "end_note",
        "liable_text",
        "liable_handling",
        "detached_reason",
        "satisfaction_note",
    }
)
#: Kept true by ``finish`` itself; not facts to be told.
DERIVED_FIELDS = frozenset({"version", "readers", "turn", "turn_since", "due_at", "search", "contact_search"})
_VECTORS = frozenset({"search", "contact_search"})
_SEARCHED = frozenset({"description", "contact_name", "contact_organisation", "contact_phone", "customer_id"})


#: An action that did nothing beside the row.
_NOTHING = Extra()


def lock(slip: ReturnSlip, move: str = "", *, sources: Iterable[State] = ()) -> ReturnSlip:
    """Take the return's row and read it again.

    Raises ``InvalidMove`` when the table of moves (or ``sources``) does not allow its state, ``StaleRecord`` when the
    page was made from an older version.
    """
    row = (
        ReturnSlip.objects.select_for_update(of=("self",))
        .select_related("profile_version", "profile_version__profile", "customer")
        .get(pk=slip.pk)
    )
    if row.erased_at is not None:
        raise InvalidMove(_("The personal data of this return were erased. It only counts, and nothing changes in it."))
    if slip.expected_version is not None and slip.expected_version != row.version:
        raise StaleRecord(_sentences_since(row, slip.expected_version))
    if allowed := MOVES[move].sources if move else frozenset(sources):
        require_state(row, allowed)
    row.locked_state = snapshot(row)
    return row


def require_state(slip: ReturnSlip, allowed: Collection[str]) -> None:
    """Raise ``InvalidMove`` where the return is in none of these states."""
    if slip.state not in allowed:
        raise InvalidMove(
            _("This is not possible while the return is “%(state)s”. Reload the page to see what can be done now.")
            % {"state": slip.get_state_display()}
        )


def _sentences_since(row: ReturnSlip, version: int) -> list[str]:
    newest = events_of(row.thread).exclude(verb="breach").order_by("-seq")[: max(0, row.version - version)]
    return [sentence_of(event) for event in reversed(list(newest))]


def snapshot(row: ReturnSlip) -> dict[str, Any]:
    """The row's fields as they stand."""
    return {column.attname: getattr(row, column.attname) for column in ReturnSlip._meta.concrete_fields}


def enter(slip: ReturnSlip, move: Move, target: State | None = None) -> None:
    """Set the state that a move leads to."""
    slip.state = target_of(move, target)


def finish(slip: ReturnSlip, verb: str, *, by: Actor, at: datetime, extra: Extra = _NOTHING) -> ReturnSlip:
    """Save what changed since ``lock`` and record it; the last thing an action does before its notices."""
    before = slip.locked_state
    slip.version += 1
    turn = readers.turn_of(slip)
    if turn != slip.turn or slip.state != before["state"]:
        slip.turn, slip.turn_since = turn, at
    slip.readers = readers.readers_of(slip)
    sync_due(slip)
    changed = [name for name, old in before.items() if getattr(slip, name) != old and name not in _VECTORS]
    slip.save(update_fields=changed)
    if _SEARCHED & set(changed):
        write_search(slip)
    facts = {name: (before[name], getattr(slip, name)) for name in changed if name not in DERIVED_FIELDS}
    record(
        slip.thread,
        verb,
        by=by,
        at=at,
        changes={k: plain(v) for k, v in facts.items() if k not in SEALED_FIELDS} | dict(extra.changes),
        sealed={k: v for k, v in facts.items() if k in SEALED_FIELDS} | dict(extra.sealed),
    )
    slip.locked_state = snapshot(slip)
    return slip


def plain(change: Change) -> Change:
    """A change as JSON takes it: times in ISO, numbers with a point as text."""
    return _plain(change[0]), _plain(change[1])


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | float | bool | list) else str(value)


def sync_due(slip: ReturnSlip) -> None:
    """Set the nearest limit among the running clocks."""
    nearest = ReturnClock.objects.filter(slip=slip).running().order_by("first_due_at", "id").first()
    slip.due_at = nearest.first_due_at if nearest else None


def write_search(slip: ReturnSlip) -> None:
    """Rewrite both search vectors: what everybody with the return may search, and the contact data."""
    lines = SlipLine.objects.filter(slip=slip).select_related("product")
    goods = [f"{line} {line.product.code if line.product else ''} {line.batch} {line.serial}" for line in lines]
    customer = slip.customer.name if slip.customer else ""
    words = text.bigrams("\n".join((slip.number, slip.description, customer, slip.contact_organisation, *goods)))
    private = {
        *text.bigrams(f"{slip.contact_name} {slip.contact_phone}"),
        *(digits[-n:] for digits in text.phone_forms(slip.contact_phone) for n in range(4, len(digits) + 1)),
        text.initials(slip.contact_name),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE returns_returnslip SET search = array_to_tsvector(%s::text[]),"
            " contact_search = array_to_tsvector(%s::text[]) WHERE id = %s",
            [words, sorted(private - {""}), slip.pk],
        )


def person_of(by: Actor) -> User:
    """The member of staff behind an actor, for steps that only a person may take."""
    found = User.objects.filter(pk=by.id).first() if by.id is not None else None
    if found is None:
        raise InvalidMove(_("This step needs a person who is logged in."))
    return found
