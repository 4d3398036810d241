"""The organisation's own facts."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from organization.actions.organisation import Facts, facts_of
from organization.forms.based import BasedForm
from organization.forms.fields import LineField
from organization.forms.people import PersonChoice
from organization.models import Organisation
from organization.stale import stamp


class OrganisationForm(BasedForm):
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
        shown = facts_of(ours)
        super().__init__(data, initial=shown | {"base": stamp(shown)})

    def facts(self) -> Facts:
        """The cleaned values."""
        return Facts(**{name: value for name, value in self.cleaned_data.items() if name != "base"})
