"""What is asked once for several cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.actions.bulk import MOST, Wish
from cases.lifecycle import MOVES, State
from cases.models import Category, Verification
from cases.models.intake import CaseQuerySet, Priority
from organization.forms.fields import LocalDateTimeField, TextField
from organization.models import Department

#: Cases that are done while the page waits.
BULK_MOST = 100


class BulkForm(forms.Form):
    """The same act on several cases."""

    act: ClassVar[str]

    def wish(self) -> Wish:
        """What is to be done; call it on a valid form."""
        return Wish(self.act, **self.cleaned_data)

    def possible(self, cases: CaseQuerySet) -> list[str]:
        """The numbers of those that the act fits, oldest first, and one more than there may be."""
        fitting = cases.filter(state__in=MOVES[self.act].sources)
        return list(fitting.order_by("received_at", "id").values_list("number", flat=True)[: MOST + 1])


class BulkAcknowledgeForm(BulkForm):
    """Take several on; what is chosen is for those without anything of their own or proposed."""

    act = "acknowledge"
    category = forms.ModelChoiceField(
        Category.objects.active().filter(parent__isnull=False),
        label=_("Category where none is suggested"),
        required=False,
        empty_label=_("Leave those out"),
        to_field_name="code",
    )
    priority = forms.TypedChoiceField(
        label=_("Priority where none is set"),
        required=False,
        choices=[("", _("As the urgency says")), *Priority.choices],
        coerce=int,
        empty_value=None,
    )


class BulkVerifyForm(BulkForm):
    """The same result for several, on the same basis (INT-19)."""

    act = "verify"
    result = forms.ChoiceField(label=_("Result"), choices=Verification.Result.choices)
    basis = TextField(label=_("What this rests on"), max_length=2000, rows=3)

    def possible(self, cases: CaseQuerySet) -> list[str]:
        """Those that wait for it before they can be sent out."""
        fitting = cases.filter(state=State.ACKNOWLEDGED, verified_at=None)
        return list(fitting.order_by("received_at", "id").values_list("number", flat=True)[: MOST + 1])


class BulkDispatchForm(BulkForm):
    """The same task for several cases."""

    act = "dispatch"
    department = forms.ModelChoiceField(
        Department.objects.active(),
        label=_("Lead department"),
        required=False,
        empty_label=_("As suggested for each case"),
        to_field_name="code",
    )
    requirement = TextField(label=_("What the department should do"), max_length=2000, rows=3)
    due_at = LocalDateTimeField(label=_("Due"), required=False, help_text=_("Empty: as the regulation says."))


FORMS: tuple[type[BulkForm], ...] = (BulkAcknowledgeForm, BulkVerifyForm, BulkDispatchForm)


def forms_for(may: Callable[[str], bool]) -> dict[str, BulkForm]:
    """An empty form for each act that somebody may do."""
    return {form.act: form(auto_id="bulk_%s") for form in FORMS if may(form.act)}
