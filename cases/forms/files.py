"""Attaching evidence."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.forms.acts import ActForm, files_field
from organization.forms.fields import LineField


class AttachForm(ActForm):
    """Files as evidence: original or copy, and where the paper is kept (INT-11)."""

    files = files_field(gettext_lazy("Files"))  # type: ignore[assignment]
    original = forms.TypedChoiceField(
        label=gettext_lazy("These are"),
        widget=forms.RadioSelect,
        choices=[("copy", gettext_lazy("copies")), ("original", gettext_lazy("originals"))],
        initial="copy",
        coerce=lambda value: value == "original",
    )
    kept_at = LineField(label=gettext_lazy("Where the paper is kept"), required=False, max_length=120)

    def clean_files(self) -> Any:
        """Without a file there is nothing to attach."""
        if not self.cleaned_data["files"]:
            raise ValidationError(_("Please choose at least one file."))
        return self.cleaned_data["files"]
