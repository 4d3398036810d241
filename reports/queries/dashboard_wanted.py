"""What a reader asks of the dashboard, and how it stands in an address."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as lazy

from organization.models import Department
from reports.models.daily import CUTS
from reports.periods import Period

#: What the causes can be cut by.
CUT_LABELS = {
    "category": lazy("Category"), "kind": lazy("Kind"), "channel": lazy("Channel"), "product": lazy("Product")
}  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What an address asks for.

    Attributes:
        running: whether no period was asked for: then it is this month, whichever that is when the page comes again.
        ignored: names of what in it made no sense and was left out.
    """

    period: Period
    department: Department | None = None
    cut: str = CUTS[0]
    wall: bool = False
    running: bool = False
    ignored: list[str] = field(default_factory=list)

    def query(self, **changes: str) -> str:
        """The address with some of it changed; an empty value takes one away."""
        values = {} if self.running else days_of(self.period)
        if self.department:
            values["department"] = self.department.code
        if self.cut != CUTS[0]:
            values["by"] = self.cut
        if self.wall:
            values["wall"] = "1"
        return urlencode({name: value for name, value in (values | changes).items() if value})


def code_of(period: Period) -> str:
    """How an address names it; "" for days of one's own."""
    if period.kind == "month":
        return f"{period.since:%Y-%m}"
    if period.kind == "quarter":
        return f"{period.since.year:04}-Q{(period.since.month + 2) // 3}"
    return f"{period.since.year:04}" if period.kind == "year" else ""


def days_of(period: Period) -> dict[str, str]:
    """It, as it stands in an address."""
    code = code_of(period)
    return {"period": code} if code else {"since": period.since.isoformat(), "until": period.until.isoformat()}
