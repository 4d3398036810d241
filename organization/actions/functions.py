"""What the functions of departments and persons are called here (ORG-02); which there are is said by the program."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput
from organization import stale
from organization.models import Function


@dataclass(frozen=True)
class FunctionWords:
    """Names of one function; ``base`` is the stamp of what the page showed."""

    number: int
    name: str
    name_en: str = ""
    base: str = ""


def facts_of(row: Function) -> dict[str, object]:
    """All that the page of functions changes in one of them."""
    return {"name": row.name, "name_en": row.name_en}


@transaction.atomic
def rename_functions(words: Iterable[FunctionWords], *, by: Actor) -> int:
    """Give functions the names they have in this organisation; returns how many changed."""
    rows = {row.pk: row for row in Function.objects.select_for_update().order_by("pk")}
    now, count = timezone.now(), 0
    for word in words:
        row = rows[word.number]
        before, after = facts_of(row), {"name": word.name, "name_en": word.name_en}
        stale.require_fresh(before, word.base)
        if before == after:
            continue
        if not word.name:
            raise InvalidInput("name", _("The name is needed."))
        row.name, row.name_en = word.name, word.name_en
        row.save(update_fields=["name", "name_en"])
        changes = {name: (before[name], new) for name, new in after.items() if before[name] != new}
        record(f"function:{row.pk}", "rename", by=by, at=now, changes=changes)
        count += 1
    return count
