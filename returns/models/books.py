"""The account book 退货帐册 (F42) as a file somebody asked for: made in the background, with progress."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from documents.models import File
from organization.models import User


class BookExport(models.Model):
    """One export: for whom, which rows, how far; who took it, when and under which number stands in it (SEC-13)."""

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("export", "Waiting")
        RUNNING = "running", pgettext_lazy("export", "Being written")
        DONE = "done", pgettext_lazy("export", "Ready")
        FAILED = "failed", pgettext_lazy("export", "Failed")

    number = models.CharField(max_length=20, unique=True, db_collation="C")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    purpose = models.CharField(max_length=200)
    wanted = models.JSONField(default=dict, help_text="Which slips, as the filters of the page were.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    rows = models.PositiveIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    file = models.ForeignKey(File, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                F("id"), name="return_book_pending", condition=Q(state__in=["waiting", "running"])
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number
