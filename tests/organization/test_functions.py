"""Functions: a page that names them and says who carries them (ORG-02)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Event
from organization.actions.functions import FunctionWords, rename_functions
from organization.models import Function
from tests.world import World


def page(client: Client) -> dict[str, Any]:
    forms = client.get(reverse("functions")).context["forms"]
    return {bound.html_name: bound.value() for form in [forms.management_form, *forms] for bound in form}


@pytest.mark.req("ORG-02", "SEC-09")
def test_a_function_has_the_name_that_it_has_here(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    data = page(client)
    field = next(name for name, value in data.items() if value == "质量管理")
    assert client.post(reverse("functions"), data | {field: "品质保证"}).status_code == 302
    row = Function.objects.get(code="quality")
    assert row.name == "品质保证"
    event = Event.objects.get(thread=f"function:{row.pk}", verb="rename")
    assert event.changes == {"name": ["质量管理", "品质保证"]}
    assert Event.objects.filter(verb="rename").count() == 1
    assert client.post(reverse("functions"), page(client) | {field: ""}).status_code == 422


@pytest.mark.req("ORG-02")
def test_the_page_says_who_carries_a_function(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    shown = client.get(reverse("functions")).content.decode()
    assert reverse("departments_one", args=[world.quality.pk]) in shown
    assert reverse("user", args=[world.general_manager.pk]) in shown


def test_a_page_of_functions_made_before_a_change_is_refused(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    data = page(client)
    rename_functions([FunctionWords(Function.NUMBERS["hub"], "客服")], by=world.actor("administrator"))
    answer = client.post(reverse("functions"), data)
    assert answer.status_code == 409
    assert Function.objects.get(code="hub").name == "客服"
