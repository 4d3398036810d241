"""The questions of a blank form are written once for everybody: nothing of one customer is in them."""

from __future__ import annotations

import re
import uuid

import pytest
from django.test import Client
from django.utils.translation import gettext, override

from surveys.models import Invitation
from tests.surveys import asking as a
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.req("SUR-14", "SUR-06"), pytest.mark.form("F71")]
WORDS = "只有我写的话"


def opened(row: Invitation, language: str, **given: str) -> tuple[str, str]:
    """A blank form, or what comes back of one that is not whole: its key, and the rest of the form."""
    client = Client(headers={"accept-language": language})
    answer = (
        client.post(a.link(row), given | {"submission_key": str(uuid.uuid4())}) if given else client.get(a.link(row))
    )
    assert answer.status_code == (422 if given else 200)
    form = answer.content.decode().split("<main")[1].split("<form")[1].split("</form>")[0]
    found = re.search(r'name="submission_key" value="([^"]+)"', form)
    assert found is not None
    form = form.replace(found[1], "")
    return found[1], re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", form)


def test_a_blank_form_is_the_same_before_and_after_others_filled_it_in(world: World) -> None:
    row = a.invited(world)
    before = [opened(row, language) for language in ("zh-hans", "en")]
    for language in ("zh-hans", "en"):
        _key, refused = opened(row, language, comment_service_speed=WORDS, item_service_speed="o4")
        assert WORDS in refused
        assert "checked" in refused
    after = [opened(row, language) for language in ("zh-hans", "en")]
    assert len({key for key, _form in (*before, *after)}) == 4
    assert [form for _key, form in after] == [form for _key, form in before]
    for language, (_key, form) in zip(("zh-hans", "en"), after, strict=True):
        assert "checked" not in form
        with override(language):
            assert gettext("Anything to add?") in form
