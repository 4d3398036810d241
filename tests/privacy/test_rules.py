"""Thresholds and times of retention are data of the profile, changed by publishing its next version (A-17, SEC-04)."""

from __future__ import annotations

from typing import Any

import pytest

from customers.policy import CustomersPart
from feedback_system.privacy.policy import RetentionPart
from regulations.models import ProfileVersion
from regulations.profiles import version_for
from tests.world import World, client_of

pytestmark = [pytest.mark.req("CUS-07", "CUS-08", "SEC-04"), pytest.mark.django_db]
URL = "/settings/customer-rules/"


def values(version: ProfileVersion, **changed: Any) -> dict[str, Any]:
    """What the page sends when nothing is typed, with some fields changed."""
    customers, retention = version.part(CustomersPart), version.part(RetentionPart)
    found: dict[str, Any] = {
        "b_measure": customers.b_measure, "b_amount": customers.b_amount, "base": version.number, "reason": "",
        "answer_working_days": retention.answer_working_days,
    }  # fmt: skip
    for code in ("key", "stable"):
        for name, value in getattr(customers, code).model_dump().items():
            found[f"{code}_{name}"] = "" if value is None else value
    for code in ("cases", "communications", "customers"):
        found |= {f"{code}_{name}": value for name, value in getattr(retention, code).model_dump().items()}
    return found | changed


def in_force() -> ProfileVersion:
    return version_for(site=None, product=None)


def test_a_change_is_previewed_and_published_with_its_reason(world: World) -> None:
    client, before = client_of(world, "administrator"), in_force()
    changed = values(before, key_yearly_amount=5_000_000, cases_keep_days=730, cases_legal_days=365)
    preview = client.post(URL, changed | {"preview": "1"}).content.decode()
    assert "5,000,000" in preview
    assert in_force() == before
    assert client.post(URL, changed | {"publish": "1"}).status_code == 422
    assert client.post(URL, changed | {"publish": "1", "reason": "三包凭证按两年保存"}).status_code == 302
    version = in_force()
    customers, retention = version.part(CustomersPart), version.part(RetentionPart)
    assert (customers.key.yearly_amount, retention.cases.keep_days) == (5_000_000, 730)
    assert retention.communications.keep_days == 1095
    assert "730 天" in client.get("/settings/profile/").content.decode()


def test_a_time_shorter_than_the_law_asks_is_refused(world: World) -> None:
    client, before = client_of(world, "administrator"), in_force()
    changed = values(before, cases_keep_days=100, cases_legal_days=365, reason="短些")
    answer = client.post(URL, changed | {"publish": "1"})
    assert answer.status_code == 422
    assert "不得短于" in answer.content.decode()
    assert in_force() == before


def test_somebody_elses_version_is_not_overwritten(world: World) -> None:
    client, before = client_of(world, "administrator"), in_force()
    client.post(URL, values(before, b_amount=1, reason="一") | {"publish": "1"})
    answer = client.post(URL, values(before, b_amount=2, reason="二") | {"publish": "1"})
    assert answer.status_code == 422
    assert in_force().part(CustomersPart).b_amount == 1


def test_nothing_changed_is_no_new_version(world: World) -> None:
    client, before = client_of(world, "administrator"), in_force()
    answer = client.post(URL, values(before, reason="无") | {"publish": "1"})
    assert answer.status_code == 422
    assert in_force() == before
