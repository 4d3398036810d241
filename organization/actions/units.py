"""Adding, renaming, moving and retiring departments, sites and products."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import Blocked, InvalidInput, Reason
from organization import text
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
    old, row.name, row.name_en, row.name_key = row.name, name, name_en, text.pinyin_key(name)[:300]
    row.save(update_fields=["name", "name_en", "name_key"])
    record(_thread(row), "rename", by=by, at=timezone.now(), changes={"name": (old, name)})
    return row


@transaction.atomic
def move_unit(row: T, *, by: Actor, parent: T | None) -> T:
    """Hang a unit, with all under it, under another parent; refused where that would make a circle."""
    model = type(row)
    rows = {r.pk: r for r in model._default_manager.select_for_update().order_by("pk")}
    row = rows[row.pk]
    if parent is not None and row.pk in rows[parent.pk].lineage:
        raise Blocked([Reason("circle", _("A unit cannot lie under itself."), "forbidden")])
    old, row.parent = row.parent_id, parent
    row.save(update_fields=["parent"])
    _rewrite_lineages(model, rows, row.pk)
    record(_thread(row), "move", by=by, at=timezone.now(), changes={"parent": (old, parent.pk if parent else None)})
    return row


def _rewrite_lineages(model: type[T], rows: dict[int, T], moved: int) -> None:
    parents: dict[int, int | None] = dict(model._default_manager.values_list("pk", "parent_id"))  # type: ignore[has-type]  # an abstract tree

    def lineage(pk: int) -> list[int]:
        parent = parents[pk]
        return [*(lineage(parent) if parent else []), pk]

    changed = [row for row in rows.values() if moved in row.lineage]
    for row in changed:
        row.lineage = lineage(row.pk)
    model._default_manager.bulk_update(changed, ["lineage"])


@transaction.atomic
def retire_unit(row: T, *, by: Actor) -> T:
    """Take a unit out of choice; old records keep it. Refused while units lie under it or people work in it."""
    if type(row)._default_manager.filter(parent=row, retired_at__isnull=True).exists():
        raise Blocked([Reason("children", _("Other units lie under it. Move or retire them first."))])
    if isinstance(row, Department) and row.memberships.filter(user__is_active=True).exists():
        raise Blocked([Reason("members", _("People work in it. Give them another department first."))])
    row.retired_at = timezone.now()
    row.save(update_fields=["retired_at"])
    record(_thread(row), "retire", by=by, at=row.retired_at)
    return row


@transaction.atomic
def restore_unit(row: T, *, by: Actor) -> T:
    """Let a retired unit be chosen again."""
    row.retired_at = None
    row.save(update_fields=["retired_at"])
    record(_thread(row), "restore", by=by, at=timezone.now())
    return row


@transaction.atomic
def set_functions(department: Department, codes: Iterable[str], *, by: Actor) -> Department:
    """Say which duties of the regulations a department carries (ORG-02)."""
    old = sorted(department.functions.values_list("code", flat=True))
    functions = Function.objects.filter(code__in=list(codes), personal=False)
    department.functions.set(functions)
    new = sorted(function.code for function in functions)
    if old != new:
        record(_thread(department), "set_functions", by=by, at=timezone.now(), changes={"functions": (old, new)})
    return department
