"""The account book of returns 退货帐册 (F42, RET-02): every slip ever opened, found and written out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from customers import rights as customers
from documents.sheets import Column
from organization import text
from organization.masks import mask_name, mask_phone
from organization.moments import start_of
from organization.queries import Identity
from returns.lifecycle import Handling, Outcome, State
from returns.models import ReturnSlip, SlipLine

#: Rows are read and written so many at a time.
CHUNK = 500
_NUMBER = 4


@dataclass(frozen=True)
class Wanted:
    """Which slips; "" and None want all."""

    words: str = ""
    state: str = ""
    wish: str = ""
    reason: str = ""
    outcome: str = ""
    product: int | None = None
    batch: str = ""
    serial: str = ""
    since: date | None = None
    until: date | None = None

    def as_json(self) -> dict[str, Any]:
        """As a row keeps it: only what narrows."""
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in vars(self).items()
            if value not in ("", None)
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Wanted:
        """What a row kept."""
        days: dict[str, Any] = {name: date.fromisoformat(kept[name]) for name in ("since", "until") if name in kept}
        return cls(**(kept | days))


def found(who: Identity, wanted: Wanted) -> QuerySet[ReturnSlip]:
    """The slips of a search, in no order; starts at what this person may see."""
    rows: QuerySet[ReturnSlip] = ReturnSlip.objects.visible_to(who)
    for value, asked in (
        (wanted.state, Q(state=wanted.state)), (wanted.wish, Q(wish=wanted.wish)),
        (wanted.reason, Q(reason=wanted.reason)), (wanted.outcome, Q(outcome=wanted.outcome)),
    ):  # fmt: skip
        if value:
            rows = rows.filter(asked)
    if wanted.since:
        rows = rows.filter(registered_at__gte=start_of(wanted.since))
    if wanted.until:
        rows = rows.filter(registered_at__lt=start_of(wanted.until) + timedelta(days=1))
    rows = _of_goods(rows, wanted)
    return _holding(rows, wanted.words, who) if wanted.words else rows


def _of_goods(rows: QuerySet[ReturnSlip], wanted: Wanted) -> QuerySet[ReturnSlip]:
    lines = SlipLine.objects.filter(slip=OuterRef("pk"))
    asked = Q()
    if wanted.product:
        asked &= Q(product__lineage__contains=[wanted.product])
    if wanted.batch:
        asked &= Q(batch=wanted.batch)
    if wanted.serial:
        asked &= Q(serial=wanted.serial)
    return rows.filter(Exists(lines.filter(asked))) if asked else rows


def _holding(rows: QuerySet[ReturnSlip], words: str, who: Identity) -> QuerySet[ReturnSlip]:
    """Slips whose number, goods, text or customer hold the words; contact data only for who may see them."""
    number = words.strip().upper()
    if number.startswith("TH") and len(number) > _NUMBER:
        return rows.filter(number__startswith=number)
    query = text.tsquery(words)
    if not query:
        return rows.none()
    digits = text.phone_digits(words)
    private = digits if len(digits) >= _NUMBER and not any(c.isalpha() for c in words) else ""
    where = "returns_returnslip.search @@ %s::tsquery"
    params: list[str] = [query]
    if customers.serves(who):
        where = f"({where} OR returns_returnslip.contact_search @@ %s::tsquery)"
        params.append(f"'{private}'" if private else query)
    return rows.extra(where=[where], params=params)  # noqa: S610 - our columns, values apart


def by_number(typed: str, who: Identity) -> ReturnSlip | None:
    """The visible slip with that number, or None."""
    number = typed.strip().upper()
    if not number.startswith("TH") or len(number) > 20 or not number.isascii():
        return None
    return ReturnSlip.objects.visible_to(who).filter(number=number).first()


def columns() -> list[Column]:
    """The columns of the account book (F42)."""
    return [
        Column(pgettext("return", "Slip number"), width=18),
        Column(_("Registered at"), "datetime"),
        Column(pgettext("return", "Customer"), width=22),
        Column(_("Telephone"), width=16),
        Column(_("Product"), width=28),
        Column(pgettext("return", "Batch"), width=16),
        Column(pgettext("return", "Serial number"), width=20),
        Column(pgettext("return", "Announced"), "integer"),
        Column(pgettext("return", "Counted"), "integer"),
        Column(pgettext("return", "Reason"), width=18),
        Column(pgettext("return", "Wish")),
        Column(pgettext("return", "Decided")),
        Column(pgettext("return", "State")),
        Column(pgettext("return", "Outcome")),
        Column(pgettext("return", "Refunded"), "money"),
        Column(pgettext("return", "Paid on"), "date"),
        Column(pgettext("return", "Received at"), "datetime"),
        Column(pgettext("return", "Ended at"), "datetime"),
        Column(_("Case"), width=14),
    ]


_SQL_FIELDS = (
    "id", "number", "registered_at", "contact_name", "contact_organisation", "contact_phone", "reason", "wish",
    "handling", "state", "outcome", "received_at", "ended_at", "case__number", "refund__amount", "refund__paid_on",
    "profile_version_id",
)  # fmt: skip


def rows_for_sheet(who: Identity, wanted: Wanted, *, clear: bool) -> Iterator[Sequence[Any]]:
    """One row for each line of each slip, the newest slip first, read chunk by chunk: memory does not grow.

    ``clear`` shows names and numbers; else they are masked (SEC-08).
    """
    slips = found(who, wanted).order_by("-registered_at", "-id").values(*_SQL_FIELDS)
    labels = _Labels()
    chunk: list[dict[str, Any]] = []
    for slip in slips.iterator(chunk_size=CHUNK):
        chunk.append(slip)
        if len(chunk) == CHUNK:
            yield from _sheet_rows(chunk, labels, clear=clear)
            chunk = []
    yield from _sheet_rows(chunk, labels, clear=clear)


class _Labels:
    """The words of states, wishes, outcomes and reasons, looked up once an export."""

    def __init__(self) -> None:
        self.states = {value: str(label) for value, label in State.choices}
        self.handlings = {value: str(label) for value, label in Handling.choices}
        self.outcomes = {value: str(label) for value, label in Outcome.choices}
        self._reasons: dict[tuple[int, str], str] = {}

    def reason(self, version: int, code: str) -> str:
        """What a version of the profile calls a reason."""
        key = (version, code)
        if key not in self._reasons:
            slip = ReturnSlip(profile_version_id=version, reason=code)
            self._reasons[key] = slip.reason_name
        return self._reasons[key]


def _sheet_rows(chunk: list[dict[str, Any]], labels: _Labels, *, clear: bool) -> Iterator[Sequence[Any]]:
    lines: dict[int, list[tuple[Any, ...]]] = {}
    keys = [slip["id"] for slip in chunk]
    if keys:
        with connection.cursor() as cursor:
            cursor.execute(_LINES, [keys])
            for key, *line in cursor.fetchall():
                lines.setdefault(key, []).append(tuple(line))
    for slip in chunk:
        name, phone = slip["contact_name"], slip["contact_phone"]
        who = name if clear else mask_name(name)
        customer = " · ".join(part for part in (who, slip["contact_organisation"]) if part)
        for product, batch, serial, announced, counted in lines.get(slip["id"], []):
            yield (
                slip["number"], slip["registered_at"], customer, phone if clear else mask_phone(phone), product, batch,
                serial, announced, counted, labels.reason(slip["profile_version_id"], slip["reason"]),
                labels.handlings.get(slip["wish"], ""), labels.handlings.get(slip["handling"], ""),
                labels.states[slip["state"]], labels.outcomes.get(slip["outcome"], ""), slip["refund__amount"],
                slip["refund__paid_on"], slip["received_at"], slip["ended_at"], slip["case__number"] or "",
            )  # fmt: skip


_LINES = """
    SELECT line.slip_id, coalesce(nullif(product.name, ''), line.product_text), line.batch, line.serial,
           line.announced, line.counted
    FROM returns_slipline AS line LEFT JOIN organization_product AS product ON product.id = line.product_id
    WHERE line.slip_id = ANY (%s::bigint[]) ORDER BY line.slip_id, line.id
"""
