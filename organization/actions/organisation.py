"""The organisation's own facts."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput
from organization.models import Organisation, User
from organization.stale import require_fresh

_NAMES = ("name", "short_name", "hotline", "hotline_hours")


@dataclass(frozen=True)
class Facts:
    """What pages, messages and papers print of the organisation."""

    name: str
    short_name: str
    hotline: str = ""
    hotline_hours: str = ""
    duty_person: User | None = None


def facts_of(row: Organisation) -> dict[str, object]:
    """What a page about the organisation shows, by the names of its fields."""
    return {name: getattr(row, name) for name in _NAMES} | {"duty_person": row.duty_person_id}


@transaction.atomic
def update_organisation(facts: Facts, *, by: Actor, base: str = "") -> Organisation:
    """Change the facts; the person on duty owns what arrives without a first-asked person, so must be active.

    ``base`` is the stamp of what the page showed; raises ``StaleRecord`` where somebody else changed that meanwhile.
    """
    if facts.duty_person is not None and not facts.duty_person.is_active:
        raise InvalidInput("duty_person", _("%(name)s is not active.") % {"name": facts.duty_person})
    row, created = Organisation.objects.select_for_update().get_or_create(
        pk=1, defaults={"name": facts.name, "short_name": facts.short_name}
    )
    if not created:  # before the first set-up the page shows what no row says
        require_fresh(facts_of(row), base)
    before = facts_of(row)
    for name in _NAMES:
        setattr(row, name, getattr(facts, name))
    row.duty_person = facts.duty_person
    row.save()
    after = facts_of(row)
    changes = {name: (before[name], after[name]) for name in after if before[name] != after[name]}
    if changes:
        record("organisation:1", "update", by=by, at=timezone.now(), changes=changes)
    return row
