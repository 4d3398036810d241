"""Closing with every outcome, the shortcuts, escalation, reopening."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.actions.closure import Settlement, ShortEnd, Summary
from cases.actions.intake import Classification
from cases.forms.acts import ActForm, reason_field, text_field
from cases.forms.classification import CategoryField, ClassificationForm
from cases.forms.reply import ReplyForm
from cases.gates import ClosingFacts
from cases.lifecycle import FULL_OUTCOMES, Outcome
from cases.models import Case
from cases.models.intake import Priority
from organization import text
from organization.forms.fields import LineField

_SUMMARY = ("course", "cause", "decision", "lesson")
_SHORT = (Outcome.WITHDRAWN, Outcome.DUPLICATE, Outcome.INVALID)


class CloseForm(ActForm):
    """How it ended. Settled, explained and unanswered need the gate; the others their own proof."""

    template = "cases/case/acts/close.html"

    outcome = forms.ChoiceField(label=gettext_lazy("How it ended"), widget=forms.RadioSelect)
    course = text_field(gettext_lazy("Course"), rows=3, required=False)
    cause = text_field(gettext_lazy("Cause"), rows=2, required=False)
    decision = text_field(gettext_lazy("Decision"), rows=3, required=False)
    lesson = text_field(gettext_lazy("Lesson"), rows=2, required=False)
    reason = reason_field(gettext_lazy("Reason"), required=False)
    proof = LineField(label=gettext_lazy("Who withdrew it, and when"), required=False, max_length=300)
    duplicate_of = LineField(label=gettext_lazy("Number of the other case"), required=False, max_length=20)

    def __init__(self, *args: Any, case: Case, facts: ClosingFacts, may_confirm_invalid: bool, **kwargs: Any) -> None:
        super().__init__(*args, case=case, **kwargs)
        self.facts = facts
        full = [outcome for outcome in Outcome if outcome in FULL_OUTCOMES]
        short = [outcome for outcome in _SHORT if outcome != Outcome.INVALID or may_confirm_invalid]
        self.fields["outcome"].choices = [(o.value, o.label) for o in [*full, *short]]  # type: ignore[attr-defined]
        self.fields["outcome"].initial = facts.outcome

    @property
    def is_full(self) -> bool:
        """Whether the outcome chosen is one that the gate is asked for."""
        return self.cleaned_data["outcome"] in FULL_OUTCOMES

    def summary(self) -> Summary:
        """The summary as the action takes it (RES-12)."""
        return Summary(**{name: self.cleaned_data[name] for name in _SUMMARY})

    def short_end(self, duplicate_of: Case | None) -> ShortEnd:
        """A short outcome as the action takes it."""
        data = self.cleaned_data
        return ShortEnd(data["outcome"], data["reason"], proof=data["proof"], duplicate_of=duplicate_of)

    def other_number(self) -> str:
        """The number of the case of which this one is a duplicate, in plain digits."""
        return text.fold(self.cleaned_data["duplicate_of"]) if self.cleaned_data["outcome"] == Outcome.DUPLICATE else ""


class SettleForm(ReplyForm):
    """An enquiry or a praise on one screen: category, answer, done (INT-20, INT-21)."""

    template = "cases/case/acts/settle.html"

    category = CategoryField()
    field_order = ["category", "result", "thanks", "way"]

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, case=case, **kwargs)
        category = self.fields["category"]
        category.offer(case)  # type: ignore[attr-defined]
        category.initial = case.category_id or case.suggested_category_id
        self.fields["result"].label = _("Answer")
        self.fields["result"].help_text = ""
        for name in ("measures", "late_reason", "happened_at"):
            del self.fields[name]

    def settlement(self) -> Settlement:
        """All three steps as the action takes them."""
        classification = Classification(
            category=self.cleaned_data["category"], priority=self.case.priority or Priority.LOW
        )
        return Settlement(self.answer(), classification)


class EscalateForm(ActForm):
    """The customer demands a higher level (RTE-23)."""

    demand = text_field(gettext_lazy("What the customer demands"), rows=3)


class AnswerEscalationForm(ActForm):
    """What somebody senior decided."""

    answer = text_field(gettext_lazy("Your decision"), rows=4)


class AskExplainedForm(ActForm):
    """Close although the customer is not satisfied: a manager approves (RES-08)."""

    reason = reason_field(gettext_lazy("How it was explained, and why it ends here"))


class ReopenForm(ClassificationForm):
    """A new round with new clocks (RES-21); what was never taken on is classified too (CLS-06)."""

    template = ActForm.template

    reason = reason_field(gettext_lazy("Why it is opened again"))
    field_order = ["reason"]

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, case=case, **kwargs)
        self.is_classified = case.category_id is not None and case.priority is not None
        if self.is_classified:
            for name in ("category", "criteria", "urgency", "priority", "severity"):
                del self.fields[name]

    def first_classification(self) -> Classification | None:
        """The classification of a case that had none."""
        return None if self.is_classified else self.classification()
