"""Only keeping what we hold about somebody: no search, no list, no export, no use (PIPL 47)."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F, Func, IntegerField, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import Entry, record, record_many
from audit.actor import Actor
from audit.exceptions import InvalidMove
from cases.lifecycle import ENDED
from cases.models import Case
from customers.actions.living import lock_customers
from customers.models import Customer
from feedback_system.privacy.subjects import subject_of_customer
from notifications.actions import withdraw
from organization.models.units import RESTRICTED_PRINCIPAL


@transaction.atomic
def restrict(customer: Customer, *, by: Actor, reason: str) -> Customer:
    """From now on only the head of the files finds the person and the ended cases; open ones are answered first.

    Messages that wait are taken back. Raises ``InvalidMove`` when that is so already, or the data were erased.
    """
    now = timezone.now()
    row = _locked(customer)
    if row.restricted_at is not None:
        raise InvalidMove(_("This is restricted already."))
    row.restricted_at = now
    row.save(update_fields=["restricted_at"])
    ended = Case.objects.filter(pk__in=subject_of_customer(row).cases, state__in=list(ENDED))
    touched = list(ended.order_by("pk").select_for_update().values_list("pk", flat=True))
    bar = Func(F("barred"), Value(RESTRICTED_PRINCIPAL, IntegerField()), function="array_append")
    Case.objects.filter(pk__in=touched).exclude(barred__contains=[RESTRICTED_PRINCIPAL]).update(barred=bar)
    for thread in (row.thread, *(f"case:{pk}" for pk in touched)):
        withdraw(thread)
    record(row.thread, "restrict", by=by, at=now, sealed={"reason": (None, reason)})
    record_many([Entry(f"case:{pk}", "restrict", by, now) for pk in touched])
    return row


@transaction.atomic
def lift_restriction(customer: Customer, *, by: Actor, reason: str) -> Customer:
    """Use is allowed again: the person asked for it, or the reason is gone. Raises ``InvalidMove`` otherwise."""
    now = timezone.now()
    row = _locked(customer)
    if row.restricted_at is None:
        raise InvalidMove(_("This is not restricted."))
    row.restricted_at = None
    row.save(update_fields=["restricted_at"])
    rows = Case.objects.filter(pk__in=subject_of_customer(row).cases, barred__contains=[RESTRICTED_PRINCIPAL])
    touched = list(rows.order_by("pk").select_for_update().values_list("pk", flat=True))
    unbar = Func(F("barred"), Value(RESTRICTED_PRINCIPAL, IntegerField()), function="array_remove")
    Case.objects.filter(pk__in=touched).update(barred=unbar)
    record(row.thread, "lift_restriction", by=by, at=now, sealed={"reason": (None, reason)})
    record_many([Entry(f"case:{pk}", "lift_restriction", by, now) for pk in touched])
    return row


def _locked(customer: Customer) -> Customer:
    row = lock_customers([customer.pk])[customer.pk]
    if row.erased_at is not None:
        raise InvalidMove(_("The personal data were erased."))
    return row
