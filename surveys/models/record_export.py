"""《电话回访记录表》 (F73) as a file somebody asked for: made in the background, with progress."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from documents.models import Export


class RecordExport(Export):
    """One export of a quarter's calls: for whom, which rows, how far; who took it stands in it (SEC-13)."""

    class Meta(Export.Meta):
        indexes = [
            models.Index(F("id"), name="record_export_pending", condition=Q(state__in=["waiting", "running"])),
        ]
