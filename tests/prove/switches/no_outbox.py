"""Messages go straight from the view to the broker, as many programs do it: no row in the transaction of the fact."""

from dataclasses import asdict
from typing import Any

from celery import current_app, shared_task
from django.apps import AppConfig


@shared_task(name="tests.prove.send_directly", queue="clock", ignore_result=True)
def send_directly(fields: dict[str, Any]) -> None:
    """What a worker does with it: write it down and send it."""
    from django.db import transaction

    from notifications import delivery
    from notifications.actions import NewMessage, enqueue

    with transaction.atomic():
        row = enqueue(NewMessage(**fields))
    if row is not None:
        delivery.deliver(row.pk)


class Switch(AppConfig):
    name = "tests.prove.switches.no_outbox"

    def ready(self) -> None:
        import logging

        from cases import notices

        def enqueue(message: Any) -> None:
            fields = asdict(message) | {"context": {name: str(value) for name, value in message.context.items()}}
            try:
                current_app.send_task("tests.prove.send_directly", args=(fields,), queue="clock", retry=False)
            except Exception:  # the usual "log it and go on": the customer's form must not fail for a message
                logging.getLogger(__name__).exception("a message was not sent")

        notices.enqueue = enqueue
