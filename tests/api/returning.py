"""What the API's tests of returns send, and how a program asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from returns.models import ReturnSlip

Api = Callable[[str], Any]
LIST = "/api/v1/returns/"
WISH: dict[str, Any] = {
    "wish": "refund",
    "reason": "quality",
    "description": "内胆漏水，要求处理。",
    "contact": {"name": "周慧", "phone": "13805126634", "email": "zhou@example.com", "address": "星湖街 218 号"},
    "goods": [{"product": "DSZF-60", "announced": 2, "batch": "B2610"}],
    "claimed_amount": "1299.00",
}
PAID = {"amount": "1299.00", "way": "transfer", "reference": "PZ-1127"}


def url(slip: ReturnSlip, tail: str = "") -> str:
    return f"{LIST}{slip.number}/{tail}"


def post(client: Any, where: str, **body: Any) -> Any:
    return client.post(where, body, format="json")


def done(client: Any, where: str, **body: Any) -> dict[str, Any]:
    """Post what must be accepted; the return afterwards."""
    answer = post(client, where, **body)
    assert answer.status_code in {200, 201}, answer.content.decode()
    return dict(answer.json())


def payment(**values: Any) -> dict[str, Any]:
    return PAID | {"paid_on": str(timezone.localdate())} | values
