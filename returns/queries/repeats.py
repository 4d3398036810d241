"""What came back of the same batch or product: repeats are to be prevented (CAP-14)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from organization.queries import Identity
from returns.models import SlipLine
from returns.queries.book import Wanted, found

#: So far back the same matter is looked for, as among cases.
PERIOD = timedelta(days=365)
#: More are not counted: whoever reads "99+" opens the list.
MOST = 99


@dataclass(frozen=True)
class Repeat:
    """How many returns have one thing in common, this one included: as many as the book lists for this reader."""

    batch: str
    product: str
    code: str
    since: date
    count: int

    @property
    def more(self) -> bool:
        """Whether there are more than were counted."""
        return self.count > MOST


def repeats_of(lines: Iterable[SlipLine], who: Identity) -> list[Repeat]:
    """Of the first batch and the first product that a slip names; two queries, and nothing that happened only once."""
    since = timezone.localdate() - PERIOD
    batch = next((line.batch for line in lines if line.batch), "")
    product = next((line.product for line in lines if line.product), None)
    repeats = []
    if batch:
        repeats.append(Repeat(batch, "", "", since, _count(Wanted(batch=batch, since=since), who)))
    if product:
        repeats.append(
            Repeat("", str(product), product.code, since, _count(Wanted(product=product.pk, since=since), who))
        )
    return [repeat for repeat in repeats if repeat.count > 1]


def _count(wanted: Wanted, who: Identity) -> int:
    return found(who, wanted).order_by()[: MOST + 1].count()
