"""What an import asks before it writes: the words of the organisation, and which rows are cases already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet

from cases.imports.keys import erased_key
from cases.imports.rows import Vocabulary
from cases.models import Case, Category, Import, ImportRow, Kind
from customers.models import ContactPoint
from customers.queries.search import normal_phone
from organization.models import Product, Site
from organization.text import fold


def vocabulary() -> Vocabulary:
    """The words by which the values of a file are understood: codes and names of what may still be chosen."""
    return Vocabulary(
        kinds=_by_word(Kind.objects.active(), "code"),
        products=_by_word(Product.objects.active(), "pk"),
        sites=_by_word(Site.objects.active(), "pk"),
        categories=_by_word(Category.objects.active(), "pk"),
    )


def _by_word(rows: QuerySet[Any], value: str) -> dict[str, Any]:
    """Folded code or name -> value. A code wins over a name; a name that two rows carry stands for neither."""
    found = list(rows.values_list("code", "name", "name_en", value))
    names = [(fold(name), given) for _, chinese, english, given in found for name in {chinese, english} if name]
    often = Counter(name for name, _ in names)
    words = {name: given for name, given in names if often[name] == 1}
    return words | {fold(code): given for code, _, _, given in found}


def known_keys(name: str, keys: Iterable[str]) -> set[str]:
    """Those keys of an import that are cases already, erased ones too; one query along the unique index."""
    given = {spelling: key for key in keys for spelling in (key, erased_key(key))}
    rows = Case.objects.filter(import_name=name, import_key__in=list(given))
    return {given[found] for found in rows.values_list("import_key", flat=True)}


def open_refusals(imported: Import, numbers: Iterable[int]) -> set[int]:
    """Rows of the file that were refused and have not been corrected since."""
    rows = ImportRow.objects.filter(imported=imported, row__in=list(numbers), refused=True)
    return set(rows.values_list("row", flat=True))


def customers_for(people: Sequence[tuple[str, str, str]]) -> list[int | None]:
    """For each (telephone, e-mail, name) the one customer in the file whose contact and name agree, else None.

    As ``find_for_contact``, for many at once: one query.
    """
    wanted = [
        ({form for form in (normal_phone(phone) if phone else "", fold(email)) if form} if name else set(), fold(name))
        for phone, email, name in people
    ]
    normals = sorted(set().union(*(forms for forms, _ in wanted))) if wanted else []
    if not normals:
        return [None] * len(people)
    points = ContactPoint.objects.filter(normal__in=normals, customer__merged_into__isnull=True)
    names = ("customer__folded_name", "customer__merged_from__folded_name")
    rows = [
        (normal, {*folded}, pk)
        for normal, *folded, pk in points.values_list("normal", *names, "customer_id")  # of each file it was made of
    ]
    result: list[int | None] = []
    for forms, folded in wanted:
        found = {pk for normal, name, pk in rows if normal in forms and folded in name}
        result.append(found.pop() if len(found) == 1 else None)
    return result
