"""Which column of a table fills which field: proposed from the titles, decided by a person."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from audit.exceptions import InvalidInput
from customers.imports.columns import Target, by_title, title_key
from customers.imports.titles import FIRMS, PEOPLE
from customers.models import CustomerType

#: code of a field -> the places of its columns, from 0.
Places = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Plan:
    """What the columns of a table mean, and what holds for all its rows.

    ``system`` names where the numbers come from; ``reason`` stands for empty cells of the reason of a class.
    """

    places: Places
    header: tuple[str, ...] = ()
    system: str = ""
    default_type: str = CustomerType.PERSON
    reason: str = ""


def header_digest(header: Sequence[str]) -> str:
    """By it the same sort of table is known again."""
    return hashlib.sha256(json.dumps(list(header), ensure_ascii=False).encode()).hexdigest()


def propose(header: Sequence[str], known: tuple[Target, ...]) -> dict[str, tuple[int, ...]]:
    """What the titles say; the first column of a field that only one may fill."""
    many = {target.code for target in known if target.many}
    meanings, found = by_title(known), dict[str, tuple[int, ...]]()
    keys = [title_key(title) for title in header]
    if PEOPLE.intersection(keys):
        meanings |= dict.fromkeys(FIRMS, "organisation")
    for place, key in enumerate(keys):
        code = meanings.get(key)
        if code and (code in many or code not in found):
            found[code] = (*found.get(code, ()), place)
    return found


def stored(places: Places) -> dict[str, list[int]]:
    """As it is kept."""
    return {code: list(each) for code, each in places.items()}


def restored(kept: Mapping[str, Iterable[int]], width: int, known: tuple[Target, ...]) -> dict[str, tuple[int, ...]]:
    """As it was kept, without fields that may not be filled any more and places that are not there."""
    codes = {target.code for target in known}
    found = {code: tuple(place for place in each if place < width) for code, each in kept.items() if code in codes}
    return {code: each for code, each in found.items() if each}


def check_places(places: Places, header: Sequence[str], known: tuple[Target, ...]) -> None:
    """Raise ``InvalidInput`` where a needed field has no column, or one has two that takes only one."""
    for target in known:
        columns = places.get(target.code, ())
        if target.required and not columns:
            raise InvalidInput("name", _("Please say which column holds “%(title)s”.") % {"title": target.title})
        if len(columns) > 1 and not target.many:
            names = "”, “".join(header[place] for place in columns)
            sentence = _("The columns “%(names)s” are all to fill “%(title)s”. Please choose one.")
            raise InvalidInput("name", sentence % {"names": names, "title": target.title})
