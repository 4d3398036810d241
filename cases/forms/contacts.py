"""A further contact on an open case."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as lazy

from cases.actions.intake import NewContact
from cases.forms.intake_fields import KeyField, LongTextField, StaffFilesField, WordField
from cases.models import Channel, Contact
from documents.models import File
from organization.forms.fields import LineField, LocalDateTimeField, MinutesField


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
