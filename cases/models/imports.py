"""Imports of feedback from files, and the rows that they have seen."""

from __future__ import annotations

from django.db import models

from organization.models import User


class Import(models.Model):
    """One import of feedback from a file: what was asked, how far it is, what came of it."""

    name = models.CharField(max_length=60, unique=True)
    options = models.JSONField(default=dict)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    rows_read = models.PositiveIntegerField(default=0)
    rows_created = models.PositiveIntegerField(default=0)
    rows_known = models.PositiveIntegerField(default=0)
    rows_refused = models.PositiveIntegerField(default=0)
    cleaned = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name


class ImportRow(models.Model):
    """A row of an import that was cleaned or refused, for the list that its person reads."""

    imported = models.ForeignKey(Import, models.CASCADE, related_name="rows")
    row = models.PositiveIntegerField()
    refused = models.BooleanField(default=False)
    message = models.CharField(max_length=300)

    class Meta:
        ordering = ["row", "id"]

    def __str__(self) -> str:
        return f"{self.imported_id}:{self.row}"
