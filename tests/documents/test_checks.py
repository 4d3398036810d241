"""What `manage.py check` says, and how uploads that are too large end early."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import RequestDataTooBig
from django.test import RequestFactory

from documents import checks
from documents.limits import MB
from documents.upload_handlers import TotalSizeHandler


def test_missing_libraries_are_named_by_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_loads", lambda library: "subset" not in library)
    (warning,) = checks.check_paper()
    assert warning.id == "documents.W001"
    assert "libharfbuzz-subset0" in warning.hint
    assert "libpango-1.0-0" not in warning.hint


def test_a_missing_font_is_said_before_papers_show_squares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "missing_packages", list)
    monkeypatch.setattr(checks, "has_chinese_font", lambda: False)
    assert [each.id for each in checks.check_paper()] == ["documents.W002"]


@pytest.mark.parametrize("place", ["static", "static/files", ".", "../static"])
def test_a_store_inside_a_served_folder_is_an_error(settings, tmp_path, place: str) -> None:
    settings.STATIC_ROOT = str(tmp_path / "x" / "static")
    settings.STATICFILES_DIRS = [("prefix", tmp_path / "static"), tmp_path / "other"]
    settings.MEDIA_ROOT = str(tmp_path / "x" / place)
    assert [each.id for each in checks.check_store()] == ["documents.E001"]


def test_the_store_of_this_project_is_private(settings) -> None:
    assert checks.check_store() == []


def handler(user, length: int = 0) -> TotalSizeHandler:
    request = RequestFactory().post("/")
    request.user = user
    made = TotalSizeHandler(request)
    made.handle_raw_input(None, {}, length, None)
    return made


class Staff:
    is_authenticated = True


@pytest.mark.parametrize(("user", "most"), [(AnonymousUser(), 102 * MB), (Staff(), 4_002 * MB)])
def test_a_request_that_announces_too_much_is_refused_at_once(user, most: int) -> None:
    handler(user, most)
    with pytest.raises(RequestDataTooBig):
        handler(user, most + 1)


def test_a_request_that_sends_more_than_it_said_is_stopped(settings) -> None:
    settings.DOCUMENTS_PUBLIC_FILES, settings.DOCUMENTS_PUBLIC_BYTES = 1, MB
    made = handler(AnonymousUser())
    for _ in range(3):
        assert made.receive_data_chunk(b"x" * MB, 0)
    with pytest.raises(RequestDataTooBig):
        made.receive_data_chunk(b"x", 0)
    assert made.file_complete(1) is None
