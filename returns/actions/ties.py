"""A return and the case it belongs to: tied, taken off, or opened for it (RET-32, CAP-14).

The case waits for the return by a hold; a return never waits for its case.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from cases import lifecycle as case_life
from cases.actions.closure import open_hold, release_hold
from cases.actions.intake import Goods, Intake, Reporter, open_case
from cases.actions.moves import Extra
from cases.actions.moves import lock as lock_case
from cases.models import Case, Channel, Hold, Kind
from customers.actions.living import hold_living
from organization import text
from returns.actions.moves import finish, lock
from returns.models import ReturnSlip

HOLD = "return"


def take_case(slip: ReturnSlip) -> None:
    """Lock its case, before the number is drawn, so that nobody waits for the case with the counter in hand."""
    if slip.case_id is not None:
        slip.case = Case.objects.select_for_update(of=("self",)).get(pk=slip.case_id)


def open_hold_of(slip: ReturnSlip, case: Case, *, by: Actor) -> Hold:
    """Let the case wait for the end of the return; raises ``InvalidMove`` for a case that has ended."""
    label = _("Return %(number)s") % {"number": slip.number}
    return open_hold(case, by=by, kind=HOLD, label=label, url=f"/returns/{slip.number}/")


def hold_case(slip: ReturnSlip, *, by: Actor) -> None:
    """Let the case wait for a slip that continues another; one that was closed meanwhile waits for nothing."""
    if slip.case is None or slip.case.state in case_life.ENDED:
        return
    slip.hold = open_hold_of(slip, slip.case, by=by)
    slip.save(update_fields=["hold"])


def let_go(slip: ReturnSlip, *, by: Actor, reason: str = "") -> None:
    """Let the case close: the return ended, or was taken off it. A return never waits for its case (RET-32)."""
    if slip.hold is None:
        return
    case = Case.objects.get(pk=slip.hold.case_id)
    if case.state == case_life.State.ARCHIVED or case.erased_at is not None:
        return  # closed short and filed with the hold open: nothing about it changes any more
    release_hold(slip.hold, by=by, detached_reason=reason)


@transaction.atomic
def link_case(slip: ReturnSlip, case: Case, *, by: Actor) -> ReturnSlip:
    """Tie a return to the open case it belongs to, whose closing then waits for it (RET-32).

    For one that has ended nothing waits: it stands with the case because its measures prevent the next (CAP-14). Raises
    ``InvalidInput`` for another customer's case: what is tied to it, its customer sees, and the copy of the customer's
    data tells.
    """
    slip = _untied(slip)
    if not _same_customer(slip, case):
        raise InvalidInput("number", _("This is another customer's case. Open a case for this return instead."))
    _tie(slip, case, by=by)
    return finish(slip, "link", by=by, at=timezone.now())


def _same_customer(slip: ReturnSlip, case: Case) -> bool:
    """Whether both are of one person: the same file; where one has none, the same number, mail or name."""
    if slip.customer_id is not None and case.customer_id is not None:
        return slip.customer_id == case.customer_id
    phones = set(text.phone_forms(slip.contact_phone)) & set(text.phone_forms(case.reporter_phone))
    mail, name = slip.contact_email.lower(), slip.contact_name
    return bool(phones) or bool(mail and mail == case.reporter_email.lower()) or name == case.reporter_name


def _untied(slip: ReturnSlip) -> ReturnSlip:
    slip = lock(slip)
    if slip.case_id is not None:
        raise InvalidMove(_("This return belongs to case %(number)s already.") % {"number": slip.case})
    return slip


def _tie(slip: ReturnSlip, case: Case, *, by: Actor) -> None:
    slip.case, slip.customer = case, slip.customer or case.customer
    if slip.is_open:
        slip.hold = open_hold_of(slip, case, by=by)
    else:
        lock_case(case, sources=case_life.OPEN)


@dataclass(frozen=True)
class Matter:
    """What the new case is about: its kind, how the matter reached us, and in words."""

    kind: Kind
    channel: Channel
    text: str


@transaction.atomic
def open_case_of(slip: ReturnSlip, matter: Matter, *, by: Actor) -> Case:
    """Open a case for a return that has none, so that its cause is looked into and the next one prevented by measures
    (CAP-14). Customer, contact and goods are those of the slip; the customer of a return that has ended, who waits for
    nothing any more, is not written to. Raises ``InvalidInput`` for a kind that the profile does not offer.
    """
    if slip.customer_id is not None:
        hold_living([slip.customer_id])  # before the return: whoever merges files takes both in this order
    slip = _untied(slip)
    line = slip.lines.select_related("product").first()
    assert line is not None  # noqa: S101 - a slip names goods
    case = open_case(
        Intake(
            kind=matter.kind,
            channel=matter.channel,
            text=matter.text,
            customer=slip.customer,
            reporter=Reporter(
                slip.contact_name,
                slip.contact_organisation,
                slip.contact_phone,
                slip.contact_email,
                refused=not (slip.contact_phone or slip.contact_email),
            ),
            quiet=not slip.is_open,
            goods=Goods(
                product=line.product, product_text=line.product_text, batch=line.batch, serial=line.serial,
                quantity=str(line.units), purchased_on=line.purchased_on,
            ),
        ),
        by=by,
    )  # fmt: skip
    _tie(slip, case, by=by)
    finish(slip, "open_case", by=by, at=timezone.now(), extra=Extra({"case": (None, case.number)}))
    return case


@transaction.atomic
def detach_case(slip: ReturnSlip, *, by: Actor, reason: str) -> ReturnSlip:
    """Take a return off its case, which may then close before it; the reason is kept (RET-32)."""
    if not reason.strip():
        raise InvalidInput("reason", _("Please say why the return no longer belongs to the case."))
    slip = lock(slip)
    if slip.case is None:
        raise InvalidMove(_("This return belongs to no case."))
    let_go(slip, by=by, reason=reason)
    slip.case, slip.hold, slip.detached_reason = None, None, reason
    return finish(slip, "detach", by=by, at=timezone.now())
