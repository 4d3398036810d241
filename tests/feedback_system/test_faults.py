"""What a person sees when something broke."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError
from django.test import Client
from django.utils.translation import override


def answer(monkeypatch: pytest.MonkeyPatch, error: Exception, path: str = "/feedback/", **more: Any) -> Any:
    """What comes back when every request of the view to the database ends in this error."""

    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise error

    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", fail)
    return Client(raise_request_exception=False).get(path, **more)


@pytest.mark.django_db
@pytest.mark.parametrize("error", [OperationalError("server closed the connection"), InterfaceError("closed already")])
def test_a_database_that_is_away_is_no_mistake_of_ours(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    found = answer(monkeypatch, error)
    assert (found.status_code, found["Retry-After"]) == (503, "5")
    assert "不会重复登记" in found.content.decode()
    assert "no-store" in found["Cache-Control"]
    assert "Content-Security-Policy" in found


@pytest.mark.django_db
def test_any_other_error_is_our_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    for error in (DatabaseError("column does not exist"), ValueError("oops")):
        found = answer(monkeypatch, error)
        assert found.status_code == 500
        assert "服务器出错了" in found.content.decode()
        assert "oops" not in found.content.decode()


@pytest.mark.django_db
def test_a_program_gets_json(monkeypatch: pytest.MonkeyPatch) -> None:
    found = answer(monkeypatch, OperationalError("gone"), "/api/v1/cases/", headers={"Authorization": "Token x"})
    assert found.status_code == 503
    assert found.json() == {"detail": "系统暂时不可用，请一分钟后再试。"}


@pytest.mark.django_db
def test_the_page_speaks_the_visitors_language(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(raise_request_exception=False, headers={"Accept-Language": "en"})
    with override("en"):
        monkeypatch.setattr(
            "django.db.backends.utils.CursorWrapper.execute",
            lambda *_a, **_k: (_ for _ in ()).throw(OperationalError()),
        )
        found = client.get("/feedback/")
    assert 'lang="en"' in found.content.decode()
    assert "nothing is registered twice" in found.content.decode()
