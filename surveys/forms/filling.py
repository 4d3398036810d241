"""A questionnaire as a form: the same for the customer's telephone, the callback desk and who fills in on behalf."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as lazy

from audit.exceptions import InvalidInput
from organization.forms.fields import LineField, TextField
from surveys.actions.answering import LONGEST_COMMENT, LONGEST_NAME, Filled, Given
from surveys.document import Item, Named, QuestionnaireDocument

#: What the name of an item's field begins with, and of the line beside it.
ITEM, COMMENT = "item_", "comment_"


@dataclass(frozen=True)
class Question:
    """One item as the page shows it."""

    item: Item
    answer: BoundField
    comment: BoundField | None


@dataclass(frozen=True)
class Group:
    """A group with its questions."""

    group: Named
    questions: list[Question]


class FillingForm(forms.Form):
    """All items of a version. Nothing is preselected: an answer nobody gave is no answer."""

    submission_key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, asks: QuestionnaireDocument, names_speaker: bool = False, **kwargs: Any) -> None:
        self.asks = asks
        super().__init__(*args, **kwargs)
        self.fields["submission_key"].initial = uuid.uuid4
        for item in asks.items:
            self.fields[ITEM + item.code] = _field(asks, item)
            if item.comment and item.kind != "text":
                self.fields[COMMENT + item.code] = LineField(
                    label=lazy("Anything to add?"), required=False, max_length=LONGEST_COMMENT
                )
        if names_speaker:
            self.fields["said_by"] = LineField(label=lazy("Who answered"), required=False, max_length=LONGEST_NAME)

    def groups(self) -> Iterator[Group]:
        """The groups in their order, with their questions."""
        for group in self.asks.groups:
            yield Group(group, [self._question(item) for item in self.asks.of_group(group.code)])

    def _question(self, item: Item) -> Question:
        comment = COMMENT + item.code
        return Question(item, self[ITEM + item.code], self[comment] if comment in self.fields else None)

    def filled(self) -> Filled:
        """The cleaned values."""
        data = self.cleaned_data
        given = {}
        for item in self.asks.items:
            value = data[ITEM + item.code]
            said = "" if value is None else str(value)
            if item.kind == "text":
                given[item.code] = Given("", said)
            else:
                given[item.code] = Given(said, data.get(COMMENT + item.code, ""))
        return Filled(given, data.get("said_by", ""), data.get("submission_key"))

    def refuse(self, refusal: InvalidInput) -> None:
        """Show what the action refused at its question."""
        name = ITEM + refusal.field
        self.add_error(name if name in self.fields else None, refusal.message)


def _field(asks: QuestionnaireDocument, item: Item) -> forms.Field:
    if item.kind == "text":
        return TextField(label=item.name, required=item.required, max_length=LONGEST_COMMENT, rows=3)
    if item.kind == "points":
        return forms.IntegerField(label=item.name, required=item.required, min_value=0, max_value=item.points)
    choices = [(option.code, option.name) for option in asks.scale(item.scale).options]
    return forms.ChoiceField(label=item.name, required=item.required, choices=choices, widget=forms.RadioSelect)
