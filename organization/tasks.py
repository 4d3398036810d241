"""What the worker tidies up; each may run twice, late, or in two places."""

from __future__ import annotations

from importlib import import_module

from celery import shared_task
from django.conf import settings

from organization import limits


@shared_task(ignore_result=True)
def forget_visitors() -> int:
    """Forget sessions that have expired and limits that are full again: every customer leaves some."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    return limits.sweep()
