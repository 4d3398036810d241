"""Another date of the answer, to which the customer agreed (A-08)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from cases import lifecycle, notices
from cases.actions import clocks
from cases.actions.contacts import NewContact, record_contact
from cases.actions.moves import Extra, finish, lock
from cases.models import Case


@dataclass(frozen=True)
class Agreement:
    """The new date, and the contact in which the customer agreed to it."""

    day: date
    contact: NewContact


@transaction.atomic
def agree_date(case: Case, agreement: Agreement, *, by: Actor) -> Case:
    """Give the answer another date by the customer's recorded consent (A-08); the customer is told it (RES-03).

    The first date stays visible. A later one gives more time but does not decide whether the limit
    was kept, so that nobody agrees a breach away. Raises ``InvalidMove`` when no answer is owed any more.
    """
    contact = record_contact(case, agreement.contact, by=by)
    case = lock(Case(pk=case.pk), sources=lifecycle.OPEN)
    now = timezone.now()
    if agreement.day == case.customer_deadline:
        raise InvalidInput("day", _("This is the customer's date already. Please enter another one."))
    clock = clocks.clocks_of(case, clocks.Kind.RESOLUTION).running().select_for_update().first()
    if clock is None:
        raise InvalidMove(_("The customer has the answer already; there is no date left to agree on."))
    clock.case = case
    due_at = clocks.end_of(case, agreement.day)
    if due_at <= now:
        raise InvalidInput("day", _("The date has passed already. Please choose a later one."))
    clocks.move_due(clock, due_at, by=by, at=now, why=clocks.Why.AGREED, decisive=due_at < clock.first_due_at)
    case.customer_deadline = agreement.day
    finish(case, "agree_date", by=by, at=now, extra=Extra({"contact_id": (None, contact.pk)}))
    notices.date_agreed(case, clock)
    return case
