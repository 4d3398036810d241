"""What a check has seen of the table so far, so that the second row of a customer is known.

A million rows are remembered in little more than 100 bytes each: as numbers in arrays, where objects take five times
as much.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from customers.actions.imports.deciding import Refused
from customers.imports.rows import Given
from customers.queries.imports import folded_name


class Places:
    """Digests of 64 bits, each with a number from 0; a dict of both would hold two objects for each."""

    def __init__(self) -> None:
        self._count = 0
        self._make_room(1_021)

    def get(self, digest: int) -> int | None:
        """The number of a digest; None where it was not put in."""
        place = self._place(digest)
        return self._numbers[place] - 1 if self._numbers[place] else None

    def put(self, digest: int, number: int) -> None:
        """Remember it; a digest that is there already gets the new number."""
        place = self._place(digest)
        self._count += not self._numbers[place]
        self._digests[place], self._numbers[place] = digest, number + 1
        if self._count * 4 > self._size * 3:
            old = self._digests, self._numbers
            self._make_room(self._size * 3 // 2)
            for kept, plus_one in zip(*old, strict=True):
                if plus_one:
                    place = self._place(kept)
                    self._digests[place], self._numbers[place] = kept, plus_one

    def _make_room(self, size: int) -> None:
        self._size = size | 1
        self._digests, self._numbers = array("q", bytes(8 * self._size)), array("I", bytes(4 * self._size))

    def _place(self, digest: int) -> int:
        """Where it stands, or the free place where it would."""
        digests, numbers, size = self._digests, self._numbers, self._size
        place = digest % size
        while numbers[place] and digests[place] != digest:
            place = place + 1 if place + 1 < size else 0
        return place


@dataclass(slots=True)
class Mention:
    """Where a customer stands in the table: row, and digests of what it says of the card, and of everything."""

    row: int
    key: int
    card: int
    whole: int


class Seen:
    """The rows of a table so far.

    A repeated row is no fault: it may bring another thing that the customer has. One that says otherwise is refused.
    """

    def __init__(self) -> None:
        self._places = Places()
        self._rows, self._keys, self._cards, self._wholes = array("I"), array("q"), array("q"), array("q")
        self._numbered = Places()
        self._number_rows, self._numbers = array("I"), array("q")

    def earlier(self, given: Given) -> Mention | None:
        """An earlier row of the same customer; remembers this one where there is none. Raises ``Refused``."""
        tokens = identities(given)
        place = next((found for token in tokens if (found := self._places.get(token)) is not None), None)
        card = hash((given.name, _plain(given.card), given.organisation, _points(given), _plain(given.file),
                     given.visit_class, given.tier))  # fmt: skip
        if place is None:
            self._remember(tokens, Mention(given.row, hash(given.key), card, hash((card, given.held))))
            return None
        mention = Mention(self._rows[place], self._keys[place], self._cards[place], self._wholes[place])
        if given.key and mention.key != hash(given.key):
            raise Refused(_another_number(mention.row))
        if mention.card != card:
            sentence = _("Row %(row)d says otherwise of the same customer. Please keep one of the two.")
            raise Refused(sentence % {"row": mention.row})
        return mention

    def check_number(self, given: Given, customer: int) -> None:
        """Raises ``Refused`` where an earlier row means this customer by another number: two that were made one."""
        place = self._numbered.get(customer)
        if place is None:
            self._numbered.put(customer, len(self._numbers))
            self._number_rows.append(given.row)
            self._numbers.append(hash(given.key))
        elif self._numbers[place] != hash(given.key):
            raise Refused(_another_number(self._number_rows[place]))

    def repeats(self, given: Given, mention: Mention) -> bool:
        """Whether the row says nothing that the earlier one has not said."""
        return not given.held or mention.whole == hash((mention.card, given.held))

    def _remember(self, tokens: list[int], mention: Mention) -> None:
        for token in tokens:
            self._places.put(token, len(self._rows))
        self._rows.append(mention.row)
        self._keys.append(mention.key)
        self._cards.append(mention.card)
        self._wholes.append(mention.whole)


def _another_number(row: int) -> str:
    return _("Row %(row)d names the same customer with another number.") % {"row": row}


def identities(given: Given) -> list[int]:
    """By what a row could name the same customer as another one."""
    name = folded_name(given.name)
    found = [hash(("point", point.normal, name)) for point in given.points]
    if given.key:
        found.append(hash(("key", given.key)))
    if not given.points:
        found.append(hash(("name", name, given.key)))
    return found


def _plain(values: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, repr(value)) for name, value in values.items()))


def _points(given: Given) -> tuple[tuple[str, bool], ...]:
    return tuple(sorted((point.normal, point.refused) for point in given.points))
