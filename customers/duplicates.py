"""Whether two customers may be one, and why: pure, so that a card, the list and the sweep judge alike.

What each sign weighs is our judgement, not a rule of any regulation: two signs make it likely, one makes it possible,
and a sign that is common among different customers (a reception's number) is only a hint. The name alone says nothing
of persons: there are too many 张伟.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

LIKELY, POSSIBLE = 80, 40
#: A number or address in more files than this is a switchboard's: it says nothing of any two of them.
MOST_IN_A_GROUP = 8
_MORE = 5
_STRONGEST = 100


@dataclass(frozen=True)
class Known:
    """What is compared of one customer; ``numbers`` maps the comparable form to (what was given, extension)."""

    pk: int
    type: str
    name: str
    name_key: str
    organisation: int | None = None
    numbers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    serials: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_person(self) -> bool:
        """A natural person."""
        return self.type == "person"


@dataclass(frozen=True)
class Sign:
    """One thing that two customers have in common, and how much it weighs."""

    code: str
    weight: int
    value: str = ""

    def __str__(self) -> str:
        return _SENTENCES[self.code]() % {"value": self.value}


@dataclass(frozen=True)
class Resemblance:
    """Two customers and what they have in common, the strongest first."""

    low: int
    high: int
    signs: tuple[Sign, ...]

    @property
    def strength(self) -> int:
        """From 0, nothing, to 100."""
        return min(_STRONGEST, sum(sign.weight for sign in self.signs))

    @property
    def word(self) -> str | Promise:
        """How likely it is that they are one."""
        if self.strength >= LIKELY:
            return pgettext_lazy("duplicates", "likely")
        return (
            pgettext_lazy("duplicates", "possible")
            if self.strength >= POSSIBLE
            else pgettext_lazy("duplicates", "a hint")
        )

    @property
    def tone(self) -> str:
        """The colour of its chip."""
        return "red" if self.strength >= LIKELY else "amber" if self.strength >= POSSIBLE else "grey"

    def other(self, pk: int) -> int:
        """The one of the two that is not this one."""
        return self.low + self.high - pk


def compare(one: Known, other: Known, *, crowded: Collection[str] = ()) -> Resemblance:
    """What two customers have in common; without signs they are not proposed.

    ``crowded`` are numbers and addresses that stand in further files too.
    """
    low, high = sorted((one.pk, other.pk))
    if one.type != other.type or one.pk == other.pk:
        return Resemblance(low, high, ())
    same_name = bool(one.name_key) and one.name_key == other.name_key
    signs = [
        *_strongest(_number(one, other, key, same_name, crowded) for key in one.numbers if key in other.numbers),
        *_strongest(_address(one, key, same_name, crowded) for key in one.addresses if key in other.addresses),
        *_strongest(_serial(one, key, same_name) for key in one.serials if key in other.serials),
    ]
    if same_name:
        signs += _name(one, other, supported=bool(signs))
    return Resemblance(low, high, tuple(sorted(signs, key=lambda sign: -sign.weight)))


def _strongest(signs: Iterable[Sign]) -> list[Sign]:
    """The first counts whole, each further one of the same sort a little."""
    found = sorted(signs, key=lambda sign: -sign.weight)
    return [*found[:1], *(Sign(sign.code, _MORE, sign.value) for sign in found[1:])]


def _number(one: Known, other: Known, key: str, same_name: bool, crowded: Collection[str]) -> Sign:
    (shown, extension), (_shown, theirs) = one.numbers[key], other.numbers[key]
    if extension != theirs:
        return Sign("switchboard", 15, shown)
    if key in crowded and not same_name:
        return Sign("crowded_number", 15, shown)
    return Sign("number", 50, shown) if same_name else Sign("shared_number", 30, shown)


def _address(one: Known, key: str, same_name: bool, crowded: Collection[str]) -> Sign:
    shown = one.addresses[key]
    if key in crowded and not same_name:
        return Sign("crowded_address", 15, shown)
    return Sign("address", 50, shown) if same_name else Sign("shared_address", 30, shown)


def _serial(one: Known, key: str, same_name: bool) -> Sign:
    return Sign("serial", 45 if same_name else 35, one.serials[key])


def _name(one: Known, other: Known, *, supported: bool) -> list[Sign]:
    if not one.is_person:
        return [Sign("name", 40, one.name)]
    if one.organisation is not None and one.organisation == other.organisation:
        return [Sign("colleague", 45, one.name)]
    return [Sign("same_name", 30, one.name)] if supported else []


_SENTENCES = {
    "number": lambda: _("Both have the telephone number %(value)s."),
    "shared_number": lambda: _(
        "Both have the telephone number %(value)s, but their names differ: it may be a shared telephone, such as a"
        " reception."
    ),
    "crowded_number": lambda: _("Both have the telephone number %(value)s, which stands in further files too."),
    "switchboard": lambda: _("Both are reached by %(value)s, with different extensions: it may be a switchboard."),
    "address": lambda: _("Both have the e-mail address %(value)s."),
    "shared_address": lambda: _("Both have the e-mail address %(value)s, but their names differ."),
    "crowded_address": lambda: _("Both have the e-mail address %(value)s, which stands in further files too."),
    "serial": lambda: _("Both have the thing with the number %(value)s; it may have changed hands."),
    "name": lambda: _("Both are called “%(value)s”, apart from spaces, width and legal form."),
    "same_name": lambda: _("Both are called “%(value)s”."),
    "colleague": lambda: _("Both are called “%(value)s” and belong to the same organisation."),
}
