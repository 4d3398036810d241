"""Whoever finds a message due sends it, whether somebody else is at it or not."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.apps import AppConfig


class Switch(AppConfig):
    name = "tests.prove.switches.no_claim"

    def ready(self) -> None:
        from django.utils import timezone

        from notifications import delivery
        from notifications.claims import Claim
        from notifications.models import Message

        def claim_due(count: int, *, closed: Any = (), only: int | None = None) -> list[Claim]:
            rows = Message.objects.due(timezone.now()).exclude(channel__in=closed)
            if only is not None:
                rows = rows.filter(pk=only)
            return [Claim(row.pk, uuid4(), row.channel) for row in rows.order_by("next_try_at", "pk")[:count]]

        def claimed(claims: Sequence[Claim]) -> dict[int, Message]:
            return Message.objects.select_related("user").in_bulk([claim.message_id for claim in claims])

        def is_held(claim: Claim) -> bool:
            return True

        def finish(claim: Claim, *, state: str, error: str = "", **values: Any) -> bool:
            return bool(Message.objects.filter(pk=claim.message_id).update(state=state, error=error[:500], **values))

        def release(_claims: Any) -> None:
            """Nothing was taken."""

        delivery.claim_due, delivery.claimed, delivery.is_held = claim_due, claimed, is_held
        delivery.finish, delivery.release = finish, release
