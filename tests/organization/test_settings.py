"""The settings as a whole: who may open them, and that every page stands."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from cases.models import Category
from tests import world as w
from tests.world import World

PAGES = (
    "settings", "users", "user_new", "departments", "departments_new", "sites", "sites_new", "products", "products_new",
    "deputies", "organisation", "calendar", "categories", "category_new", "vocabulary", "functions", "routing", "profile", "sheets",
    "handover", "running", "messages",
)  # fmt: skip
#: Heads and managers name their own deputies; heads of the hub see the messages of their cases.
OPEN_TO_OTHERS = {"deputies": {"hub_head", "production_head", "manager", "general_manager"}, "messages": {"hub_head"}}
OTHERS = ("agent", "hub_head", "production_head", "production_handler", "manager", "general_manager", "auditor")
#: What only changes something, with what it needs to be understood.
POSTS = (
    "users_invite", "calendar_weekly", "calendar_days", "calendar_list", "calendar_clear", "calendar_confirm",
)  # fmt: skip


def rows(world: World) -> list[str]:
    """Addresses of single rows."""
    category = Category.objects.exclude(parent=None).first()
    assert category
    return [
        reverse("user", args=[world.agent.pk]),
        reverse("departments_one", args=[world.production.pk]),
        reverse("category", args=[category.pk]),
        reverse("profile_version", args=["manufacturing", 1]),
        reverse("sheet_template", args=["users"]),
        f"{reverse('handover')}?from={world.agent.pk}",
        f"{reverse('handover')}?from={world.general_manager.pk}",
        f"{reverse('handover')}?from_department={world.production.pk}",
    ]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_stands_for_the_administrator(world: World, client: Client, name: str, language: str) -> None:
    w.dispatched(world)
    client.force_login(world.administrator)
    response = client.get(reverse(name), headers={"accept-language": language})
    assert response.status_code == 200


def test_every_row_has_its_page(world: World, client: Client) -> None:
    w.dispatched(world)
    client.force_login(world.administrator)
    for url in rows(world):
        assert client.get(url).status_code == 200, url


@pytest.mark.req("SEC-01")
@pytest.mark.parametrize("who", OTHERS)
def test_settings_are_the_administrators_own(world: World, client: Client, who: str) -> None:
    client.force_login(world.users[who])
    for name in PAGES:
        expected = 200 if who in OPEN_TO_OTHERS.get(name, set()) else 403
        assert client.get(reverse(name)).status_code == expected, name
    for url in rows(world):
        assert client.get(url).status_code == 403, url
    for name in POSTS:
        assert client.post(reverse(name)).status_code == 403, name


@pytest.mark.req("SEC-01")
def test_a_deputy_of_the_administrator_sets_nothing_up(world: World, client: Client) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from organization.actions.deputies import appoint_deputy

    now = timezone.now()
    appoint_deputy(
        world.administrator,
        world.agent,
        by=world.actor("administrator"),
        starts_at=now,
        ends_at=now + timedelta(days=1),
    )
    client.force_login(world.agent)
    assert client.get(reverse("users")).status_code == 403


def test_rows_that_are_not_there_are_404(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    for name in ("user", "departments_one", "category", "sheet_checked"):
        for pk in (999_999, 10**30):
            assert client.get(reverse(name, args=[pk])).status_code == 404, (name, pk)
    assert client.get(reverse("sheet_template", args=["sites"])).status_code == 404
    assert client.get(reverse("profile_version", args=["manufacturing", 99])).status_code == 404
    assert client.get(reverse("handover"), {"from": "9" * 40}).status_code == 200


def test_the_organisations_facts_are_changed_and_written_down(world: World, client: Client) -> None:
    from audit.models import Event
    from organization.queries import organisation

    client.force_login(world.administrator)
    given = {
        "name": "安居电器有限公司",
        "short_name": "安居",
        "hotline": "400-1",
        "hotline_hours": "9–17",
        "duty_person": "",
    }
    assert client.post(reverse("organisation"), given).status_code == 302
    ours = organisation()
    assert (ours.name, ours.duty_person) == ("安居电器有限公司", None)
    event = Event.objects.get(thread="organisation:1")
    assert event.changes["name"][1] == "安居电器有限公司"
