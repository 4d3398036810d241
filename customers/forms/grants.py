"""Asking for, giving and refusing the right to read a file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.actions.grants import Period
from organization.forms.fields import DayField, LineField, TextField
from organization.forms.people import PersonChoice
from organization.models import Role, User
from organization.moments import start_of


class PurposeForm(forms.Form):
    """What somebody reads the file for; asked before each look."""

    purpose = LineField(
        label=_("What do you read it for?"),
        max_length=200,
        help_text=_("It stands beside your name in the list of readings. No personal data here."),
    )


class AskForm(PurposeForm):
    """Asking the general manager."""

    first = DayField(label=_("First day"))
    until = DayField(label=_("Last day"))

    def __init__(self, data: Any = None) -> None:
        today = timezone.localdate()
        super().__init__(data, initial={"first": today, "until": today})

    def period(self) -> Period:
        """From the beginning of the first day to the end of the last."""
        return Period(start_of(self.cleaned_data["first"]), start_of(self.cleaned_data["until"] + timedelta(days=1)))


class GiveForm(AskForm):
    """Letting somebody read without having been asked."""

    person = PersonChoice(label=_("Who"))
    everything = forms.BooleanField(label=_("the files of all customers"), required=False)

    field_order = ["person", "purpose", "first", "until", "everything"]

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        field = self.fields["person"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - narrows the type for mypy
        readers = User.objects.filter(is_active=True).exclude(role__in=[Role.ADMINISTRATOR, Role.AUDITOR])
        field.queryset = readers.prefetch_related("departments")


class DecideForm(forms.Form):
    """Yes or no, with an opinion."""

    opinion = TextField(label=_("Opinion"), rows=2, required=False, max_length=500)
