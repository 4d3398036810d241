"""Drafts: what is typed is never lost, belongs to its author alone, and goes when it is registered."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from cases.actions import drafts
from cases.actions.drafts import Typed
from cases.models import Case, Draft
from documents.models import File
from tests import world as w
from tests.cases.test_intake_form import CALL, client_of, picture
from tests.forms import submit
from tests.world import World

SAVE = "/cases/log/draft/"


def typed(**values: Any) -> dict[str, Any]:
    return {"draft": str(uuid.uuid4()), "submission_key": str(uuid.uuid4()), "text": "热水器又漏了"} | values


def test_what_is_typed_is_kept_and_found_again(world: World) -> None:
    client = client_of(world, "agent")
    body = typed(caller="138 0512 6634", kind="complaint", criteria=["safety", "use"])
    answer = client.post(SAVE, body)
    assert answer.json() == {"draft": body["draft"], "url": f"/cases/log/?draft={body['draft']}"}
    page = client.get(answer.json()["url"]).content.decode()
    assert "热水器又漏了" in page
    assert "138 0512 6634" in page
    assert client.get("/cases/log/drafts/").content.decode().count("热水器又漏了") == 1


def test_the_same_draft_is_saved_over_and_over(world: World) -> None:
    client, body = client_of(world, "agent"), typed()
    for text in ("热", "热水", "热水器"):
        client.post(SAVE, body | {"text": text})
    assert Draft.objects.get().data["text"] == "热水器"


def test_several_drafts_stand_side_by_side(world: World) -> None:
    client = client_of(world, "agent")
    for n in range(3):
        client.post(SAVE, typed(text=f"第 {n} 件"))
    page = client.get("/cases/log/drafts/").content.decode()
    assert [f"第 {n} 件" in page for n in range(3)] == [True, True, True]


def test_a_page_on_which_nothing_was_typed_leaves_no_draft(world: World) -> None:
    answer = client_of(world, "agent").post(SAVE, typed(text="", channel="phone", kind="complaint", acknowledge="on"))
    assert answer.status_code == 204
    assert not Draft.objects.exists()


def test_after_a_lost_session_the_draft_is_still_there(world: World) -> None:
    client, body = client_of(world, "agent"), typed()
    client.post(SAVE, body)
    client.logout()
    lost = client.post(SAVE, body | {"text": "更多"})
    assert lost.status_code == 302
    assert "/accounts/login/" in lost["Location"]
    client.force_login(world.agent)
    assert "热水器又漏了" in client.get(f"/cases/log/?draft={body['draft']}").content.decode()


def test_a_box_that_was_unticked_stays_unticked(world: World) -> None:
    client, body = client_of(world, "agent"), typed()
    assert "checked" in _box(client.get("/cases/log/").content.decode(), "acknowledge")
    client.post(SAVE, body)
    assert "checked" not in _box(client.get(f"/cases/log/?draft={body['draft']}").content.decode(), "acknowledge")


def _box(page: str, name: str) -> str:
    start = page.index(f'name="{name}"')
    return page[page.rindex("<", 0, start) : page.index(">", start)]


@pytest.mark.req("SEC-01")
@pytest.mark.parametrize("other", ["agent2", "manager", "administrator"])
def test_nobody_reads_saves_or_discards_a_colleagues_draft(world: World, other: str) -> None:
    body = typed()
    client_of(world, "agent").post(SAVE, body)
    foreign = client_of(world, other)
    assert foreign.get(f"/cases/log/?draft={body['draft']}").status_code == 404
    assert foreign.post(SAVE, body | {"text": "别的"}).status_code == 409
    assert foreign.post(f"/cases/log/drafts/{body['draft']}/discard/").status_code == 404
    assert Draft.objects.get().data["text"] == "热水器又漏了"


def test_a_draft_that_never_was_is_absent(world: World) -> None:
    client = client_of(world, "agent")
    for key in (str(uuid.uuid4()), "1", "", "x" * 3000, "\0"):
        assert client.get("/cases/log/", {"draft": key}).status_code == 404
    assert client.post(SAVE, typed(draft="1")).status_code == 404


def test_registering_takes_the_draft_away(world: World) -> None:
    client = client_of(world, "agent")
    body = typed(**CALL)
    client.post(SAVE, body)
    submit(client, f"/cases/log/?draft={body['draft']}", caller=CALL["caller"])
    assert Case.objects.count() == 1
    assert not Draft.objects.exists()


def test_a_late_save_does_not_bring_a_registered_draft_back(world: World) -> None:
    client = client_of(world, "agent")
    body = typed(**CALL)
    client.post("/cases/log/", body | {"channel": "phone"})
    assert Case.objects.count() == 1
    assert client.post(SAVE, body).status_code == 204
    assert not Draft.objects.exists()


def test_a_discarded_draft_takes_its_files_along(world: World) -> None:
    client = client_of(world, "agent")
    submit(client, "/cases/log/", text="热水器又漏了", files=[picture()])
    draft = Draft.objects.get()
    client.post(f"/cases/log/drafts/{draft.pk}/discard/")
    assert not Draft.objects.exists()
    assert File.objects.get().erased_at is not None


def test_a_file_is_taken_out_of_a_draft_again(world: World) -> None:
    client = client_of(world, "agent")
    submit(client, "/cases/log/", text="热水器又漏了", files=[picture(), picture("two.jpg")])
    draft = Draft.objects.get()
    first, second = draft.data["files"]
    page = submit(client, f"/cases/log/?draft={draft.pk}", act=f"unfile:{first}")
    assert "photo.jpg" not in page.content.decode()
    draft.refresh_from_db()
    assert draft.data["files"] == [second]


@pytest.mark.req("SEC-01")
def test_files_of_a_draft_are_never_named_by_the_request(world: World) -> None:
    theirs = client_of(world, "agent2")
    submit(theirs, "/cases/log/", text="别人的照片", files=[picture()])
    foreign = File.objects.get()
    client = client_of(world, "agent")
    client.post(SAVE, typed(files=[foreign.pk]))
    mine = Draft.objects.get(user=world.agent)
    assert mine.data["files"] == []
    submit(client, f"/cases/log/?draft={mine.pk}", holds="caller", act=f"unfile:{foreign.pk}")
    foreign.refresh_from_db()
    assert foreign.erased_at is None


def test_a_text_of_any_length_is_kept(world: World) -> None:
    client, body = client_of(world, "agent"), typed(text="漏" * 300_000)
    assert client.post(SAVE, body).status_code == 200
    assert len(Draft.objects.get().data["text"]) == 300_000


def test_what_a_database_cannot_hold_is_cleaned(world: World) -> None:
    client = client_of(world, "agent")
    client.post(SAVE, typed(text="漏\0水\ufeff", caller="\u202e周慧"))
    data = Draft.objects.get().data
    assert (data["text"], data["caller"]) == ("漏水", "周慧")


def test_there_is_an_end_to_drafts(world: World) -> None:
    for _n in range(drafts.MOST_DRAFTS):
        drafts.save_draft(uuid.uuid4(), Typed({"text": "x"}), user=world.agent)
    with pytest.raises(InvalidMove):
        drafts.save_draft(uuid.uuid4(), Typed({"text": "x"}), user=world.agent)
    with pytest.raises(InvalidInput):
        drafts.save_draft(Draft.objects.all()[0].pk, Typed({"text": "x" * 2_000_001}), user=world.agent)
    refused = submit(client_of(world, "agent"), "/cases/log/", **(CALL | {"kind": None}))
    assert refused.status_code == 422
    assert CALL["text"] in refused.content.decode()


def test_a_draft_takes_no_more_files_than_a_form(world: World) -> None:
    draft = drafts.save_draft(uuid.uuid4(), Typed({"text": "x"}), user=world.agent)
    assert draft is not None
    by = Actor.staff(world.agent)
    upload = picture().read()
    drafts.add_files(draft, [ContentFile(upload, name=f"{n}.jpg") for n in range(20)], by=by)
    with pytest.raises(InvalidInput):
        drafts.add_files(draft, [ContentFile(upload, name="more.jpg")], by=by)
    assert File.objects.count() == 20


# The small acts, without scripts


def test_a_caller_is_picked_and_changed_without_scripts(world: World) -> None:
    case = w.log_call(world)
    client = client_of(world, "agent")
    page = submit(client, "/cases/log/", caller="6634", act="find").content.decode()
    assert "周慧" in page
    draft = Draft.objects.get()
    url = f"/cases/log/?draft={draft.pk}"
    page = submit(client, url, holds="caller", act=f"pick:{case.customer_id}").content.decode()
    assert 'value="13805126634"' in page
    page = submit(client, url, holds="caller", act="unpick").content.decode()
    assert 'value="13805126634"' not in page


def test_the_same_as_last_time_fills_in_product_and_site(world: World) -> None:
    from cases.actions.intake import Accused, Goods
    from organization.models import Product, Site

    goods = Goods(product=Product.objects.get(code="DSZF-60"))
    case = w.log_call(world, goods=goods, accused=Accused(site=Site.objects.get(code="sz")))
    client = client_of(world, "agent")
    page = submit(client, f"/cases/log/?customer={case.customer_id}", act=f"same:{case.number}").content.decode()
    assert 'value="电热水器 DSZF-60"' in page
    assert 'value="苏州园区店"' in page


def test_a_draft_of_another_person_is_not_deleted_by_registering(world: World) -> None:
    body = typed()
    client_of(world, "agent2").post(SAVE, body)
    client = Client()
    client.force_login(world.agent)
    client.post("/cases/log/", body | CALL | {"channel": "phone"})
    assert Draft.objects.get().user == world.agent2
