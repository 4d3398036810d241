"""Who may read which file, who asks to, and who looked."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from audit.models import Reading
from customers import rights
from customers.models import (
    Customer,
    FileGrant,
)
from organization.queries import Identity


def grants_of(customer: Customer) -> QuerySet[FileGrant]:
    """Who may, might or might have read this file, newest first; those for all files among them."""
    rows = FileGrant.objects.filter(customer=customer) | FileGrant.objects.filter(customer=None)
    return rows.select_related("person", "granted_by", "revoked_by", "approval").order_by("-pk")


def requests_waiting() -> QuerySet[FileGrant]:
    """What the general manager is asked, oldest first."""
    rows = FileGrant.objects.filter(approval__isnull=False, approval__decided_at__isnull=True)
    return rows.select_related("person", "customer", "approval").order_by("pk")


def readings(*, thread: str = "") -> QuerySet[Reading]:
    """Who looked at customers, newest first (SEC-02, F67); of one thread where it is named."""
    rows = Reading.objects.filter(thread=thread) if thread else Reading.objects.filter(thread__startswith="customer")
    return rows.order_by("-at", "-pk")


def reads_all_files(who: Identity, *, now: datetime | None = None) -> bool:
    """Whether somebody may read the whole file of every customer: the general manager, and who has leave for all."""
    if rights.is_general_manager(who):
        return True
    return FileGrant.objects.running(now or timezone.now()).filter(person=who.user_id, customer=None).exists()
