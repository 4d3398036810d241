"""Categories, kinds, channels and routing: words that are kept, and rules that are published (GEN-02, RTE-02)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.exceptions import Blocked, InvalidInput, StaleRecord
from audit.models import Event
from cases.actions import vocabulary
from cases.actions.vocabulary import CategoryWords, Word
from cases.models import Category, Channel, Kind
from cases.policy import Route
from cases.queries.suggestions import department_for, proposals_for
from feedback_system import presets, profile_words
from regulations.models import Profile
from tests import world as w
from tests.world import World


def profile() -> Profile:
    return Profile.objects.get()


def newest() -> Any:
    return profile().versions.latest("number")


def routes_of(body: dict[str, Any]) -> list[Route]:
    return [Route(**row) for row in body["cases"]["routes"]]


def routing_form(client: Client, **changes: str) -> dict[str, str]:
    """What the routing page sends, with some selects changed (category code -> value)."""
    page = client.get(reverse("routing"))
    form = page.context["form"]
    data = {"base": str(form.initial["base"])} | {bound.html_name: str(bound.initial) for _category, bound in form.rows}
    codes = {category.code: bound.html_name for category, bound in form.rows}
    return data | {codes[code]: value for code, value in changes.items()}


# --- Categories -----------------------------------------------------------------------------------


@pytest.mark.req("CLS-02", "SEC-09")
def test_a_category_under_a_root_proposes_itself_by_its_keywords_at_once(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    parent = world.category("product")
    data = {"name": "气味", "name_en": "Smell", "parent": parent.pk, "position": 9, "keywords": "异味、刺鼻 焦糊，异味"}
    assert client.post(reverse("category_new"), data).status_code == 302
    row = Category.objects.get(name="气味")
    assert row.keywords == ["异味", "刺鼻", "焦糊"]
    assert row.code.startswith("product.")
    assert proposals_for("打开就有刺鼻的味道", newest())[0] == row
    assert newest().number == 1
    assert Event.objects.filter(thread=f"category:{row.pk}", verb="create").exists()


@pytest.mark.req("CLS-02", "GEN-02")
def test_a_new_root_is_offered_by_a_new_version_of_the_profile(world: World) -> None:
    before = w.log_call(world)
    row = vocabulary.create_category(CategoryWords("安全", code="safety"), by=world.actor("administrator"))
    assert newest().number == 2
    assert "safety" in newest().document["cases"]["categories"]
    assert before.profile_version.number == 1
    assert "安全" in newest().reason
    assert row.lineage == [row.pk]


@pytest.mark.parametrize("keywords", [("漏",), ("太长" * 11,)])
def test_a_keyword_of_one_character_or_of_a_sentence_is_refused(world: World, keywords: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput):
        vocabulary.create_category(
            CategoryWords("新", keywords=keywords), by=world.actor("administrator"), parent=world.category("product")
        )


def test_categories_have_two_levels(world: World) -> None:
    child = world.category("product.quality")
    with pytest.raises(InvalidInput):
        vocabulary.create_category(CategoryWords("更细"), by=world.actor("administrator"), parent=child)
    with pytest.raises(InvalidInput):
        vocabulary.change_category(
            world.category("product"),
            CategoryWords("产品"),
            by=world.actor("administrator"),
            parent=world.category("service"),
        )


def test_a_child_moves_to_another_root_and_keeps_its_code(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    row = world.category("product.packaging")
    data = {"name": "包装", "parent": world.category("service").pk, "position": 2, "keywords": "包装", "code": "other"}
    assert client.post(reverse("category", args=[row.pk]), data).status_code == 302
    row.refresh_from_db()
    assert (row.code, row.parent, row.lineage) == (
        "product.packaging",
        world.category("service"),
        [world.category("service").pk, row.pk],
    )


def test_a_root_is_retired_after_what_lies_under_it_and_never_the_last(world: World) -> None:
    by = world.actor("administrator")
    with pytest.raises(Blocked):
        vocabulary.retire_category(world.category("price"), by=by)
    for row in Category.objects.filter(parent=world.category("price")):
        vocabulary.retire_category(row, by=by)
    vocabulary.retire_category(world.category("price"), by=by)
    with pytest.raises(Blocked):
        vocabulary.restore_category(world.category("price.pricing"), by=by)


def test_cases_keep_a_retired_category(world: World) -> None:
    case = w.acknowledged(world)
    vocabulary.retire_category(world.category(), by=world.actor("administrator"))
    case.refresh_from_db()
    assert case.category == world.category()
    assert proposals_for("质量太差，做工不好", newest())[0] != world.category()


# --- Kinds and channels --------------------------------------------------------------------------------


@pytest.mark.req("CLS-01")
def test_kinds_are_renamed_and_reordered(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    page = client.get(reverse("vocabulary"))
    data: dict[str, Any] = {}
    for prefix in ("kinds", "channels"):
        formset = page.context[prefix]
        data |= {f"{prefix}-TOTAL_FORMS": len(formset.forms), f"{prefix}-INITIAL_FORMS": len(formset.forms)}
        for form in formset:
            data |= {
                bound.html_name: bound.initial
                for bound in form
                if not (bound.initial is None or bound.initial is False)
            }
    complaint = next(n for n, form in enumerate(page.context["kinds"]) if form.initial["name"] == "投诉")
    data |= {f"kinds-{complaint}-name": "客户投诉", f"kinds-{complaint}-position": 50}
    phone = next(n for n, form in enumerate(page.context["channels"]) if form.initial["name"] == "传真")
    data.pop(f"channels-{phone}-in_use")
    assert client.post(reverse("vocabulary"), data).status_code == 302
    assert Kind.objects.get(code="complaint").name == "客户投诉"
    assert Kind.objects.last().code == "complaint"
    assert Channel.objects.get(code="fax").is_retired
    assert Event.objects.filter(verb="change").count() == 2


def test_the_last_channel_in_use_stays(world: World) -> None:
    words = [Word(row.pk, row.name, row.name_en, row.position, in_use=False) for row in Channel.objects.all()]
    with pytest.raises(InvalidInput):
        vocabulary.change_words(Channel, words, by=world.actor("administrator"))


@pytest.mark.req("INT-01")
def test_a_channel_that_is_added_can_be_chosen_at_once(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    assert client.post(reverse("channel_new"), {"new-name": "抖音客服", "new-name_en": "Douyin"}).status_code == 302
    row = Channel.objects.get(name="抖音客服")
    assert Channel.objects.active().last() == row
    assert Event.objects.filter(thread=f"channel:{row.pk}", verb="create").exists()
    assert "抖音客服" in client.get(reverse("vocabulary")).content.decode()
    case = w.log_call(world, channel=row)
    assert case.channel == row


@pytest.mark.parametrize("name", ["", "来电"])
def test_a_channel_without_a_name_or_with_one_that_exists_is_not_added(world: World, client: Client, name: str) -> None:
    client.force_login(world.administrator)
    before = Channel.objects.count()
    assert client.post(reverse("channel_new"), {"new-name": name}).status_code == 422
    assert Channel.objects.count() == before


# --- Routing ------------------------------------------------------------------------------------------------


@pytest.mark.req("RTE-02", "GEN-02")
def test_a_change_of_routing_is_previewed_then_published_as_the_next_version(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    registered = w.log_call(world)
    data = routing_form(client, **{"product.quality": "department:production"})
    page = client.post(reverse("routing"), data | {"preview": "1"}).content.decode()
    assert "产品 / 质量" in page
    assert "<ins>生产部</ins>" in page
    assert newest().number == 1
    assert client.post(reverse("routing"), data | {"publish": "1"}).status_code == 422  # without a reason
    assert client.post(reverse("routing"), data | {"publish": "1", "reason": "质量问题先由生产部查"}).status_code == 302
    assert (newest().number, newest().by, newest().reason) == (2, world.administrator, "质量问题先由生产部查")
    assert department_for(newest(), world.category("product.quality")) == world.production
    assert department_for(registered.profile_version, world.category("product.quality")) == world.quality


def test_the_preview_of_nothing_says_so(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    page = client.post(reverse("routing"), routing_form(client) | {"preview": "1"}).content.decode()
    assert "没有改动" in page
    with pytest.raises(InvalidInput):
        vocabulary.change_routes(
            profile(), routes_of(newest().document), by=world.actor("administrator"), base=1, reason="没有"
        )


def test_a_page_made_from_an_older_version_is_refused(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    stale = routing_form(client, price="function:finance")
    vocabulary.change_routes(
        profile(), [Route(category="price", department="sales")], by=world.actor("administrator"), base=1, reason="先"
    )
    assert client.post(reverse("routing"), stale | {"publish": "1", "reason": "后"}).status_code == 422
    assert newest().number == 2
    with pytest.raises(StaleRecord):
        vocabulary.change_routes(profile(), [], by=world.actor("administrator"), base=1, reason="后")


@pytest.mark.parametrize(
    "route",
    [
        Route(category="product", department="nowhere"),
        Route(category="product", function="nothing"),
        Route(category="product", function="general_manager"),
        Route(category="nothing", department="sales"),
        Route(category="product"),
        Route(category="product", department="sales", function="sales"),
    ],
)
def test_a_route_leads_to_something_that_is_in_use(world: World, route: Route) -> None:
    with pytest.raises(InvalidInput):
        vocabulary.change_routes(profile(), [route], by=world.actor("administrator"), base=1, reason="试")


def test_a_department_that_is_gone_stays_visible_in_the_table(world: World, client: Client) -> None:
    vocabulary.change_routes(
        profile(), [Route(category="price", department="finance")], by=world.actor("administrator"), base=1, reason="先"
    )
    world.finance.retired_at = world.finance.retired_at or w.timezone.now()
    world.finance.save()
    client.force_login(world.administrator)
    assert "已不在用" in client.get(reverse("routing")).content.decode()


# --- The profile in words -----------------------------------------------------------------------------------


def test_the_preset_is_told_in_sentences(world: World) -> None:
    sections = {section.code: dict(section.rows) for section in profile_words.describe(presets.PROFILE)}
    assert sections["limits"]["受理"].startswith("24 小时")
    assert sections["limits"]["办结"].startswith("5 个工作日")
    assert sections["limits"]["派单"].startswith("以约定为准")
    assert next(iter(sections["kinds"])) == "投诉"
    assert sections["routes"]["产品 / 质量"] == "承担“质量管理”职能的部门"


@pytest.mark.req("GEN-02")
def test_versions_are_compared_sentence_by_sentence(world: World) -> None:
    import copy

    changed = copy.deepcopy(presets.PROFILE)
    changed["times"]["limits"][0]["amount"] = 12  # type: ignore[index]
    changed["cases"]["routes"].pop()  # type: ignore[attr-defined]
    found = profile_words.differences(profile_words.describe(presets.PROFILE), profile_words.describe(changed))
    assert [(d.label, d.new == "") for d in found] == [("受理", False), ("综合", True)]
    assert profile_words.differences(profile_words.describe(changed), profile_words.describe(changed)) == []


def test_the_history_shows_what_each_version_changed(world: World, client: Client) -> None:
    vocabulary.change_routes(
        profile(),
        [Route(category="price", department="finance")],
        by=world.actor("administrator"),
        base=1,
        reason="价格归财务",
    )
    client.force_login(world.administrator)
    page = client.get(reverse("profile_version", args=["manufacturing", 2])).content.decode()
    assert "价格归财务" in page
    assert "<ins>财务部</ins>" in page
    assert "<del>" not in client.get(reverse("profile_version", args=["manufacturing", 1])).content.decode()
