"""What may stand in the address of a list, and the small forms around lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import django_filters as df
from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.lifecycle import WITH_DEPARTMENT, Outcome, State
from cases.models import Category, Channel, Kind
from cases.models.intake import CaseQuerySet, Priority, Urgency
from cases.queries.browse import of_customer
from cases.queries.counters import end_of_today, people_of
from cases.queries.paging import NEWEST, ORDERS, Order
from customers.models import Customer
from organization.forms.fields import DayField, LineField
from organization.models import Department, Product, Site, User
from organization.models.units import DEPARTMENT_PRINCIPAL_BASE, HEADS_PRINCIPAL_BASE, Tree
from organization.moments import start_of
from organization.queries import Identity
from organization.requests import LARGEST_ID

#: What a list shows unless its address says otherwise.
OPEN, HANDLING, ALL = "open", "handling", "all"
STATES: tuple[tuple[str, str | Promise], ...] = (
    (OPEN, pgettext_lazy("states", "Open")),
    (HANDLING, _("With a department")),
    *State.choices,
    (ALL, pgettext_lazy("states", "All")),
)
YES = (("1", _("Yes")),)
ANY = pgettext_lazy("filter", "Any")
DUES = (("today", _("Today")), ("week", _("Within 7 days")))


def _below(node: Tree) -> list[int]:
    """The node of a tree and all under it."""
    return list(type(node)._default_manager.filter(lineage__contains=[node.pk]).values_list("pk", flat=True)) or [
        node.pk
    ]


class OneOf(df.ChoiceFilter):
    """One of some words, or any."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(empty_label=ANY, **kwargs)


class WordFilter(df.ModelChoiceFilter):
    """A word of a vocabulary by its code; of a tree also everything under it."""

    def __init__(self, model: Any, **kwargs: Any) -> None:
        super().__init__(queryset=model.objects.all(), to_field_name="code", empty_label=ANY, **kwargs)

    def filter(self, qs: CaseQuerySet, value: Any) -> CaseQuerySet:
        """Rows of the word, or of any word under it."""
        if value is None:
            return qs
        ids = _below(value) if isinstance(value, Tree) else [value.pk]
        return qs.filter(**{f"{self.field_name}_id__in": ids})


class NumberField(forms.IntegerField):
    """A key; numbers that fit no key are mistakes, not faults."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.pop("null_label", None)
        super().__init__(min_value=1, max_value=LARGEST_ID, **kwargs)


class NumberFilter(df.Filter):
    """A key as it stands; an unknown or foreign one gives an empty list, like any other."""

    field_class = NumberField


class DayFilter(df.Filter):
    """A date, with the browser's own picker."""

    field_class = DayField


@dataclass(frozen=True)
class Active:
    """A filter that is on: its name in the address, and what its chip says."""

    name: str
    label: str
    text: str


