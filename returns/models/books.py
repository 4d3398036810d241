"""The account book 退货帐册 (F42) as a file somebody asked for: made in the background, with progress."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from documents.models import Export


class BookExport(Export):
    """One export: for whom, which rows, how far; who took it, when and under which number stands in it (SEC-13)."""

    wanted = models.JSONField(default=dict, help_text="Which slips, as the filters of the page were.")

    class Meta(Export.Meta):
        indexes = [
            models.Index(
                F("id"), name="return_book_pending", condition=Q(state__in=["waiting", "running"])
            )
        ]  # fmt: skip
