"""How the sheet of an act lays its fields out: short ones two in a row, long ones over the whole width."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django import forms
from django.forms import BoundField

from audit.exceptions import InvalidInput


@dataclass(frozen=True)
class Row:
    """A field as the sheet shows it: over the whole width or half of it, and in which shape."""

    bound: BoundField
    wide: bool
    as_: str


class LaidOut(forms.Form):
    """A form whose page needs no template of its own. Cleans; never saves."""

    def refuse(self, refusal: InvalidInput) -> None:
        """Show what the action refused: at its field, or above the form where it has none."""
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)

    def rows(self) -> Iterator[Row]:
        """The visible fields in order; short ones stand two in a row."""
        for bound in self.visible_fields():
            widget = bound.field.widget
            long = isinstance(
                widget, forms.Textarea | forms.RadioSelect | forms.CheckboxSelectMultiple | forms.FileInput
            )
            long = long or isinstance(widget, forms.CheckboxInput)
            yield Row(
                bound,
                long or getattr(bound.field, "wide", False),
                "files" if isinstance(widget, forms.FileInput) else "",
            )
