"""Payments from the bank or the books, row by row through the refund gate (RET-09, hard gate 1).

A row that the gate refuses is written down like a payment that a person tried. The same row once more (slip, amount,
voucher) changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import MappingProxyType

from django.http import Http404
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import Blocked, DomainError, InvalidInput
from customers.imports.cells import day
from documents.exceptions import SheetRefused
from documents.limits import SheetLimits
from documents.sheets import Row, as_text, original_stem, read_table
from organization import text
from organization.models import User
from returns import gates
from returns.access import get_for_refund
from returns.actions.refund import Payment, check_payment, pay_refund
from returns.models import Refund, RefundRefusal, ReturnSlip
from returns.queries.refunds import refund_facts

#: More payments than this in one file are a mistake.
MOST_ROWS = 20_000
_LONGEST_VOUCHER = 60
#: Field -> the titles by which a column is known, compared without case and width.
TITLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "number": ("受理单号", "退货受理单号", "slip number", "slip", "return number"),
        "amount": ("金额", "退款金额", "付款金额", "金额(元)", "退款金额(元)", "amount", "amount (yuan)"),
        "way": ("方式", "付款方式", "退款方式", "way"),
        "reference": ("凭证号", "付款凭证号", "voucher", "voucher number"),
        "paid_on": ("付款日期", "退款日期", "paid on", "paid"),
    }
)
_SHORTENED = re.compile(r"\d(?:\.\d+)?e\+?\d+")


@dataclass(frozen=True)
class Line:
    """One payment as the file says it; clean values."""

    number: str
    payment: Payment


@dataclass(frozen=True)
class Refused:
    """A row that was not recorded, and why."""

    row: int
    values: tuple[object, ...]
    message: str


@dataclass
class Report:
    """What became of the rows of a file."""

    header: tuple[str, ...]
    notes: tuple[str, ...] = ()
    read: int = 0
    paid: int = 0
    same: int = 0
    refused: list[Refused] = field(default_factory=list)


def import_refunds(path: Path, *, by: User, sheet: str = "", dry_run: bool = False) -> Report:
    """Record each payment of a CSV or XLSX file; ``dry_run`` asks the gate and writes nothing, not even refusals.

    Each row is a transaction of its own. The whole file is read before the first row is paid. Raises ``SheetRefused``
    for what is no such table.
    """
    table = read_table(path, sheet=sheet, limits=SheetLimits(rows=MOST_ROWS + 1))
    places = _places(table.header)
    rows = list(table.rows)
    report = Report(table.header, table.notes)
    tried: dict[str, Payment] = {}
    name = original_stem(path)[:100]
    for row in rows:
        report.read += 1
        try:
            line = _line(row, places)
            done = _try(line, by, tried) if dry_run else _pay(line, by, name)
        except Http404:
            report.refused.append(Refused(row.number, row.values, _("There is no slip with this number.")))
        except DomainError as refusal:
            report.refused.append(Refused(row.number, row.values, _sentence(refusal)))
        else:
            report.paid += done
            report.same += not done
    return report


def _sentence(refusal: DomainError) -> str:
    return " ".join(map(str, refusal.reasons)) if isinstance(refusal, Blocked) else refusal.message


def _pay(line: Line, by: User, name: str) -> bool:
    """Pay it; False where exactly this was recorded before."""
    access = get_for_refund(by, line.number)
    if _is_recorded(access.slip, line.payment):
        return False
    actor = Actor("import", by.pk, name, access.actor("pay").deputy_for)
    pay_refund(access.slip, line.payment, by=actor, via=RefundRefusal.Via.IMPORT)
    return True


def _try(line: Line, by: User, tried: dict[str, Payment]) -> bool:
    """What ``_pay`` would say, without writing anything; ``tried`` holds what the rows above would have paid."""
    slip, payment = get_for_refund(by, line.number).slip, line.payment
    before = tried.get(slip.number)
    if _is_recorded(slip, payment) or (
        before and (before.amount, before.reference) == (payment.amount, payment.reference)
    ):
        return False
    check_payment(payment)
    if reasons := gates.refunding(refund_facts(slip, paid=True if before else None), amount=payment.amount):
        raise Blocked(reasons)
    tried[slip.number] = payment
    return True


def _is_recorded(slip: ReturnSlip, payment: Payment) -> bool:
    return Refund.objects.filter(slip=slip, amount=payment.amount, reference=payment.reference).exists()


# --- Columns and cells -----------------------------------------------------------------------------------


def _places(header: tuple[str, ...]) -> dict[str, int]:
    """Which column holds what."""
    places: dict[str, int] = {}
    for place, title in enumerate(header):
        name = next((name for name, titles in TITLES.items() if text.fold(title).strip() in titles), "")
        if name in places:
            words = {"first": header[places[name]], "second": title}
            raise SheetRefused(_("Both “%(first)s” and “%(second)s” say the same. Please leave one column.") % words)
        if name:
            places[name] = place
    if missing := [titles[0] for name, titles in TITLES.items() if name not in places]:
        words = {"missing": "、".join(missing), "columns": "、".join(header)}
        raise SheetRefused(_("These columns are missing: %(missing)s. The file has: %(columns)s.") % words)
    return places


def _line(row: Row, places: Mapping[str, int]) -> Line:
    """The payment of a row. Nothing that was only guessed is paid: a formula or a merged cell is refused."""
    if row.notes:
        raise InvalidInput("row", " ".join(row.notes))
    cells = {name: text.clean_line(as_text(row.values[place])) for name, place in places.items()}
    for name, value in cells.items():
        if not value:
            raise InvalidInput(name, _("“%(column)s” is empty.") % {"column": TITLES[name][0]})
    payment = Payment(
        _amount(cells["amount"]), _way(cells["way"]), _voucher(cells["reference"]), _day(cells["paid_on"])
    )
    return Line(cells["number"].upper().replace(" ", ""), payment)


def _amount(cell: str) -> Decimal:
    """Yuan and fen, never rounded."""
    plain = text.fold(cell).replace(",", "").strip("¥￥ ").removesuffix("元").strip()
    try:
        found = Decimal(plain)
        whole = found.quantize(Decimal("0.01")) if found.is_finite() else None
    except InvalidOperation:
        whole = None
    if whole is None or whole != found or not whole < Decimal(10) ** 10:
        raise InvalidInput("amount", _("“%(value)s” is no amount in yuan and fen.") % {"value": cell})
    return whole


def _way(cell: str) -> str:
    """The code of a way, also by what it is called in either language."""
    for language in ("zh-hans", "en"):
        with translation.override(language):
            known = {text.fold(str(label)): value for value, label in Refund.Way.choices}
        if found := known.get(text.fold(cell)):
            return found
    if text.fold(cell) in Refund.Way.values:
        return text.fold(cell)
    offered = "、".join(str(label) for label in Refund.Way.labels)
    raise InvalidInput(
        "way", _("“%(value)s” is no way of paying. Ways are: %(ways)s.") % {"value": cell, "ways": offered}
    )


def _voucher(cell: str) -> str:
    if _SHORTENED.fullmatch(text.fold(cell)):
        sentence = _("“%(value)s”: the spreadsheet has shortened this number. Please format the column as text.")
        raise InvalidInput("reference", sentence % {"value": cell})
    if len(cell) > _LONGEST_VOUCHER:
        words = {"n": _LONGEST_VOUCHER}
        raise InvalidInput("reference", _("The number of a voucher has at most %(n)d characters.") % words)
    return cell


def _day(cell: str) -> date:
    try:
        return day(cell, timezone.get_current_timezone())
    except (ValueError, OverflowError) as error:
        sentence = _("“%(value)s” is no date. Please write it like 2026-11-27.")
        raise InvalidInput("paid_on", sentence % {"value": cell}) from error


def refused_rows(report: Report) -> Iterator[tuple[int, tuple[object, ...], str]]:
    """As the error file takes them."""
    return ((each.row, each.values, each.message) for each in report.refused)
