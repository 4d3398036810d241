"""The fields that a table of customers can fill: what each is called, and what belongs into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.fields import FILE, collected
from customers.imports.titles import TITLES
from customers.models import HoldingKind
from organization.sheets.columns import spellings
from organization.text import fold


@dataclass(frozen=True)
class Target:
    """One field: ``many`` columns may fill it; ``of_file`` belongs to the circle of the whole file (A-31)."""

    code: str
    title: str | Promise
    says: str | Promise
    longest: int = 200
    many: bool = False
    of_file: bool = False
    required: bool = False


_CARD = (
    Target(
        "name", pgettext_lazy("of a person or an organisation", "Name"), _("of the person or the organisation"),
        longest=100, required=True,
    ),
    Target("key", _("Number in the old system"), _("by it the same row is known again; each stands once"), longest=80),
    Target("type", _("Person or organisation"), _("person or organisation; empty: as chosen for all")),
    Target(
        "organisation", _("Organisation"),
        _("where a person belongs to one: its name, or its number in the old system"),
    ),
    Target("kinds", _("Kinds of customer"), _("names, separated by semicolons"), longest=300),
    Target(
        "phone", _("Telephone"),
        _("several separated by semicolons; an extension as 0512-65880011 转 802; ✕ behind a number: the customer does"
          " not want to be called there"),
        longest=400, many=True,
    ),
    Target("email", _("E-mail"), _("several separated by semicolons; ✕ as with telephones"), longest=600, many=True),
    Target("attention", _("Please note"), _("whoever takes a call reads it first")),
    Target("salesperson", _("Salesperson"), _("login name or name")),
    Target("custodian", _("Custodian"), _("login name or name of who keeps the file")),
    Target("secrecy", _("Secrecy"), _("internal, confidential or secret")),
    Target("visit_class", _("Class"), _("A, B or C")),
    Target("tier", _("Tier"), _("key, stable, general or potential customer")),
    Target(
        "reason", _("Reason of the class"), _("why the customer has this class; needed where it changes"), longest=300
    ),
)  # fmt: skip
_HELD: Mapping[str, tuple[Target, ...]] = MappingProxyType(
    {
        HoldingKind.PRODUCT: (
            Target("product_name", _("Product"), _("what the customer has of us")),
            Target("product_serial", _("Product number"), _("serial number"), 80),
            Target("product_from", _("Product from"), _("day of purchase or acceptance")),
            Target("product_until", _("Product until"), _("end of warranty")),
        ),
        HoldingKind.VEHICLE: (
            Target("vehicle_name", _("Vehicle"), _("make and model")),
            Target("vehicle_serial", _("Number plate"), _("or the number of the vehicle"), 80),
            Target("vehicle_from", _("Vehicle from"), _("day of purchase or registration")),
            Target("vehicle_until", _("Vehicle until"), _("end of warranty or next inspection")),
        ),
        HoldingKind.CONTRACT: (
            Target("contract_name", _("Contract"), _("what it is about"), of_file=True),
            Target("contract_serial", _("Contract number"), _("as it stands on the contract"), 80, of_file=True),
            Target("contract_from", _("Contract from"), _("day of signing"), of_file=True),
            Target("contract_until", _("Contract until"), _("its last day"), of_file=True),
            Target("contract_amount", _("Contract amount in yuan"), _("a number"), of_file=True),
        ),
    }
)


def targets(*, whole_file: bool) -> tuple[Target, ...]:
    """What a table may fill here: of the file only fields that are collected (CUS-20), of its inner circle only where
    somebody may read the whole file.
    """
    file = tuple(
        Target(each.name, each.label, each.purpose, each.max_length, of_file=each.section == FILE)
        for each in collected()
        if each.is_on
    )
    held = tuple(target for group in _HELD.values() for target in group)
    return tuple(target for target in (*_CARD, *file, *held) if whole_file or not target.of_file)


def held_kinds() -> tuple[str, ...]:
    """The sorts of things that a row can bring."""
    return tuple(_HELD)


def by_title(known: tuple[Target, ...]) -> dict[str, str]:
    """What a title means -> code: our own titles in every language before what others call it."""
    own = {title_key(word): target.code for target in known for word in (target.code, *spellings(target.title))}
    foreign = {title_key(word): target.code for target in reversed(known) for word in TITLES.get(target.code, ())}
    return foreign | own


def title_key(title: str) -> str:
    """A title as it is compared: "联系电话 2（必填）*" is a telephone too."""
    plain = fold(title).partition("(")[0].strip(" *:_-#.0123456789")
    return plain.replace("_", "").replace(" ", "") or fold(title).strip()
