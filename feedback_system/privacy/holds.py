"""Keeping what a lawsuit, an accident or an inquiry needs, whatever is asked and whatever is due (SEC-05)."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from cases.models import Case
from customers.models import Customer
from feedback_system.models import LegalHold
from feedback_system.privacy.subjects import taken
from organization.models import User


@transaction.atomic
def place_hold(on: Customer | Case, *, reason: str, by: User) -> LegalHold:
    """Keep a customer's data, or one case, until the hold is lifted. Raises ``InvalidInput``, ``InvalidMove``."""
    now = timezone.now()
    if not reason:
        raise InvalidInput("reason", _("Please say what it is needed for."))
    if taken(on).erased_at is not None:  # an erasure at this moment comes first, or not at all
        raise InvalidMove(_("The personal data were erased."))
    customer, case = (on, None) if isinstance(on, Customer) else (None, on)
    try:
        with transaction.atomic():
            row = LegalHold.objects.create(customer=customer, case=case, reason=reason, placed_by=by, placed_at=now)
    except IntegrityError as error:
        raise InvalidMove(_("This is kept already.")) from error
    record(on.thread, "place_hold", by=Actor.staff(by), at=now, sealed={"reason": (None, reason)})
    return row


@transaction.atomic
def lift_hold(hold: LegalHold, *, by: User) -> LegalHold:
    """What was kept may go again when it is asked for or due. Twice changes nothing."""
    now = timezone.now()
    row = LegalHold.objects.select_for_update(of=("self",)).select_related("customer", "case").get(pk=hold.pk)
    if row.lifted_at is None:
        row.lifted_by, row.lifted_at = by, now
        row.save(update_fields=["lifted_by", "lifted_at"])
        on = row.customer or row.case
        assert on is not None  # noqa: S101 - a constraint of the table
        record(on.thread, "lift_hold", by=Actor.staff(by), at=now, changes={"hold": (row.pk, None)})
    return row
