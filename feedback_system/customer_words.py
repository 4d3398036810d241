"""What a regulation profile says of customers and of keeping, as people read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from customers.models import Tier
from customers.policy import CustomersPart, Measure, TierRule
from feedback_system.models import Record
from feedback_system.privacy.policy import RetentionPart
from regulations.document import parse_part

Row = tuple[str, str]


@dataclass(frozen=True)
class Section:
    """A part of a profile: what it is called, and its labelled sentences."""

    code: str
    title: str
    rows: list[Row]


def sections(body: Mapping[str, Any]) -> list[Section]:
    """Classes of customers and times of retention that a document says."""
    return [
        Section("classes", _("Classes of customers"), _classes(parse_part(CustomersPart, body))),
        Section("retention", _("Retention"), _retention(parse_part(RetentionPart, body))),
    ]


def measures() -> dict[Measure, str]:
    """Which amount of orders decides between B and C."""
    return {
        "last_12_months": _("orders of the last twelve months"),
        "cumulative": _("all orders together"),
        "largest": _("the largest order"),
    }


def _classes(part: CustomersPart) -> list[Row]:
    amount = {"what": measures()[part.b_measure], "amount": f"{part.b_amount:,}"}
    return [
        (_("Class B"), _("%(what)s of at least %(amount)s yuan") % amount),
        (str(Tier.KEY.label), _tier(part.key)),
        (str(Tier.STABLE.label), _tier(part.stable)),
    ]


def _tier(rule: TierRule) -> str:
    found = []
    if rule.yearly_amount is not None:
        words = {"n": rule.years, "amount": f"{rule.yearly_amount:,}"}
        found.append(_("%(n)d years running with at least %(amount)s yuan each") % words)
    if rule.single_amount is not None:
        found.append(_("a single contract of at least %(amount)s yuan") % {"amount": f"{rule.single_amount:,}"})
    if rule.yearly_demand is not None:
        found.append(_("a yearly demand of at least %(amount)s yuan") % {"amount": f"{rule.yearly_demand:,}"})
    if rule.rank is not None:
        found.append(_("national rank %(n)d or better") % {"n": rule.rank})
    if not found:
        return _("no threshold is set: it is never proposed")
    joined = pgettext("criteria", " or ") if rule.combine == "any" else pgettext("criteria", " and ")
    return joined.join(found)


def _retention(part: RetentionPart) -> list[Row]:
    rows = [(str(record.label), _kept(part.of(record).days, part.of(record).legal_days)) for record in Record]
    days = part.answer_working_days
    words = ngettext("%(n)d working day", "%(n)d working days", days) % {"n": days}
    return [*rows, (_("Requests about personal data are answered within"), words)]


def _kept(days: int | None, legal: int) -> str:
    kept = ngettext("%(n)d day", "%(n)d days", days) % {"n": days} if days else _("no end is set")
    return _("%(kept)s; by law at least %(n)d days") % {"kept": kept, "n": legal} if legal else kept
