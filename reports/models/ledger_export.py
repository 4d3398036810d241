"""A ledger as a file somebody asked for: made in the background, with progress (RPT-01, F01)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from documents.models import Export


class LedgerExport(Export):
    """One export of a ledger: for whom, which rows, how far; who took it stands in it (SEC-13).

    ``wanted`` names the ledger by its code, and what narrowed it.
    """

    class Meta(Export.Meta):
        indexes = [
            models.Index(F("id"), name="ledger_export_pending", condition=Q(state__in=["waiting", "running"])),
        ]

    @property
    def ledger(self) -> str:
        """The code of its ledger."""
        return str(self.wanted["ledger"])
