"""Forms for categories, kinds, channels and routing."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.forms import formset_factory
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.actions.vocabulary import CategoryWords, Word, facts_of, word_facts
from cases.models import Category
from cases.policy import Route
from organization.forms.based import BasedForm
from organization.forms.fields import LineField, TextField
from organization.forms.units import CODE
from organization.models import Department, Function
from organization.stale import stamp
from organization.trees import indented

_BETWEEN = re.compile(r"[\s,，、;；]+")


class CategoryForm(BasedForm):
    """What a category is called, and which words of a text suggest it."""

    name = LineField(label=pgettext_lazy("of a thing", "Name"), max_length=100)
    name_en = LineField(label=_("English name"), max_length=100, required=False)
    parent = forms.ModelChoiceField(
        label=_("Lies under"),
        queryset=Category.objects.active().filter(parent=None),
        required=False,
        empty_label=_("nothing: at the top"),
    )
    code = LineField(
        label=_("Code"),
        max_length=40,
        required=False,
        validators=[CODE],
        help_text=_("Empty: one is made. Cannot be changed later."),
    )
    position = forms.IntegerField(
        label=_("Position"), min_value=0, max_value=9999, help_text=_("Smaller numbers stand first.")
    )
    keywords = TextField(
        label=_("Keywords"),
        required=False,
        max_length=2000,
        help_text=_(
            "Separated by commas or spaces. A text that holds one gets this category proposed; a person decides."
        ),
    )

    def __init__(self, data: Any = None, *, row: Category | None = None, under: Category | None = None) -> None:
        initial: dict[str, Any] = {"parent": under, "position": 0}
        if row is not None:
            initial = {name: getattr(row, name) for name in ("name", "name_en", "parent", "code", "position")}
            initial |= {"keywords": "、".join(row.keywords), "base": stamp(facts_of(row))}
        super().__init__(data, initial=initial)
        if row is not None:
            self.fields["code"].disabled = True
            self.fields["code"].help_text = ""

    def words(self) -> CategoryWords:
        """The cleaned values."""
        data = self.cleaned_data
        keywords = tuple(dict.fromkeys(word for word in _BETWEEN.split(data["keywords"]) if word))
        return CategoryWords(data["name"], data["name_en"], keywords, data["position"], data["code"])


class WordForm(BasedForm):
    """One kind or channel."""

    pk = forms.IntegerField(widget=forms.HiddenInput)
    name = LineField(label=pgettext_lazy("of a thing", "Name"), max_length=100)
    name_en = LineField(label=_("English name"), max_length=100, required=False)
    position = forms.IntegerField(label=_("Position"), min_value=0, max_value=999)
    in_use = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def word(self) -> Word:
        """The cleaned values."""
        return Word(**self.cleaned_data)


class ChannelForm(forms.Form):
    """A channel that is added."""

    name = LineField(label=pgettext_lazy("of a thing", "Name"), max_length=100)
    name_en = LineField(label=_("English name"), max_length=100, required=False)


WordForms: Any = formset_factory(WordForm, extra=0, max_num=200)


def rows_of(model: Any) -> list[dict[str, Any]]:
    """What the forms of a vocabulary begin with."""
    return [
        {"pk": row.pk, "base": stamp(word_facts(row))} | word_facts(row)
        for row in model.objects.order_by("position", "pk")
    ]


class RoutingForm(forms.Form):
    """For each category: a department, a function, or what holds for the category above."""

    reason = LineField(label=_("Reason of the change"), max_length=500, required=False)
    base = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, categories: list[Category], routes: list[Route], base: int) -> None:
        super().__init__(data, initial={"base": base})
        present = {route.category: _value(route) for route in routes}
        choices = _targets()
        known = {value for _label, group in choices if isinstance(group, list) for value, _name in group}
        self.rows: list[tuple[Category, Any]] = []
        for category in categories:
            name, value = f"route-{category.pk}", present.get(category.code, "")
            empty = _("as the category above") if category.parent_id else _("nobody is proposed")
            more = [(value, _("no longer in use"))] if value and value not in known else []
            self.fields[name] = forms.ChoiceField(
                widget=forms.Select(attrs={"aria-label": str(category)}),
                label=str(category),
                choices=[("", empty), *more, *choices],
                required=False,
                initial=value,
            )
            self.rows.append((category, self[name]))

    def routes(self) -> list[Route]:
        """The whole table, in the order of the categories."""
        found = []
        for category, bound in self.rows:
            sort, _colon, code = self.cleaned_data[bound.name].partition(":")
            if code:
                found.append(Route(category=category.code, **{sort: code}))
        return found


def _value(route: Route) -> str:
    return f"department:{route.department}" if route.department else f"function:{route.function}"


def _targets() -> list[tuple[Any, Any]]:
    codes = dict(Department.objects.values_list("pk", "code"))
    departments = [(f"department:{codes[pk]}", name) for pk, name in indented(Department)]
    functions = [
        (f"function:{f.code}", _("function: %(name)s") % {"name": f}) for f in Function.objects.filter(personal=False)
    ]
    return [(_("Whoever carries the function"), functions), (_("Department"), departments)]
