"""Answering the customer, and asking what the customer thinks of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.actions.reply import Answer, CustomerOpinion
from cases.forms.acts import ActForm, WayField, late_reason_field, moment_field, text_field, ways
from cases.models import Case
from cases.models.reply import Way
from organization.forms.fields import LineField, LocalDateTimeField, MinutesField

THANKS = gettext_lazy("Thank you for your feedback. If anything is still open, please tell us at any time.")


class WayForm(ActForm):
    """An act by which something reaches the customer."""

    way = WayField(gettext_lazy("How"))

    #: Ways that make no sense for this act.
    leave_out: tuple[str, ...] = ()

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, case=case, **kwargs)
        offered = ways(case, leave_out=self.leave_out)
        self.fields["way"].choices = offered  # type: ignore[attr-defined]
        self.fields["way"].initial = offered[0][0]


class ReplyForm(WayForm):
    """The final answer in its three pieces: result, measures, thanks (RES-02)."""

    template = "cases/case/acts/reply.html"

    result = text_field(gettext_lazy("Result"), help_text=gettext_lazy("What we found, and what the customer gets."))
    measures = text_field(
        gettext_lazy("Measures"), rows=3, required=False, help_text=gettext_lazy("What we changed because of it.")
    )
    thanks = text_field(gettext_lazy("Thanks"), rows=2, initial=THANKS)
    happened_at = moment_field(gettext_lazy("When the customer was told"))
    minutes = MinutesField()
    late_reason = late_reason_field()
    field_order = ["result", "measures", "thanks", "way"]

    def clean(self) -> dict[str, Any]:
        """The pieces together are one text."""
        data = super().clean() or {}
        pieces = [data.get(name, "") for name in ("result", "measures", "thanks")]
        data["text"] = "\n".join(piece for piece in pieces if piece)
        if len(data["text"]) > 20_000:
            raise ValidationError(_("The answer is too long. Please shorten it to at most 20,000 characters."))
        return data

    def answer(self) -> Answer:
        """The answer as the action takes it."""
        data = self.cleaned_data
        return Answer(
            text=data["text"],
            way=data["way"],
            happened_at=data.get("happened_at"),
            late_reason=data.get("late_reason", ""),
            minutes=data.get("minutes"),
        )


class SendProgressForm(WayForm):
    """How far it is, and when the answer can be expected (RES-03)."""

    leave_out = (Way.NOT_POSSIBLE,)

    text = text_field(gettext_lazy("What the customer is told"), rows=4)
    expected_at = LocalDateTimeField(label=gettext_lazy("Answer expected by"), required=False)
    happened_at = moment_field(gettext_lazy("When the customer was told"))
    minutes = MinutesField()
    field_order = ["text", "way"]

    def answer(self) -> Answer:
        """The notice as the action takes it."""
        data = self.cleaned_data
        return Answer(data["text"], data["way"], happened_at=data["happened_at"], minutes=data["minutes"])


class AskOpinionForm(WayForm):
    """One attempt to learn whether the customer is satisfied; each is counted (RES-07, A-26)."""

    reached = forms.BooleanField(
        label=gettext_lazy("The customer was reached"),
        required=False,
        help_text=gettext_lazy("By link, e-mail or SMS the question is sent for you."),
    )
    result = LineField(label=gettext_lazy("What came of it"), required=False, max_length=200)


class RecordOpinionForm(ActForm):
    """What the customer thinks: by telephone, signature, or however it reached us."""

    satisfied = forms.TypedChoiceField(
        label=gettext_lazy("The customer is"),
        widget=forms.RadioSelect,
        choices=[("yes", gettext_lazy("satisfied")), ("no", gettext_lazy("not satisfied: not solved"))],
        coerce=lambda value: value == "yes",
    )
    way = WayField(gettext_lazy("How"))
    remark = text_field(
        gettext_lazy("In the customer's words"),
        rows=3,
        required=False,
        help_text=gettext_lazy("Needed when not solved."),
    )
    happened_at = moment_field(gettext_lazy("When the customer said so"))

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, case=case, **kwargs)
        way = self.fields["way"]
        way.choices = [  # type: ignore[attr-defined]
            *((value, label) for value, label in Way.choices if value not in {Way.NOT_POSSIBLE, Way.LINK}),
            ("signature", _("Signature")),
        ]
        way.initial = Way.PHONE

    def opinion(self) -> CustomerOpinion:
        """The opinion as the action takes it."""
        return CustomerOpinion(**self.cleaned_data)
