"""Contacts, notes, recusals."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from cases.actions.agreement import Agreement
from cases.actions.contacts import NewContact
from cases.actions.internal import NewNote
from cases.forms.acts import ActForm, PersonLookupField, files_field, moment_field, reason_field, text_field
from cases.models import Case, Channel, Contact, Note
from documents.models import File
from organization.forms.fields import DayField, LineField, MinutesField
from organization.models import Department


class RecordContactForm(ActForm):
    """One contact with the customer: time, channel, persons, content, follow-up (RES-16)."""

    direction = forms.ChoiceField(
        label=gettext_lazy("Direction"),
        widget=forms.RadioSelect,
        choices=Contact.Direction.choices,
        initial=Contact.Direction.IN,
    )
    channel = forms.ModelChoiceField(Channel.objects.active(), label=gettext_lazy("Channel"), empty_label=None)
    person = LineField(label=gettext_lazy("With whom"), required=False, max_length=100)
    text = text_field(gettext_lazy("What was said"))
    follow_up = LineField(label=gettext_lazy("What follows from it"), required=False, max_length=500)
    happened_at = moment_field(gettext_lazy("When"))
    minutes = MinutesField()
    files = files_field()  # type: ignore[assignment]
    submission_key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "channel": Channel.objects.filter(code="phone").values_list("pk", flat=True).first(),
            "person": case.reporter_name,
            "submission_key": uuid.uuid4(),
        } | (kwargs.get("initial") or {})
        super().__init__(*args, case=case, **kwargs)

    def contact(self, stored: tuple[File, ...]) -> NewContact:
        """The contact as the action takes it, with the files that were taken in."""
        return NewContact(**{**self.cleaned_data, "files": stored})


class AgreeDateForm(RecordContactForm):
    """Another date of the answer, and the contact in which the customer agreed to it (A-08)."""

    day = DayField(label=gettext_lazy("Customer's new date"))
    field_order = ["day"]

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, case=case, **kwargs)
        self.fields["text"].label = gettext_lazy("What the customer agreed to")
        del self.fields["files"]

    def agreement(self) -> Agreement:
        """Date and contact as the action takes them."""
        data = dict(self.cleaned_data)
        return Agreement(data.pop("day"), NewContact(**data))


class NoteForm(ActForm):
    """A note among colleagues, and who may read it."""

    text = text_field(gettext_lazy("Note"), rows=4)
    audience = forms.ChoiceField(
        label=gettext_lazy("Who may read it"), widget=forms.RadioSelect, initial=Note.Audience.CASE
    )
    minutes = MinutesField()

    def __init__(self, *args: Any, case: Case, department: Department | None, **kwargs: Any) -> None:
        super().__init__(*args, case=case, **kwargs)
        self.department = department
        audiences = [Note.Audience.CASE, Note.Audience.HUB]
        if department is not None:
            audiences.append(Note.Audience.DEPARTMENT)
        self.fields["audience"].choices = [(a.value, a.label) for a in audiences]  # type: ignore[attr-defined]

    def note(self) -> NewNote:
        """The note as the action takes it."""
        data = self.cleaned_data
        department = self.department if data["audience"] == Note.Audience.DEPARTMENT else None
        return NewNote(data["text"], data["audience"], department, data["minutes"])


class RecuseForm(ActForm):
    """Somebody who must not take part: the accused, or somebody in conflict (RTE-18)."""

    person = PersonLookupField(gettext_lazy("Who"))
    accused = forms.TypedChoiceField(
        label=gettext_lazy("Because this person is"),
        widget=forms.RadioSelect,
        choices=[
            ("accused", gettext_lazy("complained about")),
            ("conflicted", gettext_lazy("in a conflict of interest")),
        ],
        coerce=lambda value: value == "accused",
    )
    reason = reason_field(gettext_lazy("Reason"))
