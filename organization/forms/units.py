"""Forms for departments, sites and products."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from organization.actions.units import facts_of
from organization.forms.based import BasedForm
from organization.forms.fields import LineField
from organization.models import Department, Function, Product, Site
from organization.models.units import Tree
from organization.stale import stamp
from organization.trees import indented

#: Codes stand in addresses, tables and profiles.
CODE = RegexValidator(r"^[\w.+/-]+\Z", _("A code has letters, digits and . + / - _ only, without spaces."))


class ParentField(forms.TypedChoiceField):
    """What a unit lies under: active units, indented, never the unit itself or what lies under it."""

    def __init__(self, model: type[Tree], *, without: Tree | None = None, top: Any = "", **kwargs: Any) -> None:
        self.model = model
        super().__init__(
            choices=lambda: [("", top), *indented(model, without=without)],
            coerce=self._row,
            empty_value=None,
            required=False,
            **kwargs,
        )

    def _row(self, value: str) -> Tree:
        return self.model._default_manager.get(pk=value)


class UnitForm(BasedForm):
    """What every unit has; the code only while it is new."""

    code = LineField(
        label=_("Code"),
        max_length=40,
        validators=[CODE],
        help_text=_("Cannot be changed later: tables and profiles refer to it."),
    )
    name = LineField(label=pgettext_lazy("of a thing", "Name"), max_length=100)
    name_en = LineField(label=_("English name"), max_length=100, required=False)

    def __init__(self, data: Any = None, *, model: type[Tree], row: Any = None, under: Tree | None = None) -> None:
        initial: dict[str, Any] = {"parent": under.pk if under else ""}
        if row is not None:
            initial = {"code": row.code, "name": row.name, "name_en": row.name_en, "parent": row.parent_id or ""}
            initial["base"] = stamp(facts_of(row))
        super().__init__(data, initial=initial | self.more(row))
        self.fields["parent"] = ParentField(model, without=row, label=_("Lies under"), top=_("nothing: at the top"))
        if row is not None:
            self.fields["code"].disabled = True
            self.fields["code"].help_text = ""

    def more(self, row: Any) -> dict[str, Any]:
        """What the fields of one sort of unit begin with."""
        return {}


class DepartmentForm(UnitForm):
    """A department, with the duties it carries."""

    phone = LineField(label=_("Telephone"), max_length=40, required=False)
    functions = forms.ModelMultipleChoiceField(
        label=_("Functions"),
        queryset=Function.objects.filter(personal=False),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Which duties of the regulations the department carries, whatever it is called."),
    )

    def more(self, row: Department | None) -> dict[str, Any]:
        """Telephone and functions."""
        return {"phone": row.phone, "functions": list(row.functions.all())} if row else {}


class SiteForm(UnitForm):
    """A site, with the department it belongs to."""

    department = ParentField(Department, label=_("Department"), top=_("none"))
    address = LineField(label=_("Address"), max_length=200, required=False)

    def more(self, row: Site | None) -> dict[str, Any]:
        """Department and address."""
        return {"department": row.department_id or "", "address": row.address} if row else {}


class ProductForm(UnitForm):
    """A product line (at the top) or a product; the code is the model number."""


FORMS: dict[type[Tree], type[UnitForm]] = {Department: DepartmentForm, Site: SiteForm, Product: ProductForm}
