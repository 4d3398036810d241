"""Departments, sites and products: three trees on the same pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.actor import Actor
from audit.exceptions import DomainError
from organization import access
from organization.actions import units as actions
from organization.forms import refusals
from organization.forms.units import FORMS, UnitForm
from organization.models import Department, Product, Site
from organization.models.units import Tree
from organization.requests import number, person, words
from organization.trees import forest

#: Larger trees show their roots only, each of which opens by itself.
LARGEST_TREE = 400
LONGEST_LIST = 100


@dataclass(frozen=True)
class Sort:
    """What the pages call one of the three trees."""

    model: Any
    title: str | Promise
    new: str | Promise
    says: str | Promise
    empty: str | Promise


SORTS = {
    "departments": Sort(
        Department,
        gettext_lazy("Departments"),
        gettext_lazy("New department"),
        gettext_lazy("Cases are dispatched to departments; a head sees what lies under the own one."),
        gettext_lazy("Departments will stand here. Begin with the whole company and hang the others under it."),
    ),
    "sites": Sort(
        Site,
        gettext_lazy("Sites"),
        gettext_lazy("New site"),
        gettext_lazy("Where things happen: stores, stations, plants, projects."),
        gettext_lazy(
            "Stores, stations, plants and projects will stand here. Without any, the field stays away from forms."
        ),
    ),
    "products": Sort(
        Product,
        gettext_lazy("Products"),
        gettext_lazy("New product or line"),
        gettext_lazy("Lines at the top, products under them; the code is the model number."),
        gettext_lazy("Product lines and products will stand here. A table can be imported."),
    ),
}


@require_safe
def units(request: HttpRequest, what: str) -> HttpResponse:
    """The tree; found units as a flat list; of a large tree the roots, or one of them opened."""
    access.administrator(person(request))
    sort, sought, under = SORTS[what], words(request), number(request.GET.get("under"))
    show_retired = request.GET.get("retired") == "1"
    rows = _rows(sort.model, show_retired=show_retired)
    found = None
    if sought:
        found = list(rows.filter(Q(name__icontains=sought) | Q(code__icontains=sought))[:LONGEST_LIST])
    opened = access.row(sort.model, under) if under else None
    large = rows.count() > LARGEST_TREE
    if opened is not None:
        rows = rows.filter(lineage__contains=[opened.pk])
    elif large:
        rows = rows.filter(parent__isnull=True)
    context = {
        "sort": sort,
        "what": what,
        "list_url": what,
        "new_url": f"{what}_new",
        "row_url": f"{what}_one",
        "can_import": sort.model is not Site,
        "sought": sought,
        "found": found,
        "opened": opened,
        "large": large and opened is None,
        "forest": [] if found is not None else forest(rows),
        "show_retired": show_retired,
        "retired_count": sort.model.objects.filter(retired_at__isnull=False).count(),
    }
    return render(request, "settings/units.html", context)


def _rows(model: type[Tree], *, show_retired: bool) -> Any:
    rows: Any = model._default_manager.all() if show_retired else model._default_manager.filter(retired_at__isnull=True)
    if model is Department:
        active = Count("memberships", filter=Q(memberships__user__is_active=True), distinct=True)
        rows = rows.prefetch_related("functions").annotate(people=active)
    return rows


@require_http_methods(["GET", "HEAD", "POST"])
def unit_new(request: HttpRequest, what: str) -> HttpResponse:
    """Add a unit."""
    by = access.administrator(person(request))
    sort = SORTS[what]
    under = number(request.GET.get("under"))
    form = _form(request, sort.model, None, access.row(sort.model, under) if under else None)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        try:
            with transaction.atomic():  # the page is one change
                unit = actions.Unit(data["code"], data["name"], data["name_en"])
                row = actions.create_unit(sort.model, unit, by=by, parent=data["parent"])
                _details(row, data, by)
        except DomainError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _("“%(name)s” was added.") % {"name": row})
            return redirect(what)
    return _page(request, what, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
def unit(request: HttpRequest, what: str, pk: int) -> HttpResponse:
    """One unit: rename, move, say what it carries."""
    by = access.administrator(person(request))
    row = access.row(SORTS[what].model, pk)
    form = _form(request, SORTS[what].model, row, None)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        try:
            with transaction.atomic():
                named = actions.Unit(row.code, data["name"], data["name_en"])
                changed = actions.change_unit(row, named, parent=data["parent"], by=by, base=data["base"])
                _details(changed, data, by)
        except DomainError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect(what)
    return _page(request, what, form, row)


def _form(request: HttpRequest, model: type[Tree], row: Tree | None, under: Tree | None) -> UnitForm:
    return FORMS[model](request.POST if request.method == "POST" else None, model=model, row=row, under=under)


def _details(row: Tree, data: dict[str, Any], by: Actor) -> None:
    if isinstance(row, Department):
        actions.describe_department(row, phone=data["phone"], by=by)
        actions.set_functions(row, [function.code for function in data["functions"]], by=by)
    elif isinstance(row, Site):
        actions.describe_site(row, department=data["department"], address=data["address"], by=by)


def _page(request: HttpRequest, what: str, form: UnitForm, row: Any) -> HttpResponse:
    context = {
        "sort": SORTS[what],
        "what": what,
        "form": form,
        "row": row,
        "reasons": actions.retire_reasons(row) if row is not None and not row.is_retired else [],
        "list_url": what,
        "new_url": f"{what}_new",
        "retire_url": f"{what}_retire",
        "restore_url": f"{what}_restore",
        "members": _members(row),
    }
    return render(request, "settings/unit.html", context, status=form.status)


def _members(row: Any) -> list[Any]:
    if not isinstance(row, Department):
        return []
    return list(
        row.memberships.filter(user__is_active=True).select_related("user").order_by("-is_head", "user__name_key")
    )


def _act(request: HttpRequest, what: str, pk: int, act: Callable[..., Tree], said: str) -> HttpResponse:
    by = access.administrator(person(request))
    row = access.row(SORTS[what].model, pk)
    try:
        act(row, by=by)
        messages.success(request, said % {"name": row})
    except DomainError as error:
        messages.error(request, error.message)
    return redirect(f"{what}_one", pk)


@require_POST
def unit_retire(request: HttpRequest, what: str, pk: int) -> HttpResponse:
    """Take a unit out of choice."""
    return _act(request, what, pk, actions.retire_unit, _("“%(name)s” can no longer be chosen; old records keep it."))


@require_POST
def unit_restore(request: HttpRequest, what: str, pk: int) -> HttpResponse:
    """Let a unit be chosen again."""
    return _act(request, what, pk, actions.restore_unit, _("“%(name)s” can be chosen again."))
