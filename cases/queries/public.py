"""What the public form offers: kinds, products and sites, the text to agree to, what we promise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from cases.models import Case, CaseClock, Kind
from cases.policy import CasesPart
from customers.models import ConsentText
from organization import text
from organization.models import Product, Site
from regulations.profiles import part_in_force, version_for

#: The kinds a customer may choose from, in the order of the buttons (INT-20, INT-21, INT-23).
PUBLIC_KINDS = ("complaint", "service_request", "return_request", "enquiry", "suggestion", "praise")
PURPOSE = "feedback"
#: More names than this are no help on a telephone; then only free text is offered.
MOST_OFFERS = 200


def public_kinds() -> list[Kind]:
    """Kinds that are in use and that the default profile knows, in the order of the buttons."""
    known = part_in_force(CasesPart).kinds
    found = {kind.code: kind for kind in Kind.objects.active().filter(code__in=PUBLIC_KINDS)}
    return [found[code] for code in PUBLIC_KINDS if code in found and code in known]


@dataclass(frozen=True)
class Named:
    """What somebody's words about product or place turned out to mean; the words where they mean nothing to us."""

    product: Product | None = None
    site: Site | None = None
    words: str = ""


def offered_names() -> list[str]:
    """Names of products and sites to choose from while typing; none where there are too many."""
    products = Product.objects.active().order_by("name_key", "id")[: MOST_OFFERS + 1]
    sites = Site.objects.active().order_by("name_key", "id")[: MOST_OFFERS + 1]
    names = list(dict.fromkeys([str(row) for row in products] + [str(row) for row in sites]))
    return names if len(names) <= MOST_OFFERS else []


def named(words: str) -> Named:
    """The product or site of exactly that name or code, else the words themselves."""
    if not words:
        return Named()
    folded = text.fold(words)
    same = Q(code__iexact=folded) | Q(name__iexact=words) | Q(name__iexact=folded) | Q(name_en__iexact=folded)
    if product := Product.objects.active().filter(same).order_by("id").first():
        return Named(product=product)
    if site := Site.objects.active().filter(same).order_by("id").first():
        return Named(site=site)
    return Named(words=words)


def consent_text(*, now: datetime, version: int | None = None) -> ConsentText | None:
    """The words that people agree to now, or those of an earlier version."""
    rows = ConsentText.objects.filter(purpose=PURPOSE, published_at__lte=now)
    return (rows.filter(version=version) if version is not None else rows).order_by("-version").first()


def promised_hours() -> int | None:
    """Within how many hours feedback is usually accepted; None where the default profile says it otherwise."""
    times = version_for(site=None, product=None).times
    rule = times.limit_for("acknowledgement", kind="complaint", urgency="general", channel="web_form")
    return rule.amount if rule and rule.unit == "calendar_hours" else None


@dataclass(frozen=True)
class Promises:
    """By when the customer hears whether we take it on, and by when the answer is due."""

    acknowledgement: datetime | None
    resolution: datetime | None


def promises(case: Case) -> Promises:
    """The due times that a receipt names."""
    due = dict(CaseClock.objects.filter(case=case, round=case.round, assignment=None).values_list("kind", "due_at"))
    return Promises(due.get(CaseClock.Kind.ACKNOWLEDGEMENT), due.get(CaseClock.Kind.RESOLUTION))
