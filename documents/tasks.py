"""What the worker does with files, in its queue for long work: each may run twice, late, or in two places."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from audit.actor import Actor
from documents import actions


@shared_task
def process_due() -> int:
    """Scan and show what has come in since the last time."""
    return actions.process_due(by=Actor.system("files"))


@shared_task
def sweep_orphans() -> int:
    """Delete bytes that a crash left behind."""
    return actions.sweep_orphans(timezone.now()).deleted


@shared_task
def reconcile() -> bool:
    """Count rows without bytes and bytes without rows."""
    return actions.reconcile(timezone.now()).is_clean
