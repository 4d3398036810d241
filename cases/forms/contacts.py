"""A further contact on an open case."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as lazy

from cases.actions.contacts import NewContact
from cases.forms.intake_fields import KeyField, LongTextField, StaffFilesField, WordField
from cases.models import Channel, Contact
from documents.models import File
from organization import text
from organization.forms.fields import LineField, LocalDateTimeField, MinutesField

_NUMBER = re.compile(r"\d{4}-\d{6}")
#: What the form of a contact calls its fields, and what a draft of the log form calls them.
_AS_LOGGED = {"text": "text", "channel": "channel", "person": "reporter_name", "happened_at": "received_at"}
_OWN = ("follow_up", "minutes")


def typed_contact(data: QueryDict) -> dict[str, Any]:
    """What stands in the form, whether it is right or not, as a draft of the log form holds it.

    With ``add_to``, the case it belongs to; empty when the request names none.
    """
    number = data.get("add_to", "")
    if not _NUMBER.fullmatch(number):
        return {}
    values = {kept: text.clean(data.get(name, "")) for name, kept in _AS_LOGGED.items()}
    return values | {name: text.clean_line(data.get(name, "")) for name in _OWN} | {"add_to": number}


def of_draft(values: dict[str, Any]) -> dict[str, Any]:
    """A draft's values, as this form calls them."""
    return {name: values.get(kept, "") for name, kept in _AS_LOGGED.items()} | {
        name: values.get(name, "") for name in _OWN
    }


class AddContactForm(forms.Form):
    """A further contact on an open case, instead of a second case (RTE-08)."""

    submission_key = KeyField()
    text = LongTextField(label=lazy("What was said"), error_messages={"required": lazy("Please write what was said.")})
    person = LineField(label=lazy("Who"), required=False, max_length=100)
    channel = WordField(Channel.objects.active().exclude(code="import"), label=lazy("Channel"), empty_label=None)
    happened_at = LocalDateTimeField(label=lazy("When"), required=False, help_text=lazy("Empty: now."))
    follow_up = LineField(label=lazy("What follows from it"), required=False, max_length=500)
    minutes = MinutesField()
    files = StaffFilesField(label=lazy("Photographs and files"), required=False)  # type: ignore[assignment]

    @property
    def text_is_too_long(self) -> bool:
        """Whether the text has to become a file."""
        return self.has_error("text", "too_long")

    def contact(self, files: tuple[File, ...]) -> NewContact:
        """The clean contact; call it on a valid form."""
        data = self.cleaned_data
        return NewContact(
            direction=Contact.Direction.IN,
            channel=data["channel"],
            text=data["text"],
            person=data["person"],
            follow_up=data["follow_up"],
            minutes=data["minutes"],
            happened_at=data["happened_at"],
            files=files,
            submission_key=data["submission_key"],
        )
