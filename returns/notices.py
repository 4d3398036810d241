"""Which message for which happening. Everything goes through the outbox; nobody else sends anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from notifications import readers as message_readers
from notifications import templates
from notifications.actions import NewMessage, enqueue, enqueue_many, for_colleague, withdraw
from notifications.models import ChannelName
from organization.models import User
from organization.queries import identity_of, people_with_function
from returns.lifecycle import Handling
from returns.models import RepairOrder, ReturnClock, ReturnSlip
from returns.queries.board import goods_label, next_of

_FOR_CUSTOMERS = ("number", "goods", "text")
#: To the customer: subject, mail, SMS.
TO_CUSTOMER = {
    "return_registered": (
        _("Your return {number} is registered"),
        _("We have registered your return {number}: {goods}.\nPlease name this number when you send the goods."),
        _("Your return {number} is registered. Please name the number when you send the goods."),
    ),
    "repair_accepted": (
        _("Your repair {number} was accepted"),
        _("We repair your {goods}. Please send the goods and name the number {number}.\n{text}"),
        _("Your repair {number} was accepted. Please send the goods and name the number."),
    ),
    "repair_accepted_on_site": (
        _("We repair {number} at your place"),
        _("We repair your {goods} where it stands and tell you the day. Number: {number}.\n{text}"),
        _("Your repair {number} was accepted. We come to you and tell you the day."),
    ),
    "repair_brought_in": (
        _("Your repair {number} needs our workshop"),
        _("Your {goods} cannot be repaired where it stands. Please send it and name the number {number}.\n{text}"),
        _("Your repair {number} needs our workshop. Please send the goods and name the number."),
    ),
    "repair_scheduled": (
        _("Your repair {number} is scheduled"),
        _("The repair of your {goods} (number {number}) is planned for {text}."),
        _("Your repair {number} is planned for {text}."),
    ),
    "return_confirmed": (
        _("Your return {number} was confirmed"),
        _("We have looked at your return {number}: {goods}.\n{text}"),
        _("Your return {number} was confirmed. We tell you when it is done."),
    ),
    "return_refused": (
        _("Your return {number} was refused"),
        _("We have looked at your return {number}: {goods}. It was refused.\n{text}"),
        _("Your return {number} was refused. We tell you the reason by telephone or mail."),
    ),
    "return_refunded": (
        _("The refund of your return {number} was paid"),
        _("We have refunded {text} yuan for your return {number}: {goods}."),
        _("We have refunded {text} yuan for your return {number}."),
    ),
    "return_released": (
        _("Your goods of return {number} are on their way"),
        _("The goods of your return {number} are on their way: {goods}.\n{text}"),
        _("The goods of your return {number} are on their way. {text}"),
    ),
}
_FOR_STAFF = ("number", "goods", "next", "clock", "due", "person")
TO_STAFF = {
    "return_turn": (_("Return {number}: {next}"), _("Return {number}, {goods}.\nYour step now: {next}.")),
    "repair_given": (
        _("Repair {number} until {due}"),
        _("{person} gave you the repair of return {number}: {goods}.\nPlanned for {due}."),
    ),
    "repair_off": (
        _("Repair {number}: you need not go"),
        _("Return {number}, {goods}: it is not repaired at the customer's as planned."),
    ),
    "return_clock_warning": (
        _("Return {number}: {clock} is due {due}"),
        _("Return {number}, {goods}: {clock} is due {due}."),
    ),
    "return_clock_breach": (
        _("Return {number}: {clock} was missed"),
        _("Return {number}, {goods}: {clock} was due {due}. Please say why, and go on."),
    ),
}


def register() -> None:
    """Make the texts known to the outbox, and who may be told about a return."""
    for kind, (subject, body, sms) in TO_CUSTOMER.items():
        templates.register(kind, subject=subject, body=body, names=_FOR_CUSTOMERS, sms=sms)
    for kind, (subject, body) in TO_STAFF.items():
        templates.register(kind, subject=subject, body=body, names=_FOR_STAFF)
    message_readers.register("return", _may_read)
    templates.register(
        "return_book_ready",
        subject=_("The account book of returns {number} is ready"),
        body=_("The account book of returns {number} is ready: {goods} rows."),
        names=("number", "goods"),
    )
    message_readers.register("returns", message_readers.everyone)


def _may_read(thread: str, user: User) -> bool:
    rows = ReturnSlip.objects.filter(pk=int(thread.partition(":")[2]))
    return rows.visible_to(identity_of(user)).exists()


def path_of(slip: ReturnSlip) -> str:
    """Where a click on a message about the return leads."""
    return f"/returns/{slip.number}/"


def _tell_customer(slip: ReturnSlip, kind: str, *, text: str = "") -> None:
    """One message by mail where there is an address, else by SMS; nothing where there is neither."""
    by_mail = bool(slip.contact_email)
    address = slip.contact_email or slip.contact_phone
    if not address:
        return
    enqueue(
        NewMessage(
            dedupe_key=f"{slip.thread}:{kind}:{slip.version}:customer",
            kind=kind,
            thread=slip.thread,
            channel=ChannelName.EMAIL if by_mail else ChannelName.SMS,
            address=address,
            context={"number": slip.number, "goods": goods_label(slip), "text": text},
            language=slip.case.language if slip.case else "zh-hans",
        )
    )


def _tell(slip: ReturnSlip, users: Iterable[User], kind: str, key: str, **context: Any) -> None:
    values = dict.fromkeys(_FOR_STAFF, "") | {"number": slip.number, "goods": goods_label(slip)} | context
    messages = [
        message
        for user in {user.pk: user for user in users}.values()
        for message in for_colleague(
            user, kind=kind, thread=slip.thread, key=f"{slip.thread}:{key}", context=values, path=path_of(slip)
        )
    ]
    enqueue_many(messages)


def return_registered(slip: ReturnSlip) -> None:
    """The number to the customer; whose step it is learns it, too."""
    _tell_customer(slip, "return_registered")
    turn_came(slip)


def turn_came(slip: ReturnSlip) -> None:
    """Tell the heads of the function whose step is next; where it has no heads, all who belong to it."""
    if not slip.turn:
        return
    people = list(people_with_function(slip.turn))
    heads = set(
        User.objects.filter(memberships__is_head=True, memberships__department__functions__code=slip.turn).values_list(
            "pk", flat=True
        )
    )
    told = [user for user in people if user.pk in heads] or people
    _tell(slip, told, "return_turn", f"turn:{slip.version}", next=next_of(slip))


def repair_accepted(slip: ReturnSlip) -> None:
    """The goods may be sent, or somebody comes."""
    _tell_customer(slip, "repair_accepted_on_site" if slip.is_on_site else "repair_accepted", text=slip.opinion)
    turn_came(slip)


def place_changed(slip: ReturnSlip, reason: str) -> None:
    """The customer learns where it is repaired now, and why (RET-23)."""
    _tell_customer(slip, "repair_accepted_on_site" if slip.is_on_site else "repair_brought_in", text=reason)
    turn_came(slip)


def visit_off(slip: ReturnSlip, *, by: Actor, at: datetime) -> None:
    """The colleague who was to go to the customer learns that it is off, and the customer is told no day any more."""
    order = RepairOrder.objects.filter(slip=slip).select_related("repairer").first()
    if order is None:
        return
    withdraw(slip.thread, kind="repair_scheduled")
    if order.repairer_id != by.id:
        _tell(slip, [order.repairer], "repair_off", f"off:{at.isoformat()}")


def repair_scheduled(slip: ReturnSlip, order: RepairOrder, *, by: Actor) -> None:
    """Person and day: to the customer, and to the colleague who did not plan it (RET-22)."""
    day = order.planned_on.isoformat()
    _tell_customer(slip, "repair_scheduled", text=day)
    if order.repairer_id != by.id:
        _tell(slip, [order.repairer], "repair_given", f"given:{slip.version}", due=order.planned_on, person=by.label)


def decided(slip: ReturnSlip) -> None:
    """What was decided, with the reason of a refusal."""
    if slip.refused_at is not None:
        _tell_customer(slip, "return_refused", text=slip.refused_reason)
    elif slip.handling == Handling.REFUND and slip.refund_amount is not None:
        _tell_customer(slip, "return_confirmed", text=_money_words(slip))
    else:
        _tell_customer(slip, "return_confirmed")


def _money_words(slip: ReturnSlip) -> str:
    return str(_("Confirmed refund: %(sum)s yuan.") % {"sum": f"{slip.refund_amount:,.2f}"})


def refunded(slip: ReturnSlip) -> None:
    """The money is on its way."""
    _tell_customer(slip, "return_refunded", text=f"{slip.refund_amount:,.2f}")


def released(slip: ReturnSlip) -> None:
    """The goods are on their way; how."""
    _tell_customer(slip, "return_released", text=slip.shipment)


@dataclass(frozen=True)
class ClockAlert:
    """One alert of a clock: which rung, to whom, and whether it is a breach."""

    clock: ReturnClock
    level: str
    users: list[User]
    breach: bool


def clock_alert(alert: ClockAlert) -> None:
    """Tell a rung of the ladder."""
    clock = alert.clock
    kind = "return_clock_breach" if alert.breach else "return_clock_warning"
    label = ReturnClock.Kind(clock.kind).label
    key = f"clock:{clock.pk}:{alert.level}:{clock.first_due_at.isoformat()}"
    _tell(clock.slip, alert.users, kind, key, clock=label, due=clock.first_due_at)


def book_ready(user: User, *, number: str, rows: int) -> None:
    """A file is there to be taken."""
    context = {"number": number, "goods": str(rows)}
    for message in for_colleague(
        user, kind="return_book_ready", thread="returns", key=f"returns:book:{number}", context=context,
        path="/returns/book/exports/",
    ):  # fmt: skip
        enqueue(message)
