"""Single cells: numbers, addresses, days and amounts as spreadsheets and people write them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from organization.moments import parse_day
from organization.text import fold, phone_digits

_BETWEEN = re.compile(r"[;；,，、|/\n]+")
#: Said behind a number or address where the customer does not want to be reached.
_REFUSED = re.compile(r"\s*(?:✕|✗|×|[(（](?:拒绝|拒绝联系|拒接|勿扰|refused)[)）])\s*$", re.IGNORECASE)
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?e\+?\d+")
#: The longest number of the world has 15 digits; a prefix and an extension may come on top.
_MOST_DIGITS, _FEWEST_DIGITS = 24, 3
#: Days since 1899-12-30, as a cell shows them that lost its format: 1954 to 2119.
_SERIAL = re.compile(r"[2-7]\d{4}(?:\.0+)?")
_SERIAL_ZERO = dt.date(1899, 12, 30)
_MOST = Decimal(10) ** 12


def reaches(cell: str) -> Iterator[tuple[str, bool]]:
    """Each number or address of a cell, and whether the customer wants to be left alone there."""
    for part in _BETWEEN.split(cell):
        plain = _REFUSED.sub("", part)
        if value := " ".join(plain.split()):
            yield value, plain != part


def phone_problem(value: str) -> str:
    """What is wrong with a telephone number; "" where nothing is."""
    folded = fold(value)
    if _SCIENTIFIC.fullmatch(folded):
        return _("“%(value)s”: the spreadsheet has shortened this number. Please format the column as text.")
    digits = len(phone_digits(value))
    if digits < _FEWEST_DIGITS:
        return _("“%(value)s” is no telephone number.")
    if digits > _MOST_DIGITS:
        return _("“%(value)s” has too many digits. Please set several numbers apart by semicolons.")
    return ""


def email_problem(value: str) -> str:
    """What is wrong with an address; "" where nothing is."""
    try:
        validate_email(value)
    except ValidationError:
        return _("“%(value)s” is no e-mail address.")
    return ""


def day(cell: str, zone: dt.tzinfo) -> dt.date:
    """A day, also as the bare number of a spreadsheet. Raises ``ValueError``."""
    if _SERIAL.fullmatch(cell):
        return _SERIAL_ZERO + dt.timedelta(days=int(cell.partition(".")[0]))
    return parse_day(cell, zone)


def amount(cell: str) -> Decimal:
    """An amount in yuan, rounded to a fen. Raises ``ValueError``."""
    plain = fold(cell).replace(",", "").strip("¥￥ ").removesuffix("元").strip()
    try:
        found = Decimal(plain)
    except InvalidOperation as error:
        raise ValueError(f"{cell!r} is no number") from error
    if not found.is_finite() or not 0 <= found < _MOST:
        raise ValueError(f"{cell!r} cannot be an amount")
    return found.quantize(Decimal("0.01"))
