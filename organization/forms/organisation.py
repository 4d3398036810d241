"""The organisation's own facts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from organization.actions.organisation import Facts
from organization.forms.fields import LineField
from organization.forms.people import PersonChoice
from organization.models import Organisation


class OrganisationForm(forms.Form):
    """Name, hotline, hours, person on duty."""

    name = LineField(label=pgettext_lazy("of a thing", "Name"), max_length=100, help_text=_("As it stands on papers."))
    short_name = LineField(label=_("Short name"), max_length=30, help_text=_("Beside every page's title."))
    hotline = LineField(label=_("Hotline"), required=False, max_length=40)
    hotline_hours = LineField(label=_("Hotline hours"), required=False, max_length=60)
    duty_person = PersonChoice(
        label=_("Person on duty"),
        required=False,
        empty_label=_("nobody"),
        help_text=_("Gets what arrives without a first-asked person: the public form, mail, imports."),
    )

    def __init__(self, data: Any = None, *, ours: Organisation) -> None:
        initial = {name: getattr(ours, name) for name in ("name", "short_name", "hotline", "hotline_hours")}
        super().__init__(data, initial=initial | {"duty_person": ours.duty_person_id})

    def facts(self) -> Facts:
        """The cleaned values."""
        return Facts(**self.cleaned_data)
