"""What a list of customers is exported for."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from organization.forms.fields import LineField


class ExportForm(forms.Form):
    """The purpose."""

    purpose = LineField(
        label=_("What is the list for?"), max_length=200,
        help_text=_("It stands beside your name in the list of readings. No personal data here."),
    )  # fmt: skip
