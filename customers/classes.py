"""Which class a customer should have, by rule: pure; a person confirms it (CUS-07, CUS-08)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from customers.models import Mark, Tier, VisitClass
from customers.policy import CustomersPart, TierRule

#: Any of these makes an A (CUS-08).
MARKS_OF_A = frozenset({Mark.LONG_TERM, Mark.OVERSEAS, Mark.KEY_PROJECT})


@dataclass(frozen=True)
class Business:
    """What is known of a customer's business with us; amounts in yuan.

    ``by_year`` holds contracts and orders by the calendar year in which they began.
    """

    marks: frozenset[str] = frozenset()
    rank: int | None = None
    demand: Decimal | None = None
    by_year: Mapping[int, Decimal] = field(default_factory=dict)
    largest: Decimal = Decimal(0)
    last_12_months: Decimal = Decimal(0)

    @property
    def cumulative(self) -> Decimal:
        """Everything so far."""
        return sum(self.by_year.values(), Decimal(0))

    @property
    def has_bought(self) -> bool:
        """Whether there is any contract or order."""
        return bool(self.by_year)


@dataclass(frozen=True)
class Proposal:
    """Both classes, "" where none is proposed, and why."""

    visit_class: str
    tier: str
    reasons: tuple[str, ...]


def propose(business: Business, rules: CustomersPart) -> Proposal:
    """What the rules say; A wins over B over C, key over stable over general (A-18).

    The reasons name no amounts: they are read by more people than the file.
    """
    visit_class, why_class = _visit_class(business, rules)
    tier, why_tier = _tier(business, rules)
    return Proposal(visit_class, tier, tuple(reason for reason in (why_class, why_tier) if reason))


def _visit_class(business: Business, rules: CustomersPart) -> tuple[str, str]:
    if business.marks & MARKS_OF_A:
        return VisitClass.A, _("A: long-term, overseas or national key project customer.")
    if not business.has_bought:
        return "", _("No orders: not classified as B or C.")
    amount = getattr(business, rules.b_measure)
    if amount >= rules.b_amount:
        return VisitClass.B, _("B: orders reach the limit.")
    return VisitClass.C, _("C: orders below the limit.")


def _tier(business: Business, rules: CustomersPart) -> tuple[str, str]:
    for tier, rule, words in ((Tier.KEY, rules.key, _("Key")), (Tier.STABLE, rules.stable, _("Stable"))):
        met, of = criteria(business, rule)
        if of and (len(met) == of if rule.combine == "all" else met):
            return tier, _("%(tier)s: %(met)s.") % {"tier": words, "met": "；".join(met)}
    if business.has_bought:
        return Tier.GENERAL, _("General: neither key nor stable.")
    if Mark.WANTS in business.marks:
        return Tier.POTENTIAL, _("Potential: wants to cooperate.")
    return "", ""


def criteria(business: Business, rule: TierRule) -> tuple[list[str], int]:
    """The criteria of a tier that are met, in words, and how many are active."""
    checks: list[tuple[bool, str]] = []
    if rule.yearly_amount is not None:
        ran = longest_run(business.by_year, Decimal(rule.yearly_amount))
        checks.append((ran >= rule.years, _("%(n)d years running at the yearly amount") % {"n": ran}))
    if rule.single_amount is not None:
        checks.append((business.largest >= rule.single_amount, _("a single contract large enough")))
    if rule.yearly_demand is not None:
        most = max(business.last_12_months, business.demand or Decimal(0))
        checks.append((most >= rule.yearly_demand, _("yearly demand large enough")))
    if rule.rank is not None:
        checks.append((business.rank is not None and business.rank <= rule.rank, _("national rank high enough")))
    return [words for met, words in checks if met], len(checks)


def longest_run(by_year: Mapping[int, Decimal], amount: Decimal) -> int:
    """The largest number of years running with at least that amount each."""
    best = run = 0
    last = None
    for year in sorted(year for year, total in by_year.items() if total >= amount):
        run = run + 1 if last is not None and year == last + 1 else 1
        best, last = max(best, run), year
    return best
