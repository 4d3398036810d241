"""Adding, renaming, moving and retiring departments, sites and products."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import Blocked, InvalidInput, InvalidMove, Reason
from organization import stale, text, ties
from organization.models import Department, Function, Product, Site
from organization.models.units import Tree

T = TypeVar("T", Department, Site, Product)


@dataclass(frozen=True)
class Unit:
    """What a person says of a unit; the code is fixed once it is created."""

    code: str
    name: str
    name_en: str = ""


def _thread(row: Tree) -> str:
    return f"{row._meta.model_name}:{row.pk}"


@transaction.atomic
def create_unit(model: type[T], unit: Unit, *, by: Actor, parent: T | None = None) -> T:
    """Add a department, site or product; raises ``InvalidInput`` for a code that exists."""
    if not unit.code or not unit.name:
        raise InvalidInput("code", _("Code and name are needed."))
    if parent is not None and parent.is_retired:
        raise InvalidInput("parent", _("“%(name)s” is retired. Please choose another.") % {"name": parent})
    if model._default_manager.filter(code=unit.code).exists():
        raise InvalidInput("code", _("The code “%(code)s” exists already.") % {"code": unit.code})
    row = model._default_manager.create(
        code=unit.code, name=unit.name, name_en=unit.name_en, name_key=text.pinyin_key(unit.name)[:300], parent=parent
    )
    row.lineage = [*(parent.lineage if parent else []), row.pk]
    row.save(update_fields=["lineage"])
    record(
        _thread(row), "create", by=by, at=timezone.now(), changes={"code": (None, row.code), "name": (None, row.name)}
    )
    return row


@transaction.atomic
def rename_unit(row: T, *, by: Actor, name: str, name_en: str = "") -> T:
    """Change the name; the code stays."""
    if not name:
        raise InvalidInput("name", _("The name is needed."))
    old = {"name": row.name, "name_en": row.name_en}
    row.name, row.name_en, row.name_key = name, name_en, text.pinyin_key(name)[:300]
    changes = {field: (value, getattr(row, field)) for field, value in old.items() if value != getattr(row, field)}
    if changes:
        row.save(update_fields=["name", "name_en", "name_key"])
        record(_thread(row), "rename", by=by, at=timezone.now(), changes=changes)
    return row


@transaction.atomic
def move_unit(row: T, *, by: Actor, parent: T | None) -> T:
    """Hang a unit, with all under it, under another parent; refused where that would make a circle."""
    model = type(row)
    rows = {r.pk: r for r in model._default_manager.select_for_update().order_by("pk")}
    row = rows[row.pk]
    if row.parent_id == (parent.pk if parent else None):
        return row
    if parent is not None and row.pk in rows[parent.pk].lineage:
        raise Blocked([Reason("circle", _("A unit cannot lie under itself."), "forbidden")])
    if parent is not None and rows[parent.pk].is_retired:
        raise InvalidInput("parent", _("“%(name)s” is retired. Please choose another.") % {"name": parent})
    old, row.parent = row.parent_id, parent
    row.save(update_fields=["parent"])
    _rewrite_lineages(model, rows, row.pk)
    record(_thread(row), "move", by=by, at=timezone.now(), changes={"parent": (old, parent.pk if parent else None)})
    return row


@transaction.atomic
def change_unit(row: T, unit: Unit, *, parent: T | None, by: Actor, base: str = "") -> T:
    """Rename and move in one step; both, or neither.

    ``base`` is the stamp of what the page showed (``facts_of``): raises ``StaleRecord`` when that is no longer so.
    """
    model = type(row)
    list(model._default_manager.select_for_update().order_by("pk").values_list("pk"))  # in the order of move_unit
    row = model._default_manager.get(pk=row.pk)
    stale.require_fresh(facts_of(row), base)
    row = move_unit(row, by=by, parent=parent)
    return rename_unit(row, by=by, name=unit.name, name_en=unit.name_en)


def facts_of(row: T) -> dict[str, object]:
    """All that the page of a unit changes."""
    facts: dict[str, object] = {"name": row.name, "name_en": row.name_en, "parent": row.parent_id}
    if isinstance(row, Department):
        functions = sorted(row.functions.values_list("code", flat=True))
        return facts | {"phone": row.phone, "functions": functions}
    if isinstance(row, Site):
        return facts | {"department": row.department_id, "address": row.address}
    return facts


def _rewrite_lineages(model: type[T], rows: dict[int, T], moved: int) -> None:
    parents: dict[int, int | None] = dict(model._default_manager.values_list("pk", "parent_id"))

    def lineage(pk: int) -> list[int]:
        parent: int | None = parents[pk]
        return [*(lineage(parent) if parent else []), pk]

    changed = [row for row in rows.values() if moved in row.lineage]
    for row in changed:
        row.lineage = lineage(row.pk)
    model._default_manager.bulk_update(changed, ["lineage"])


def retire_reasons(row: Tree) -> list[Reason]:
    """Why a unit cannot be retired now; the page shows them beside the button."""
    found = []
    siblings: Any = type(row)._default_manager  # of the concrete table
    if siblings.filter(parent=row, retired_at__isnull=True).exists():
        found.append(Reason("children", _("Other units lie under it. Move or retire them first.")))
    if isinstance(row, Department):
        if count := row.memberships.filter(user__is_active=True).count():
            found.append(
                Reason(
                    "members",
                    _("%(count)d people work in it. Give them another department first.") % {"count": count},
                )
            )
        if row.sites.filter(retired_at__isnull=True).exists():
            found.append(Reason("sites", _("Sites belong to it. Give them another department first.")))
        if _is_only_hub(row):
            found.append(Reason("only_hub", _("It is the only hub. Give another department this function first.")))
    return found + ties.reasons(row)


def _is_only_hub(department: Department) -> bool:
    hubs = set(Department.objects.active().filter(functions__code=Function.HUB).values_list("pk", flat=True))
    return hubs == {department.pk}


@transaction.atomic
def retire_unit(row: T, *, by: Actor) -> T:
    """Take a unit out of choice; old records keep it. Refused while something hangs on it."""
    row = type(row)._default_manager.select_for_update().get(pk=row.pk)
    if row.is_retired:
        raise InvalidMove(_("“%(name)s” is retired already.") % {"name": row})
    if found := retire_reasons(row):
        raise Blocked(found)
    row.retired_at = timezone.now()
    row.save(update_fields=["retired_at"])
    record(_thread(row), "retire", by=by, at=row.retired_at)
    return row


@transaction.atomic
def restore_unit(row: T, *, by: Actor) -> T:
    """Let a retired unit be chosen again."""
    row = type(row)._default_manager.select_for_update().get(pk=row.pk)
    if not row.is_retired:
        raise InvalidMove(_("“%(name)s” is not retired.") % {"name": row})
    if row.parent is not None and row.parent.is_retired:
        raise Blocked([Reason("parent", _("What it lies under is retired. Restore that first, or move this one."))])
    row.retired_at = None
    row.save(update_fields=["retired_at"])
    record(_thread(row), "restore", by=by, at=timezone.now())
    return row


@transaction.atomic
def set_functions(department: Department, codes: Iterable[str], *, by: Actor) -> Department:
    """Say which duties of the regulations a department carries (ORG-02); somebody must remain the hub."""
    department = Department.objects.select_for_update().get(pk=department.pk)
    old = sorted(department.functions.values_list("code", flat=True))
    functions = Function.objects.filter(code__in=list(codes), personal=False)
    new = sorted(function.code for function in functions)
    if Function.HUB in old and Function.HUB not in new and _is_only_hub(department):
        raise Blocked([Reason("only_hub", _("It is the only hub. Give another department this function first."))])
    department.functions.set(functions)
    if old != new:
        record(_thread(department), "set_functions", by=by, at=timezone.now(), changes={"functions": (old, new)})
    return department


@transaction.atomic
def describe_department(department: Department, *, phone: str, by: Actor) -> Department:
    """Note how a department is reached."""
    return _describe(department, {"phone": phone}, by=by)


@transaction.atomic
def describe_site(site: Site, *, department: Department | None, address: str, by: Actor) -> Site:
    """Note which department a site belongs to, and where it is."""
    return _describe(site, {"department": department, "address": address}, by=by)


def _describe(row: T, values: dict[str, object], *, by: Actor) -> T:
    changes = {name: (_plain(getattr(row, name)), _plain(value)) for name, value in values.items()}
    changes = {name: change for name, change in changes.items() if change[0] != change[1]}
    if changes:
        for name, value in values.items():
            setattr(row, name, value)
        row.save(update_fields=list(values))
        record(_thread(row), "describe", by=by, at=timezone.now(), changes=changes)
    return row


def _plain(value: object) -> object:
    return value.code if isinstance(value, Tree) else value
