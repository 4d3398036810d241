"""Forms that know what they began with, so that nobody overwrites a change without having seen it."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.utils.functional import Promise


class BasedForm(forms.Form):
    """Carries the stamp of its first values (``organization.stale``); a new record has none."""

    base = forms.CharField(widget=forms.HiddenInput, required=False, max_length=2000)
    #: What is compared and has no field of its own.
    more_labels: ClassVar[dict[str, str | Promise]] = {}
    #: Set when the record changed meanwhile.
    is_stale = False

    def label_of(self, name: str) -> str:
        """What a compared value is called on the page."""
        field = self.fields.get(name)
        return str((field.label if field else None) or self.more_labels.get(name, name))

    @property
    def status(self) -> int:
        """How the page with this form is answered."""
        return 409 if self.is_stale else 422 if self.is_bound else 200
