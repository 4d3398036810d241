"""The board: where is every item, whose turn, since when, what next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy

from organization.masks import mask_name
from organization.models import Function
from organization.queries import Identity
from returns import rights
from returns.lifecycle import Handling, State
from returns.models import RepairOrder, ReturnSlip, SlipLine

#: Long columns that no list shows.
NOT_LISTED = (
    "description", "opinion", "exception_reason", "refused_reason", "liable_handling", "satisfaction_note", "search",
    "contact_search",
)  # fmt: skip
TONES = {
    State.REGISTERED: "blue",
    State.ACCEPTED: "blue",
    State.RECEIVED: "amber",
    State.CONFIRMED: "teal",
    State.SCHEDULED: "teal",
    State.REPAIRING: "teal",
    State.INSPECTING: "violet",
    State.PASSED: "green",
    State.REFUSED: "red",
    State.RELEASED: "green",
    State.ENDED: "grey",
}
#: The functions whose turn it may be, in the order of the paths.
TURNS = (
    "repair", "warehouse", "returns_desk", "quality", "technical", "sales", "inspection", "general_manager", "finance",
    "callback_desk",
)  # fmt: skip
_L = pgettext_lazy
#: What is to be done next, by state; where the path decides, see ``next_of``.
_NEXT: dict[str, Promise] = {
    State.ACCEPTED: _L("next in return", "receive and count"),
    State.SCHEDULED: _L("next in return", "start the repair"),
    State.REPAIRING: _L("next in return", "repair"),
    State.INSPECTING: _L("next in return", "re-inspect"),
    State.PASSED: _L("next in return", "release and send"),
    State.REFUSED: _L("next in return", "send back"),
    State.RELEASED: _L("next in return", "confirm the receipt by the customer"),
}
_BY_TURN: dict[str, Promise] = {
    "returns_desk": _L("next in return", "explain the difference"),
    "inspection": _L("next in return", "re-inspect before the decision"),
    "general_manager": _L("next in return", "approve the refund"),
    "finance": _L("next in return", "pay the refund"),
    "callback_desk": _L("next in return", "ask the customer"),
}


def next_of(slip: ReturnSlip) -> str | Promise:
    """What is to be done next; "" when nothing is."""
    if slip.turn in _BY_TURN and slip.state not in _NEXT:
        return _BY_TURN[slip.turn]
    match slip.state:
        case State.REGISTERED if slip.wish == Handling.REPAIR:
            return _L("next in return", "review the application")
        case State.REGISTERED:
            return _L("next in return", "receive and count")
        case State.RECEIVED | State.CONFIRMED if slip.handling == Handling.REPAIR:
            return _L("next in return", "schedule the repair")
        case State.RECEIVED:
            return _L("next in return", "decide on the reason")
        case State.ACCEPTED if slip.is_on_site:
            return _L("next in return", "schedule the repair")
        case State.PASSED if slip.is_on_site:
            return _L("next in return", "have the customer accept it")
        case _:
            return _NEXT.get(slip.state, "") if slip.turn else ""


@dataclass(frozen=True)
class Row:
    """One line of the board or the book."""

    slip: ReturnSlip
    customer: str
    goods: str
    units: int
    turn: str
    next: str | Promise

    @property
    def tone(self) -> str:
        """The colour of the state's chip."""
        return TONES[State(self.slip.state)]


def turn_names() -> dict[str, str]:
    """What the functions are called, by code; one query."""
    english = get_language() == "en"
    return {row.code: row.name_en if english and row.name_en else row.name for row in Function.objects.all()}


def rows_of(slips: Iterable[ReturnSlip], who: Identity) -> list[Row]:
    """The rows for this reader; expects ``listed`` slips, asks for the names of functions once."""
    names = turn_names()
    return [
        Row(
            slip=slip,
            customer=customer_label(slip, who),
            goods=goods_label(slip),
            units=sum(line.units for line in slip.lines.all()),
            turn=turn_label(slip, names, getattr(slip, "repair", None)),
            next=next_of(slip),
        )
        for slip in slips
    ]


def turn_label(slip: ReturnSlip, names: dict[str, str], order: RepairOrder | None) -> str:
    """The function whose step is next; of a repair in somebody's hands the person, too."""
    name = names.get(slip.turn, slip.turn)
    return f"{name} · {order.repairer.name}" if order and slip.state in {State.SCHEDULED, State.REPAIRING} else name


def goods_label(slip: ReturnSlip) -> str:
    """The first line, and how many more there are."""
    lines = list(slip.lines.all())
    if not lines:
        return ""
    return f"{lines[0]}" + (f" +{len(lines) - 1}" if len(lines) > 1 else "")


def customer_label(slip: ReturnSlip, who: Identity) -> str:
    """Who returns it; a person's own name only in the clear for who may see contact data (SEC-08)."""
    name = slip.contact_name if rights.sees_name(who, slip) else mask_name(slip.contact_name)
    return " · ".join(part for part in (name, slip.contact_organisation) if part)


def listed(slips: QuerySet[ReturnSlip]) -> QuerySet[ReturnSlip]:
    """The same slips with what their rows show: three queries more, however many rows."""
    lines = Prefetch("lines", SlipLine.objects.select_related("product"))
    orders = Prefetch("repair", RepairOrder.objects.select_related("repairer"))
    return slips.defer(*NOT_LISTED).select_related("profile_version").prefetch_related(lines, orders)


def functions_of(who: Identity) -> frozenset[str]:
    """The functions in whose place this person acts."""
    return frozenset(code for one in who.acting for code in one.functions)


def waiting(who: Identity, *, turn: str = "") -> QuerySet[ReturnSlip]:
    """What waits for somebody: of one function, or of all that this person may see."""
    rows = ReturnSlip.objects.visible_to(who).exclude(turn="")
    return rows.filter(turn=turn) if turn else rows


def mine(who: Identity) -> QuerySet[ReturnSlip]:
    """What waits for this person: the turn of a function, and of a repair in somebody's hands only that person's.

    The decision on a reason is its head's; a member of the department sees it too and may ask for an inspection.
    """
    people = [one.user_id for one in who.acting]
    rows = waiting(who).filter(turn__in=sorted(functions_of(who)))
    in_hand = Q(state__in=[State.SCHEDULED, State.REPAIRING])
    return rows.filter(~in_hand | Q(repair__repairer__in=people))
