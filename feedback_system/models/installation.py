"""What the whole installation knows about itself."""

from __future__ import annotations

from django.db import models


class Installation(models.Model):
    """One row, written by the first start: whether this database holds invented people or real ones."""

    class Kind(models.TextChoices):
        """They never share a database."""

        DEMO = "demo", "demo"
        REAL = "real", "real"

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    kind = models.CharField(max_length=4, choices=Kind)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="installation_is_one_row")]

    def __str__(self) -> str:
        """For the shell."""
        return self.kind
