"""What the forms of all acts on a case share: layout, refusals of the action, and their common fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.forms.intake_fields import StaffFilesField
from cases.models import Case
from cases.models.reply import Way
from organization import text
from organization.forms.fields import LocalDateTimeField, TextField
from organization.forms.layout import LaidOut
from organization.forms.lookup import LookupWidget
from organization.models import Department, User
from organization.requests import number

REASON_LENGTH = 500
TEXT_LENGTH = 20_000


class ActForm(LaidOut):
    """The form of one act on one case. Cleans; never saves."""

    template = "cases/case/acts/fields.html"

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        self.case = case
        super().__init__(*args, **kwargs)
        self.connect_lookups()

    def connect_lookups(self) -> None:
        """Tell the fields with offers which case they ask about; a form that adds such fields calls it again."""
        for field in self.fields.values():
            if isinstance(field.widget, LookupWidget):
                field.widget.arguments = [self.case.number]


class PlainForm(ActForm):
    """An act without any question: the page only asks whether it is meant."""


def reason_field(label: Any, **kwargs: Any) -> TextField:
    """A sentence that the audit trail keeps: why somebody did this."""
    return TextField(label=label, max_length=REASON_LENGTH, rows=3, **kwargs)


def text_field(label: Any, **kwargs: Any) -> TextField:
    """A longer text."""
    return TextField(label=label, max_length=TEXT_LENGTH, **{"rows": 5, **kwargs})


def files_field(label: Any = None) -> StaffFilesField:
    """Any number of files up to the limits for staff."""
    return StaffFilesField(label=label or gettext_lazy("Photos or files"), required=False)


def moment_field(label: Any) -> LocalDateTimeField:
    """When it really happened; empty is now."""
    return LocalDateTimeField(label=label, required=False, help_text=gettext_lazy("Leave empty for now."))


def late_reason_field() -> TextField:
    """Why something is recorded long after it happened (补录)."""
    return reason_field(
        gettext_lazy("Why it is recorded late"),
        required=False,
        help_text=gettext_lazy("Only needed when it happened more than a day ago."),
    )


def ways(case: Case, *, leave_out: Iterable[str] = ()) -> list[tuple[str, Any]]:
    """How the customer can be reached; "not possible" only where there is no contact at all."""
    found = []
    for value, label in Way.choices:
        reachable = {
            Way.EMAIL: bool(case.reporter_email),
            Way.SMS: bool(case.reporter_phone),
            Way.PHONE: bool(case.reporter_phone) or not case.has_contact,
            Way.NOT_POSSIBLE: not case.has_contact,
        }.get(Way(value), True)
        if reachable and value not in leave_out:
            found.append((value, label))
    return found


class WayField(forms.ChoiceField):
    """How something reached the customer; its choices depend on the case."""

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label=label, widget=forms.RadioSelect, **kwargs)


class DepartmentField(forms.ModelChoiceField):
    """One department, found by typing its name or initials."""

    def __init__(self, label: Any, *, required: bool = True, **kwargs: Any) -> None:
        super().__init__(
            Department.objects.active(),
            label=label,
            required=required,
            empty_label=_("Please choose") if required else "—",
            widget=forms.Select(attrs={"data-combo": ""}),
            **kwargs,
        )


class PersonChoiceField(forms.ModelChoiceField):
    """One of a few colleagues."""

    def __init__(self, people: QuerySet[User], label: Any, **kwargs: Any) -> None:
        super().__init__(
            people, label=label, empty_label=_("Please choose"), widget=forms.Select(attrs={"data-combo": ""}), **kwargs
        )


class PersonLookupField(forms.Field):
    """Any colleague by name: picked from the offers, or typed exactly."""

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label=label, widget=LookupWidget("case_people"), **kwargs)

    def to_python(self, value: Any) -> User | None:
        """The colleague; refused when nobody or several have that name."""
        picked, typed = value if isinstance(value, tuple | list) else ("", "")
        typed = text.clean_line(typed[:200])
        active = User.objects.filter(is_active=True)
        found = active.filter(pk=number(picked) or 0).first()
        if found is not None and typed in {"", found.name}:
            return found
        if not typed:
            return None
        named = list(active.filter(name=typed)[:2]) or list(active.filter(username=typed)[:2])
        if not named:
            raise ValidationError(_("There is no colleague with this name. Please pick one from the offers."))
        if len(named) > 1:
            raise ValidationError(_("Several colleagues have this name. Please pick one from the offers."))
        return named[0]
