"""What came of a call without answers, and who asked on a customer's behalf. They clean; they never save."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from audit.exceptions import InvalidInput
from cases.forms.acts import PersonLookupField
from organization.forms.fields import LineField, LocalDateTimeField
from organization.forms.lookup import LookupWidget
from organization.models import User
from surveys.actions.answering import Origin
from surveys.actions.calling import LONGEST_NOTE, Heard
from surveys.forms.filling import FillingForm
from surveys.models import Attempt, Response

LONGEST_SITUATION = 120
#: The occasions that the regulations name; any other can be written.
SITUATIONS = (
    pgettext_lazy("survey occasion", "Service job"),
    pgettext_lazy("survey occasion", "Visit"),
    pgettext_lazy("survey occasion", "Telephone"),
    pgettext_lazy("survey occasion", "Handing over"),
)


class AttemptForm(forms.Form):
    """The result of a call, a note, and when to call again."""

    result = forms.ChoiceField(label=lazy("Result of the call"), choices=Attempt.Result.choices)
    note = LineField(label=lazy("Note on the call"), required=False, max_length=LONGEST_NOTE)
    next_at = LocalDateTimeField(label=lazy("Call again at"), required=False)

    def heard(self) -> Heard:
        """The cleaned values."""
        data = self.cleaned_data
        return Heard(data["result"], data["note"], data["next_at"])


class OnBehalfForm(FillingForm):
    """A questionnaire with how it came: asked and filled in on behalf, or a paper form collected (SUR-17, SUR-45)."""

    source = forms.ChoiceField(
        label=lazy("How the answers came"),
        choices=[
            row for row in Response.Source.choices if row[0] in {Response.Source.PROXY, Response.Source.COLLECTED}
        ],
        widget=forms.RadioSelect,
    )
    asked_by = PersonLookupField(lazy("Who asked"), help_text=lazy("The name stands with the answer."))
    situation = LineField(
        label=lazy("On which occasion"),
        max_length=LONGEST_SITUATION,
        widget=forms.TextInput(attrs={"list": "situations"}),
        help_text=lazy("A service job, a visit, on the telephone …"),
    )

    def __init__(self, *args: Any, me: User, number: str, **kwargs: Any) -> None:
        kwargs["initial"] = {"asked_by": (me.pk, me.name)} | kwargs.get("initial", {})
        super().__init__(*args, names_speaker=True, **kwargs)
        offers = self.fields["asked_by"].widget
        assert isinstance(offers, LookupWidget)  # noqa: S101 - narrows the type for mypy
        offers.arguments = [number]

    def origin(self) -> Origin:
        """The cleaned values."""
        data = self.cleaned_data
        return Origin(data["source"], asked_by=data["asked_by"], situation=data["situation"])

    def refuse(self, refusal: InvalidInput) -> None:
        """Show what the action refused at its field."""
        if refusal.field in {"source", "asked_by", "situation"}:
            self.add_error(refusal.field, refusal.message)
        else:
            super().refuse(refusal)


class PurposeForm(forms.Form):
    """What the list is for."""

    purpose = LineField(label=lazy("What is the list for?"), max_length=200)
