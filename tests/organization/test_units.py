"""Departments, sites and products: trees that are changed, moved and retired by rules."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.exceptions import Blocked, InvalidInput, InvalidMove
from audit.models import Event
from cases.actions import vocabulary
from cases.policy import Route
from organization.actions import units
from organization.actions.units import Unit
from organization.models import Department, Product, Site
from organization.trees import forest, indented, walk
from regulations.models import Profile, ProfileUse
from tests import world as w
from tests.world import World


def fresh(row: Department) -> Department:
    return Department.objects.get(pk=row.pk)


def reasons_of(row: Department) -> set[str]:
    return {reason.code for reason in units.retire_reasons(row)}


@pytest.mark.req("ORG-02", "SEC-09")
def test_a_department_is_added_under_another_with_its_functions(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    data = {
        "code": "lab",
        "name": "检测中心",
        "name_en": "Laboratory",
        "parent": world.quality.pk,
        "phone": "8003",
        "functions": [8],
    }
    assert client.post(reverse("departments_new"), data).status_code == 302
    row = Department.objects.get(code="lab")
    assert row.lineage == [*world.quality.lineage, row.pk]
    assert [f.code for f in row.functions.all()] == ["inspection"]
    assert row.phone == "8003"
    verbs = set(Event.objects.filter(thread=f"department:{row.pk}").values_list("verb", flat=True))
    assert verbs == {"create", "set_functions", "describe"}


@pytest.mark.parametrize("code", ["production", "has space", "", "/../x y"])
def test_a_code_is_free_and_plain(world: World, client: Client, code: str) -> None:
    client.force_login(world.administrator)
    before = Department.objects.count()
    assert client.post(reverse("departments_new"), {"code": code, "name": "新部门"}).status_code == 422
    assert Department.objects.count() == before


def test_the_code_stays_whatever_the_page_sends(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    data = {"code": "changed", "name": "制造部", "parent": world.head_office.pk}
    assert client.post(reverse("departments_one", args=[world.production.pk]), data).status_code == 302
    row = fresh(world.production)
    assert (row.code, row.name) == ("production", "制造部")
    assert row.name_key.startswith("zhi4")


def test_moving_a_branch_moves_all_that_lies_under_it(world: World) -> None:
    units.move_unit(world.production, by=world.actor("administrator"), parent=world.technical)
    assert fresh(world.workshop).lineage == [*world.technical.lineage, world.production.pk, world.workshop.pk]


def test_nothing_lies_under_itself(world: World) -> None:
    for parent in (world.workshop, world.production):
        with pytest.raises(Blocked):
            units.move_unit(world.production, by=world.actor("administrator"), parent=fresh(parent))


def test_the_page_does_not_offer_what_would_make_a_circle(world: World) -> None:
    offered = {pk for pk, _label in indented(Department, without=world.production)}
    assert world.production.pk not in offered
    assert world.workshop.pk not in offered
    assert world.sales.pk in offered


@pytest.mark.req("ORG-02")
def test_somebody_always_remains_the_hub(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    data = {"name": "客服中心", "parent": world.head_office.pk, "functions": []}
    assert client.post(reverse("departments_one", args=[world.hub.pk]), data).status_code == 422
    assert [f.code for f in world.hub.functions.all()] == ["hub"]
    units.set_functions(world.sales, ["sales", "hub"], by=world.actor("administrator"))
    units.set_functions(world.hub, [], by=world.actor("administrator"))
    assert not world.hub.functions.exists()


def test_a_refused_page_changes_nothing_at_all(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    data = {"name": "别的名字", "parent": "", "functions": []}
    client.post(reverse("departments_one", args=[world.hub.pk]), data)
    row = fresh(world.hub)
    assert (row.name, row.parent_id) == ("客服中心", world.head_office.pk)


# --- Retiring ----------------------------------------------------------------------------------


def test_a_department_is_retired_only_when_nothing_hangs_on_it(world: World) -> None:
    assert reasons_of(world.head_office) == {"children", "members"}
    assert reasons_of(world.hub) == {"members", "only_hub"}
    Site.objects.update(department=world.technical)
    assert reasons_of(world.technical) == {"sites"}
    w.dispatched(world)
    assert "assignments" in reasons_of(world.production)
    with pytest.raises(Blocked):
        units.retire_unit(world.production, by=world.actor("administrator"))


def test_a_department_that_the_routing_names_is_not_retired(world: World) -> None:
    profile = Profile.objects.get()
    vocabulary.change_routes(
        profile,
        [Route(category="product", department="technical")],
        by=world.actor("administrator"),
        base=1,
        reason="试",
    )
    assert reasons_of(world.technical) == {"routes"}


def test_a_product_line_with_its_own_profile_is_not_retired(world: World) -> None:
    line = Product.objects.get(code="heater")
    Product.objects.exclude(pk=line.pk).update(retired_at=timezone.now())
    assert units.retire_reasons(line) == []
    ProfileUse.objects.create(profile=Profile.objects.get(), line=line)
    assert [reason.code for reason in units.retire_reasons(line)] == ["profile"]


def test_the_page_says_before_the_click_what_is_missing(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    page = client.get(reverse("departments_one", args=[world.head_office.pk])).content.decode()
    assert "还差 2 项" in page
    assert reverse("departments_retire", args=[world.head_office.pk]) not in page


@pytest.mark.req("SEC-09")
def test_a_retired_department_leaves_the_choices_and_comes_back(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    client.post(reverse("departments_retire", args=[world.technical.pk]))
    assert fresh(world.technical).is_retired
    assert world.technical.pk not in {pk for pk, _label in indented(Department)}
    client.get(reverse("departments"))  # says that it was retired
    assert "技术部" not in client.get(reverse("departments")).content.decode()
    assert "技术部" in client.get(reverse("departments"), {"retired": "1"}).content.decode()
    client.post(reverse("departments_restore", args=[world.technical.pk]))
    assert not fresh(world.technical).is_retired
    assert list(Event.objects.filter(thread=f"department:{world.technical.pk}").values_list("verb", flat=True)) == [
        "retire",
        "restore",
    ]


def test_twice_is_told(world: World) -> None:
    units.retire_unit(world.technical, by=world.actor("administrator"))
    with pytest.raises(InvalidMove):
        units.retire_unit(world.technical, by=world.actor("administrator"))
    with pytest.raises(InvalidInput):
        units.create_unit(Department, Unit("x", "x"), by=world.actor("administrator"), parent=fresh(world.technical))


def test_what_lies_under_a_retired_one_is_not_restored_first(world: World) -> None:
    Department.objects.filter(pk__in=[world.production.pk, world.workshop.pk]).update(retired_at=timezone.now())
    with pytest.raises(Blocked):
        units.restore_unit(fresh(world.workshop), by=world.actor("administrator"))


# --- Sites, products, shapes ---------------------------------------------------------------------------


def test_a_site_belongs_to_a_department(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    data = {"code": "nj", "name": "南京店", "department": world.sales.pk, "address": "中山路 1 号"}
    assert client.post(reverse("sites_new"), data).status_code == 302
    row = Site.objects.get(code="nj")
    assert (row.department, row.address) == (world.sales, "中山路 1 号")


def test_a_product_lies_under_its_line(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    line = Product.objects.get(code="heater")
    client.post(reverse("products_new"), {"code": "DSZF-80", "name": "电热水器 DSZF-80", "parent": line.pk})
    assert Product.objects.get(code="DSZF-80").lineage[0] == line.pk


def test_a_large_tree_opens_branch_by_branch(world: World, client: Client) -> None:
    line = Product.objects.get(code="heater")
    Product.objects.bulk_create(
        Product(code=f"M{n:04}", name=f"型号 {n:04}", parent=line, lineage=[line.pk]) for n in range(450)
    )
    client.force_login(world.administrator)
    page = client.get(reverse("products")).content.decode()
    assert "型号 0001" not in page
    assert f"?under={line.pk}" in page
    assert "型号 0001" in client.get(reverse("products"), {"q": "0001"}).content.decode()


def test_a_tree_of_any_size_is_read_in_the_same_questions(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("departments"))
    for n in range(20):
        units.create_unit(Department, Unit(f"d{n}", f"部门{n}"), by=world.actor("administrator"), parent=world.sales)
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("departments"))
    assert len(many) == len(few)


def test_a_forest_has_every_row_once_parents_first(world: World) -> None:
    rows = list(Department.objects.all())
    walked = [node.row.pk for node, _depth in walk(forest(rows))]
    assert sorted(walked) == sorted(row.pk for row in rows)
    for row in rows:
        if row.parent_id:
            assert walked.index(row.parent_id) < walked.index(row.pk)


def test_people_count_only_while_they_are_active(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    assert "2 人" in client.get(reverse("departments")).content.decode()
    world.production_handler.is_active = False
    world.production_handler.save()
    world.workshop_handler.date_joined -= timedelta(days=1)
    row = client.get(reverse("departments_one", args=[world.production.pk])).content.decode()
    assert "吴磊" not in row
    assert "何强" in row