class CaseFilter(df.FilterSet):
    """The filters of the case list; everything in the address that is no filter is left alone."""

    state = OneOf(label=_("State"), choices=STATES, method="by_state")
    kind = WordFilter(Kind, label=_("Kind"))
    category = WordFilter(Category, label=_("Category"))
    channel = WordFilter(Channel, label=_("Channel"))
    urgency = OneOf(label=_("Urgency"), choices=Urgency.choices)
    priority = OneOf(label=_("Priority"), choices=[(str(v), n) for v, n in Priority.choices])
    department = WordFilter(Department, label=_("Department"), method="by_department")
    owner = df.ModelChoiceFilter(label=_("Owner"), queryset=User.objects.all(), to_field_name="username")
    mine = OneOf(label=_("Mine"), choices=YES, method="by_me")
    overdue = OneOf(label=_("Overdue"), choices=YES, method="by_overdue")
    due = OneOf(label=_("Due"), choices=DUES, method="by_due")
    received_from = DayFilter(label=_("Received from"), method="by_received_from")
    received_to = DayFilter(label=_("Received until"), method="by_received_to")
    product = WordFilter(Product, label=_("Product"))
    site = WordFilter(Site, label=_("Site"))
    customer = NumberFilter(label=_("Customer"), method="by_customer")
    outcome = OneOf(label=_("Outcome"), choices=Outcome.choices)
    repeat = OneOf(label=_("Repeat"), choices=YES, method="by_repeat")

    def __init__(self, data: QueryDict, cases: CaseQuerySet, *, who: Identity, now: datetime) -> None:
        super().__init__(data or QueryDict(mutable=True), cases)
        self.is_bound = True
        self.who, self.now = who, now

    def filter_queryset(self, queryset: CaseQuerySet) -> CaseQuerySet:
        """Apply what is valid; without a state or an outcome the list shows open cases."""
        found: CaseQuerySet = super().filter_queryset(queryset)
        return found.open() if self.shows_open_by_default else found

    @property
    def shows_open_by_default(self) -> bool:
        """Whether the address names neither state nor outcome."""
        values = self.form.cleaned_data
        return not values.get("state") and not values.get("outcome")

    @property
    def order(self) -> Order:
        """How the address wants it sorted."""
        return ORDERS.get(self.data.get("sort", ""), NEWEST)

    def by_state(self, cases: CaseQuerySet, name: str, value: str) -> CaseQuerySet:
        """One state, or a group of them."""
        if value == ALL:
            return cases
        if value == OPEN:
            return cases.open()
        return cases.filter(state__in=sorted(WITH_DEPARTMENT)) if value == HANDLING else cases.filter(state=value)

    def by_department(self, cases: CaseQuerySet, name: str, value: Department) -> CaseQuerySet:
        """Led or helped by the department or one under it."""
        ids = _below(value)
        readers = [base + pk for base in (DEPARTMENT_PRINCIPAL_BASE, HEADS_PRINCIPAL_BASE) for pk in ids]
        return cases.filter(Q(lead_department_id__in=ids) | Q(readers__overlap=readers))

    def by_me(self, cases: CaseQuerySet, name: str, value: str) -> CaseQuerySet:
        """Owned by the reader, or by somebody he or she acts for."""
        return cases.filter(owner_id__in=people_of(self.who))

    def by_overdue(self, cases: CaseQuerySet, name: str, value: str) -> CaseQuerySet:
        """The nearest due time has passed."""
        return cases.filter(next_due_at__lte=self.now)

    def by_due(self, cases: CaseQuerySet, name: str, value: str) -> CaseQuerySet:
        """Due soon, and not overdue yet."""
        until = end_of_today(self.now) + (timedelta(days=6) if value == "week" else timedelta(0))
        return cases.filter(next_due_at__gt=self.now, next_due_at__lt=until)

    def by_received_from(self, cases: CaseQuerySet, name: str, value: date) -> CaseQuerySet:
        """Received on that day or later."""
        return cases.filter(received_at__gte=start_of(value))

    def by_received_to(self, cases: CaseQuerySet, name: str, value: date) -> CaseQuerySet:
        """Received on that day or earlier."""
        return cases.filter(received_at__lt=start_of(value) + timedelta(days=1))

    def by_customer(self, cases: CaseQuerySet, name: str, value: int) -> CaseQuerySet:
        """Of one customer, or of the people of one organisation."""
        return cases.filter(customer__in=of_customer(value))

    def by_repeat(self, cases: CaseQuerySet, name: str, value: str) -> CaseQuerySet:
        """Linked to an earlier case of the same matter."""
        return cases.filter(repeat_of__isnull=False)

    @property
    def values(self) -> dict[str, str]:
        """The valid filters as they stand in the address."""
        return {name: self.data[name] for name, value in self.form.cleaned_data.items() if value not in (None, "")}

    def ignored(self) -> list[str]:
        """Labels of the filters whose value makes no sense."""
        return [str(self.filters[name].label) for name in self.form.errors if name in self.filters]

    def query(self, **changes: str) -> str:
        """The address of this list with some parameters changed; an empty value takes one away."""
        values = self.values | ({"sort": self.order.name} if self.order is not NEWEST else {}) | changes
        return urlencode({name: value for name, value in values.items() if value})

    def active(self) -> Iterator[Active]:
        """The chips of what is on, in the order of the filters."""
        for name, value in self.form.cleaned_data.items():
            if value not in (None, ""):
                yield Active(name, str(self.filters[name].label), self._text(name, value))

    def _text(self, name: str, value: Any) -> str:
        if name == "customer":
            return self._customer(value)
        choices = dict(self.filters[name].extra.get("choices", ()))
        return "" if choices == dict(YES) else str(choices.get(value, value))

    def _customer(self, pk: int) -> str:
        """The name, for those whose list it is; a number tells nobody whether there is such a customer."""
        found = Customer.objects.visible_to(self.who).filter(pk=pk).first() if self.qs.order_by().exists() else None
        return found.name if found else f"#{pk}"


class ViewForm(forms.Form):
    """Keep the present filters under a name."""

    name = LineField(label=_("Name of the view"), max_length=40)
    shared = forms.BooleanField(label=_("Everybody may use it"), required=False)
    pinned = forms.BooleanField(label=_("Show it in the menu"), required=False, initial=True)
