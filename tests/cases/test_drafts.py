"""Drafts: what is typed is never lost, belongs to its author alone, and goes when it is registered."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from cases.actions import drafts
from cases.actions.drafts import Typed
from cases.models import Case, Contact, Draft
from cases.tasks import forget_drafts
from documents.models import File
from tests import world as w
from tests.cases.test_intake_form import CALL, picture
from tests.forms import submit
from tests.world import World, client_of

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


# At the limits nothing is lost


@pytest.fixture
def full(world: World) -> World:
    """The agent has as many drafts as there may be."""
    for _n in range(drafts.MOST_DRAFTS):
        drafts.save_draft(uuid.uuid4(), Typed({"text": "x"}), user=world.agent)
    return world


@pytest.mark.req("INT-03")
def test_with_all_drafts_in_use_a_call_with_a_photograph_is_registered(full: World) -> None:
    answer = submit(client_of(full, "agent"), "/cases/log/", **CALL, files=[picture()])
    assert answer.status_code == 302
    assert [row.file.claimed_name for row in Case.objects.get().files.all()] == ["photo.jpg"]


@pytest.mark.req("INT-03")
@pytest.mark.parametrize("act", ["find", "pdf", "add:2026-000001"])
def test_with_all_drafts_in_use_the_buttons_of_the_form_lose_nothing(full: World, act: str) -> None:
    whole = "内胆漏水，" * 5_000
    page = submit(client_of(full, "agent"), "/cases/log/", **(CALL | {"text": whole}), act=act)
    assert page.status_code == 422
    assert whole in page.content.decode()
    assert "草稿" in page.content.decode()


@pytest.mark.req("INT-03")
def test_a_text_too_long_for_a_draft_becomes_a_file_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "LARGEST_DRAFT", 25_000)
    whole = "内胆漏水，" * 6_000
    client = client_of(world, "agent")
    page = submit(client, "/cases/log/", **(CALL | {"text": whole}), act="pdf")
    assert page.status_code == 200
    draft = Draft.objects.get()
    assert "附件" in draft.data["text"]
    submit(client, f"/cases/log/?draft={draft.pk}", holds="caller")
    assert Case.objects.get().files.get().file.kind == "pdf"


@pytest.mark.req("INT-03")
def test_chinese_counts_as_it_is_written(world: World) -> None:
    assert drafts.save_draft(uuid.uuid4(), Typed({"text": "漏" * 340_000}), user=world.agent) is not None


@pytest.mark.req("INT-03", "RTE-08")
def test_a_further_contact_that_is_too_long_becomes_a_file_and_nothing_is_lost(world: World) -> None:
    case, client, whole = w.log_call(world), client_of(world, "agent"), "催问进度，" * 5_000
    url = f"/cases/log/add/{case.number}/"
    refused = submit(client, url, text=whole, follow_up="今天回电", files=[picture()])
    assert refused.status_code == 422
    assert 'value="pdf"' in refused.content.decode()
    body = {"text": whole, "follow_up": "今天回电", "channel": "phone", "add_to": case.number}
    page = client.post(url, body | {"act": "pdf", "draft": refused.context["draft"].pk})
    assert page.status_code == 200
    assert "今天回电" in page.content.decode()
    draft = Draft.objects.get()
    submit(client, f"{url}?draft={draft.pk}", holds="text")
    contact = Contact.objects.get()
    assert "附件" in contact.text
    assert sorted(row.file.kind for row in case.files.all()) == ["jpeg", "pdf"]
    assert not Draft.objects.exists()


@pytest.mark.req("RTE-08")
def test_a_further_contact_is_kept_while_it_is_typed(world: World) -> None:
    case, client = w.log_call(world), client_of(world, "agent")
    body = {"draft": str(uuid.uuid4()), "add_to": case.number, "text": "催问", "person": "周慧", "channel": "phone"}
    url = client.post(SAVE, body).json()["url"]
    assert url == f"/cases/log/add/{case.number}/?draft={body['draft']}"
    assert "催问" in client.get(url).content.decode()
    assert url in client.get("/cases/log/drafts/").content.decode()
    assert "催问" in client.get(f"/cases/log/?draft={body['draft']}").content.decode()


def test_a_contact_typed_on_leaves_the_rest_of_the_log_forms_draft(world: World) -> None:
    case, client, body = w.log_call(world), client_of(world, "agent"), typed(demand="换新机")
    client.post(SAVE, body)
    client.post(SAVE, {"draft": body["draft"], "add_to": case.number, "text": "又催"})
    data = Draft.objects.get().data
    assert (data["demand"], data["text"]) == ("换新机", "又催")


@pytest.mark.req("RTE-08")
def test_a_contact_on_a_case_closed_meanwhile_keeps_its_text(world: World) -> None:
    case = w.closed(world)
    answer = client_of(world, "agent").post(
        f"/cases/log/add/{case.number}/",
        {"text": "又漏了", "channel": "phone", "submission_key": str(uuid.uuid4()), "draft": str(uuid.uuid4()),
         "add_to": case.number},
    )  # fmt: skip
    assert answer.status_code == 409
    assert "又漏了" in answer.content.decode()
    assert Draft.objects.get().data["text"] == "又漏了"


def test_a_draft_left_alone_for_long_goes_with_its_files(world: World) -> None:
    client = client_of(world, "agent")
    submit(client, "/cases/log/", text="热水器又漏了", files=[picture()])
    fresh = drafts.save_draft(uuid.uuid4(), Typed({"text": "x"}), user=world.agent)
    assert forget_drafts() == 0
    Draft.objects.exclude(pk=fresh.pk).update(updated_at=timezone.now() - timedelta(days=91))
    assert forget_drafts() == 1
    assert Draft.objects.get() == fresh
    assert File.objects.get().erased_at is not None
    assert "90 天" in client.get("/cases/log/drafts/").content.decode()


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
