"""Forms for colleagues, invitations and deputies."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from organization.actions.people import Person, Place, facts_of
from organization.forms.based import BasedForm
from organization.forms.fields import LineField, LocalDateTimeField
from organization.models import Department, Function, Role, User
from organization.stale import stamp
from organization.trees import indented


class PersonForm(BasedForm):
    """What is known of a colleague."""

    more_labels = {"departments": _("Departments"), "heads": _("Head")}

    username = LineField(label=_("Login name"), max_length=60, help_text=_("Cannot be changed later."))
    name = LineField(label=_("Name"), max_length=60)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, widget=forms.RadioSelect, initial=Role.HANDLER)
    email = forms.EmailField(label=_("E-mail"), required=False, max_length=254)
    phone = LineField(label=_("Telephone"), required=False, max_length=40)
    functions = forms.ModelMultipleChoiceField(
        label=_("Personal functions"),
        queryset=Function.objects.filter(personal=True),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        to_field_name="code",
    )
    second_factor = forms.BooleanField(
        label=_("Must sign in with a second factor"),
        required=False,
        help_text=_("At the next sign-in the person sets an authenticator app up."),
    )

    def __init__(self, *args: Any, user: User | None = None, **kwargs: Any) -> None:
        if user is not None:
            kwargs["initial"] = {
                "base": stamp(facts_of(user)),
                "username": user.username,
                "name": user.name,
                "role": user.role,
                "email": user.email,
                "phone": user.phone,
                "functions": list(user.functions.all()),
                "second_factor": user.must_use_second_factor,
            }
        super().__init__(*args, **kwargs)
        if user is not None:
            self.fields["username"].disabled = True
            self.fields["username"].help_text = ""

    def person(self) -> Person:
        """The cleaned values."""
        data = self.cleaned_data
        return Person(data["username"], data["name"], data["role"], data["email"], data["phone"], data["second_factor"])

    def functions_chosen(self) -> list[str]:
        """Codes of the personal functions."""
        return [function.code for function in self.cleaned_data["functions"]]


class PlaceForm(forms.Form):
    """One department somebody works in; an empty one does not count."""

    department = forms.ModelChoiceField(
        label=_("Department"), queryset=Department.objects.active(), required=False, empty_label=_("none")
    )
    is_head = forms.BooleanField(label=_("Head"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["department"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - narrows the type for mypy
        field.choices = [("", field.empty_label or ""), *indented(Department)]


class _Places(BaseFormSet):
    def places(self) -> list[Place]:
        """The departments in their order; the first is the main one."""
        rows = [form.cleaned_data for form in self.forms if form.cleaned_data.get("department")]
        return [Place(row["department"], row["is_head"]) for row in rows]


PlaceForms: Any = formset_factory(PlaceForm, formset=_Places, extra=2, max_num=12, absolute_max=20)


def places_of(user: User | None) -> list[dict[str, Any]]:
    """What the forms of departments begin with."""
    if user is None:
        return []
    rows = user.memberships.order_by("-is_main", "pk")
    return [{"department": row.department_id, "is_head": row.is_head} for row in rows]


class PasswordForm(forms.Form):
    """The first password, twice."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 12 characters. A sentence that only you know is easy to remember and hard to guess."),
    )
    again = forms.CharField(
        label=_("The same once more"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        """As the rules for passwords say."""
        password: str = self.cleaned_data["password"]
        password_validation.validate_password(password, self.user)
        return password

    def clean(self) -> dict[str, Any]:
        """Both must be equal."""
        data = super().clean() or {}
        if data.get("password") and data.get("again") and data["password"] != data["again"]:
            self.add_error("again", _("The two passwords differ. Please type them again."))
        return data


class PersonChoice(forms.ModelChoiceField):
    """A colleague, with the department that tells two of one name apart."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("queryset", User.objects.filter(is_active=True).prefetch_related("departments"))
        kwargs.setdefault("widget", forms.Select(attrs={"data-combo": True}))
        kwargs.setdefault("empty_label", "")
        super().__init__(**kwargs)

    def label_from_instance(self, obj: User) -> str:
        """林晓 · 客服中心."""
        places = "、".join(str(department) for department in obj.departments.all())
        return f"{obj.name} · {places}" if places else obj.name


class DeputyForm(forms.Form):
    """Who acts for whom, and when."""

    principal = PersonChoice(label=_("For"), required=False)
    deputy = PersonChoice(label=_("Deputy"))
    starts_at = LocalDateTimeField(label=_("From"))
    ends_at = LocalDateTimeField(label=pgettext_lazy("end of a period", "Until"))

    def __init__(self, *args: Any, for_others: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not for_others:
            del self.fields["principal"]
