"""A settings page that was left open brings no old values back (quality: stale pages)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.exceptions import StaleRecord
from cases.actions import vocabulary
from cases.actions.vocabulary import CategoryWords, Word
from cases.models import Category, Channel
from organization.actions import people, units
from organization.actions.organisation import Facts, update_organisation
from organization.actions.people import Person, Place
from organization.actions.units import Unit
from organization.models import Department, Organisation, User
from organization.queries import organisation
from organization.stale import require_fresh, stamp
from tests.world import World

FACTS = {"name": "林晓", "role": "agent", "departments": ["hub"]}


def sent(form: Any, **changes: Any) -> dict[str, Any]:
    """What a page sends back, with some fields changed."""
    values = {bound.html_name: bound.value() for bound in form}
    return {name: value for name, value in values.items() if value is not None and value is not False} | changes


def user_page(client: Client, url: str) -> dict[str, Any]:
    context = client.get(url).context
    data = sent(context["form"])
    for form in [context["places"].management_form, *context["places"]]:
        data |= sent(form)
    return data


def test_what_is_as_it_was_is_fresh_and_what_changed_is_named() -> None:
    base = stamp(FACTS)
    require_fresh(dict(FACTS), base)
    require_fresh(FACTS, "")
    with pytest.raises(StaleRecord) as refused:
        require_fresh(FACTS | {"role": "head", "departments": ["hub", "quality"]}, base)
    assert refused.value.changed == ["role", "departments"]


@pytest.mark.parametrize("base", ["nonsense", "name:", ",,,", "a:b:c", "\x00"])
def test_a_damaged_stamp_is_stale_and_no_fault(base: str) -> None:
    with pytest.raises(StaleRecord):
        require_fresh(FACTS, base)


@pytest.mark.req("SEC-01", "SEC-09")
def test_a_page_of_a_colleague_made_before_a_change_is_refused_and_says_what_changed(
    world: World, client: Client
) -> None:
    client.force_login(world.administrator)
    url = reverse("user", args=[world.agent.pk])
    data = user_page(client, url)
    assert data["base"]
    person = Person("agent", world.agent.name, "head", world.agent.email, "12345")
    people.update_user(world.agent, person, by=world.actor("administrator"), places=[Place(world.quality)])
    answer = client.post(url, data | {"phone": "67890"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "电话、角色、部门" in page
    assert "67890" in page  # what was typed is not lost
    assert (User.objects.get(pk=world.agent.pk).role, User.objects.get(pk=world.agent.pk).phone) == ("head", "12345")
    assert client.post(url, user_page(client, url) | {"phone": "67890"}).status_code == 302


def test_a_page_of_a_department_made_before_a_change_is_refused(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    url = reverse("departments_one", args=[world.sales.pk])
    data = sent(client.get(url).context["form"])
    units.set_functions(world.sales, ["sales", "repair"], by=world.actor("administrator"))
    answer = client.post(url, data | {"name": "营销部"})
    assert answer.status_code == 409
    assert "职能" in answer.content.decode()
    row = Department.objects.get(pk=world.sales.pk)
    assert (row.name, row.functions.count()) == ("销售部", 2)
    assert client.post(url, sent(client.get(url).context["form"], name="营销部")).status_code == 302


@pytest.mark.parametrize("field", ["name", "parent"])
def test_each_value_of_a_unit_counts(world: World, field: str) -> None:
    by, base = world.actor("administrator"), stamp(units.facts_of(world.sales))
    units.change_unit(
        world.sales,
        Unit("sales", "营销部" if field == "name" else "销售部"),
        parent=world.quality if field == "parent" else world.head_office,
        by=by,
    )
    with pytest.raises(StaleRecord) as refused:
        units.change_unit(world.sales, Unit("sales", "销售"), parent=world.head_office, by=by, base=base)
    assert refused.value.changed == [field]


def test_a_page_of_a_category_made_before_a_change_is_refused(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    row = world.category("product.quality")
    url = reverse("category", args=[row.pk])
    data = sent(client.get(url).context["form"], parent=row.parent_id)
    words = CategoryWords(row.name, row.name_en, ("破损",), row.position)
    vocabulary.change_category(row, words, by=world.actor("administrator"), parent=row.parent)
    answer = client.post(url, data)
    assert answer.status_code == 409
    assert "关键词" in answer.content.decode()
    assert Category.objects.get(pk=row.pk).keywords == ["破损"]


def test_a_page_of_words_made_before_a_change_is_refused(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    context = client.get(reverse("vocabulary")).context
    data: dict[str, Any] = {}
    for formset in (context["kinds"], context["channels"]):
        for form in [formset.management_form, *formset]:
            data |= sent(form)
    fax = Channel.objects.get(code="fax")
    word = Word(fax.pk, "电报", fax.name_en, fax.position)
    vocabulary.change_words(Channel, [word], by=world.actor("administrator"))
    answer = client.post(reverse("vocabulary"), data)
    assert answer.status_code == 409
    assert "名称" in answer.content.decode()
    assert Channel.objects.get(code="fax").name == "电报"


def test_a_page_of_the_organisation_made_before_a_change_is_refused(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    url = reverse("organisation")
    data = sent(client.get(url).context["form"])
    ours = organisation()
    facts = Facts(ours.name, ours.short_name, "400-820-0000", ours.hotline_hours, ours.duty_person)
    update_organisation(facts, by=world.actor("administrator"))
    answer = client.post(url, data)
    assert answer.status_code == 409
    assert "热线" in answer.content.decode()
    assert organisation().hotline == "400-820-0000"
    assert client.post(url, sent(client.get(url).context["form"])).status_code == 302


def test_the_first_page_of_an_organisation_without_a_row_is_not_out_of_date(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    Organisation.objects.all().delete()
    url = reverse("organisation")
    answer = client.post(url, sent(client.get(url).context["form"]) | {"name": "安居电器有限公司"})
    assert answer.status_code == 302
    assert organisation().name == "安居电器有限公司"
