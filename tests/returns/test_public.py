"""A customer asks for a refund or a repair without an account; the slip is always there (A-24)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cases.models import Case, Hold
from returns.models import ReturnSlip
from tests.cases import visitors as v
from tests.world import World, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("A-24", "RET-01", "RET-21", "INT-23")]


def send(client: Client, **values: Any) -> Any:
    given = v.filled_in() | {
        "wish": "refund", "reason": "quality", "product_text": "电热水器 DSZF-60", "quantity": "2", "serial": "HB60-1",
        "received_on": str(timezone.localdate() - timedelta(days=2)), "text": "内胆漏水，要求退款。",
    }  # fmt: skip
    return client.post("/feedback/return/", given | values)


@pytest.mark.parametrize(("wish", "kind"), [("refund", "return_request"), ("repair", "service_request")])
def test_case_and_slip_are_opened_together_and_the_customer_follows_both(trade: World, wish: str, kind: str) -> None:
    client = Client()
    assert client.get("/feedback/return/").status_code == 200
    answer = send(client, wish=wish)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    case, slip = Case.objects.get(), ReturnSlip.objects.get()
    assert (case.kind.code, slip.case, slip.source, slip.wish) == (kind, case, "public", wish)
    line = slip.lines.get()
    assert (str(line.product), line.announced, line.serial) == ("电热水器 DSZF-60", 2, "HB60-1")
    assert Hold.objects.get(case=case).label == f"退货 {slip.number}"
    receipt = client.get(answer.headers["Location"]).content.decode()
    assert slip.number in receipt
    assert slip.number in client.get("/track/case/").content.decode()
    assert slip.number in client_of(trade, "desk_clerk").get("/returns/?turn=all").content.decode()


def test_a_second_click_opens_nothing_twice(trade: World) -> None:
    client, given = Client(), v.filled_in()
    for _n in range(2):
        assert send(client, submission_key=given["submission_key"], proof=v.proof()).status_code == 302
    assert (Case.objects.count(), ReturnSlip.objects.count()) == (1, 1)


def test_pictures_belong_to_the_slip_too(trade: World) -> None:
    assert send(Client(), files=[v.picture()]).status_code == 302
    slip = ReturnSlip.objects.get()
    row = slip.files.get()
    assert (row.from_customer, row.file_id) == (True, slip.case.files.get().file_id)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"wish": ""}, "请选择您的诉求"),
        ({"reason": "whim"}, "whim"),
        ({"product_text": ""}, "请填写产品"),
        ({"quantity": "0"}, "1"),
        ({"received_on": str(timezone.localdate() + timedelta(days=3))}, "将来"),
        ({"purchased_on": str(timezone.localdate())}, "早于"),
        ({"text": ""}, ""),
    ],
)
def test_what_cannot_be_comes_back_with_what_was_typed(trade: World, changes: dict[str, Any], sentence: str) -> None:
    answer = send(Client(), **changes)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert "HB60-1" in page
    assert (Case.objects.count(), ReturnSlip.objects.count()) == (0, 0)


def test_who_leaves_no_contact_is_answered_on_the_tracking_page(trade: World) -> None:
    assert send(Client(), contact="", contact_refused="on", name="").status_code == 302
    slip = ReturnSlip.objects.get()
    assert (slip.contact_phone, slip.contact_name) == ("", "（未留姓名）")
