"""Where this room keeps words about people: what was asked for and decided about them (PIPL 47)."""

from __future__ import annotations

from organization.traces import Trace, Words
from regulations.models import Approval, Decision

TRACES: tuple[Trace, ...] = (
    Words(
        Decision,
        lambda of: Decision.objects.filter(approval__thread__in=of.threads),
        words="opinion",
        withheld="opinion",
    ),
    Words(
        Approval,
        lambda of: Approval.objects.filter(thread__in=of.threads),
        words="subject reason",
        withheld="subject reason",
    ),
)
