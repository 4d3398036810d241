"""What came back before: of the same batch, of the same product (CAP-14)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q
from django.utils import timezone

from organization.moments import start_of
from organization.queries import Identity
from returns.models import ReturnSlip, SlipLine

#: So far back the same matter is looked for, as among cases.
PERIOD = timedelta(days=365)
#: More are not counted: whoever reads "99+" opens the list.
MOST = 99


@dataclass(frozen=True)
class Repeat:
    """Other returns with one thing in common, as far as the reader may see them."""

    batch: str
    product: str
    code: str
    since: date
    count: int

    @property
    def more(self) -> bool:
        """Whether there are more than were counted."""
        return self.count > MOST


def repeats_of(slip: ReturnSlip, lines: Iterable[SlipLine], who: Identity) -> list[Repeat]:
    """Of the first batch and the first product that the slip names: two queries, each of at most a hundred rows."""
    found, since = [], timezone.localdate() - PERIOD
    batch = next((line.batch for line in lines if line.batch), "")
    product = next((line.product for line in lines if line.product), None)
    if batch:
        found.append(Repeat(batch, "", "", since, _count(slip, who, since, Q(lines__batch=batch))))
    if product:
        found.append(Repeat("", str(product), product.code, since, _count(slip, who, since, Q(lines__product=product))))
    return [repeat for repeat in found if repeat.count]


def _count(slip: ReturnSlip, who: Identity, since: date, same: Q) -> int:
    rows = ReturnSlip.objects.visible_to(who).filter(same, registered_at__gte=start_of(since)).exclude(pk=slip.pk)
    return rows.order_by().values("pk").distinct()[: MOST + 1].count()
