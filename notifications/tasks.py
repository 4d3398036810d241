"""The clock's hands. All are safe to run twice, late, or in two places."""

from __future__ import annotations

from celery import shared_task

from notifications import actions, delivery


@shared_task(ignore_result=True, expires=60, soft_time_limit=90, time_limit=120)
def deliver(message_id: int) -> None:
    """Send one message now; the sweep would do it a little later."""
    delivery.deliver(message_id)


@shared_task(ignore_result=True, expires=60, soft_time_limit=90, time_limit=120)
def sweep_due() -> None:
    """Every 10 s: send everything that is due."""
    delivery.sweep_due()


@shared_task(ignore_result=True, expires=60)
def heartbeat(name: str) -> None:
    """Show that this queue is worked on."""
    actions.beat(name)
