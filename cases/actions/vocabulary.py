"""The words cases are described with: categories, kinds, channels; and who leads which category.

Words are rows: retired, never deleted. Routing is part of the regulation profile, so changing it
publishes a new version; cases that are registered already keep theirs (GEN-02).
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import Blocked, InvalidInput, InvalidMove, Reason
from cases.models import Category, Channel, Kind
from cases.policy import Route
from organization import stale, text
from organization.models import Department, Function
from regulations import profiles
from regulations.models import Profile, ProfileVersion

W = TypeVar("W", Kind, Channel)
#: A keyword this short stands in half of all texts.
SHORTEST_KEYWORD = 2
LONGEST_KEYWORD = 20


@dataclass(frozen=True)
class CategoryWords:
    """What a person says of a category; the code is fixed once it is created, and made where none is given."""

    name: str
    name_en: str = ""
    keywords: tuple[str, ...] = ()
    position: int = 0
    code: str = ""


@transaction.atomic
def create_category(words: CategoryWords, *, by: Actor, parent: Category | None = None, reason: str = "") -> Category:
    """Add a category: under a root at once; a new root is offered by a new version of every profile in use (CLS-02)."""
    _check_words(words, parent)
    row = Category.objects.create(
        code=words.code or _new_code(parent),
        name=words.name,
        name_en=words.name_en,
        name_key=text.pinyin_key(words.name)[:300],
        keywords=list(words.keywords),
        position=words.position,
        parent=parent,
    )
    row.lineage = [*(parent.lineage if parent else []), row.pk]
    row.save(update_fields=["lineage"])
    changes = {"code": (None, row.code), "name": (None, row.name), "keywords": (None, row.keywords)}
    record(f"category:{row.pk}", "create", by=by, at=timezone.now(), changes=changes)
    if parent is None:
        _offer(row, by=by, reason=reason or _("Category “%(name)s” was added.") % {"name": row.name})
    return row


def _check_words(words: CategoryWords, parent: Category | None) -> None:
    if not words.name:
        raise InvalidInput("name", _("The name is needed."))
    if words.code and Category.objects.filter(code=words.code).exists():
        raise InvalidInput("code", _("The code “%(code)s” exists already.") % {"code": words.code})
    if parent is not None and (parent.parent_id is not None or parent.is_retired):
        raise InvalidInput("parent", _("Categories have two levels. Please choose one at the top that is in use."))
    for word in words.keywords:
        if not SHORTEST_KEYWORD <= len(word) <= LONGEST_KEYWORD:
            raise InvalidInput(
                "keywords", _("“%(word)s” is no good keyword: it needs 2 to 20 characters.") % {"word": word}
            )


def _new_code(parent: Category | None) -> str:
    stem = f"{parent.code}." if parent else "c"
    taken = set(Category.objects.filter(code__startswith=stem).values_list("code", flat=True))
    return next(code for n in range(1, 100_000) if (code := f"{stem}{n}") not in taken)


def _offer(row: Category, *, by: Actor, reason: str) -> None:
    for profile in Profile.objects.filter(uses__isnull=False).distinct():
        body = copy.deepcopy(profile.versions.latest("number").document)
        if body["cases"].get("categories"):
            body["cases"]["categories"] = [*body["cases"]["categories"], row.code]
            profiles.publish(profile, body, by=by, reason=reason)


@transaction.atomic
def change_category(
    row: Category, words: CategoryWords, *, by: Actor, parent: Category | None, base: str = ""
) -> Category:
    """Rename, reorder, give other keywords, or hang under another root; the code stays.

    ``base`` is the stamp of what the page showed (``facts_of``): raises ``StaleRecord`` when that is no longer so.
    """
    row = Category.objects.select_for_update().get(pk=row.pk)
    stale.require_fresh(facts_of(row), base)
    _check_words(CategoryWords(words.name, words.name_en, words.keywords), parent)
    if parent is None and row.parent_id is not None:
        raise InvalidInput("parent", _("Please choose what it lies under. A new top category is added as such."))
    if parent is not None and row.children.exists():
        raise InvalidInput("parent", _("Categories lie under it, so it stays at the top."))
    before = facts_of(row)
    row.name, row.name_en, row.name_key = words.name, words.name_en, text.pinyin_key(words.name)[:300]
    row.keywords, row.position, row.parent = list(words.keywords), words.position, parent
    row.lineage = [*(parent.lineage if parent else []), row.pk]
    row.save()
    after = facts_of(row)
    changes = {name: (before[name], after[name]) for name in after if before[name] != after[name]}
    if changes:
        record(f"category:{row.pk}", "change", by=by, at=timezone.now(), changes=changes)
    return row


def facts_of(row: Category) -> dict[str, Any]:
    """All that the page of a category changes."""
    facts = {name: copy.copy(getattr(row, name)) for name in ("name", "name_en", "keywords", "position")}
    return facts | {"parent": row.parent_id}


def retire_reasons(row: Category) -> list[Reason]:
    """Why a category cannot be retired now."""
    found = []
    if row.children.filter(retired_at__isnull=True).exists():
        found.append(Reason("children", _("Other categories lie under it. Move or retire them first.")))
    others = Category.objects.active().filter(parent=None).exclude(pk=row.pk)
    if row.parent_id is None and not others.exists():
        found.append(Reason("last", _("It is the last one at the top. Add another first.")))
    return found


@transaction.atomic
def retire_category(row: Category, *, by: Actor) -> Category:
    """Take a category out of choice; cases keep it."""
    row = Category.objects.select_for_update().get(pk=row.pk)
    if row.is_retired:
        raise InvalidMove(_("“%(name)s” is retired already.") % {"name": row})
    if found := retire_reasons(row):
        raise Blocked(found)
    row.retired_at = timezone.now()
    row.save(update_fields=["retired_at"])
    record(f"category:{row.pk}", "retire", by=by, at=row.retired_at)
    return row


@transaction.atomic
def restore_category(row: Category, *, by: Actor) -> Category:
    """Let a retired category be chosen again."""
    row = Category.objects.select_for_update().get(pk=row.pk)
    if not row.is_retired:
        raise InvalidMove(_("“%(name)s” is not retired.") % {"name": row})
    if row.parent is not None and row.parent.is_retired:
        raise Blocked([Reason("parent", _("What it lies under is retired. Restore that first, or move this one."))])
    row.retired_at = None
    row.save(update_fields=["retired_at"])
    record(f"category:{row.pk}", "restore", by=by, at=timezone.now())
    return row


@transaction.atomic
def create_channel(name: str, *, name_en: str = "", by: Actor) -> Channel:
    """Add a way in which feedback arrives (INT-01); it stands behind the others."""
    if not name:
        raise InvalidInput("name", _("The name is needed."))
    taken = {row.code: row for row in Channel.objects.select_for_update().order_by("pk")}
    if any(row.name == name for row in taken.values()):
        raise InvalidInput("name", _("“%(name)s” exists already.") % {"name": name})
    code = next(code for n in range(1, 100_000) if (code := f"channel{n}") not in taken)
    last = max((row.position for row in taken.values()), default=0)
    row = Channel.objects.create(
        code=code, name=name, name_en=name_en, name_key=text.pinyin_key(name)[:300], position=last + 1
    )
    record(
        f"channel:{row.pk}", "create", by=by, at=timezone.now(), changes={"code": (None, code), "name": (None, name)}
    )
    return row


@dataclass(frozen=True)
class Word:
    """How a kind or channel is called, where it stands, whether it may be chosen; the stamp of what the page showed."""

    pk: int
    name: str
    name_en: str
    position: int
    in_use: bool = True
    base: str = ""


def word_facts(row: Kind | Channel) -> dict[str, Any]:
    """All that the page of words changes in one of them."""
    return {"name": row.name, "name_en": row.name_en, "position": row.position, "in_use": row.retired_at is None}


@transaction.atomic
def change_words(model: type[W], words: Iterable[Word], *, by: Actor) -> int:
    """Rename, reorder, retire or restore kinds or channels; returns how many changed.

    A kind's rules are the profile's; what is changed here is only what people read.
    """
    rows = {row.pk: row for row in model._default_manager.select_for_update().order_by("pk")}
    now, count = timezone.now(), 0
    for word in words:
        row = rows[word.pk]
        stale.require_fresh(before := word_facts(row), word.base)
        after = {"name": word.name, "name_en": word.name_en, "position": word.position, "in_use": word.in_use}
        if before == after:
            continue
        if not word.name:
            raise InvalidInput("name", _("The name is needed."))
        row.name, row.name_en, row.name_key = word.name, word.name_en, text.pinyin_key(word.name)[:300]
        row.position, row.retired_at = word.position, None if word.in_use else row.retired_at or now
        row.save()
        changes = {name: (before[name], new) for name, new in after.items() if before[name] != new}
        record(f"{model._meta.model_name}:{row.pk}", "change", by=by, at=now, changes=changes)
        count += 1
    if not model._default_manager.filter(retired_at__isnull=True).exists():
        raise InvalidInput("in_use", _("At least one must be in use."))
    return count


def change_routes(profile: Profile, routes: Sequence[Route], *, by: Actor, base: int, reason: str) -> ProfileVersion:
    """Publish the next version of a profile with another routing table (RTE-02); refuses as ``publish_next`` does."""
    _check_routes(routes)

    def change(body: dict[str, Any]) -> None:
        wanted = [route.model_dump(exclude_defaults=True) for route in routes]
        if body["cases"].get("routes", []) != wanted:
            body["cases"]["routes"] = wanted

    return profiles.publish_next(profile, change, by=by, base=base, reason=reason)


def _check_routes(routes: Sequence[Route]) -> None:
    departments = set(Department.objects.active().values_list("code", flat=True))
    functions = set(Function.objects.filter(personal=False).values_list("code", flat=True))
    categories = dict(Category.objects.values_list("code", "name"))
    for route in routes:
        known = route.department in departments if route.department else route.function in functions
        if route.category not in categories or not known or (route.department and route.function):
            name = categories.get(route.category, route.category)
            raise InvalidInput(
                "routes", _("“%(name)s”: please choose a department or function that is in use.") % {"name": name}
            )
