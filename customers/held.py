"""A product, vehicle, project, contract or order as somebody gives it, and what cannot be of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from audit.exceptions import InvalidInput
from customers.models import HoldingKind
from organization.models import Product


@dataclass(frozen=True)
class Held:
    """A product, vehicle, project, contract or order; clean values."""

    kind: str
    name: str = ""
    product: Product | None = None
    serial: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    amount: Decimal | None = None
    note: str = ""


def values_of(held: Held) -> dict[str, object]:
    """The columns of its row; without a name it is called as its product."""
    values = {each.name: getattr(held, each.name) for each in fields(held)}
    return values | {"name": held.name or str(held.product)}


def check_held(held: Held) -> None:
    """Raise ``InvalidInput`` for what cannot be."""
    if held.kind not in HoldingKind.values:
        raise InvalidInput("kind", _("Please choose one of the offered values."))
    if not held.name and held.product is None:
        raise InvalidInput("name", _("Please say what it is."))
    if held.starts_on and held.ends_on and held.ends_on < held.starts_on:
        raise InvalidInput("ends_on", _("It cannot end before it began."))
    if held.amount is not None and held.amount < 0:
        raise InvalidInput("amount", _("An amount is not negative."))
