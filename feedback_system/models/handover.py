"""Open work on its way from one person or department to another."""

from __future__ import annotations

from django.db import models

from organization.models import Department, User


class Handover(models.Model):
    """All open work of a person or department on its way to another: how far it is, what came of it.

    Attributes:
        after: key of the last case (of a department: assignment) that was looked at; the next run goes on behind it.
        moved: sort of work -> how many pieces changed hands.
    """

    giver = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    taker = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    giver_department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+")
    taker_department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    progress_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    after = models.BigIntegerField(default=0)
    moved = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["giver"], condition=models.Q(finished_at=None), name="one_handover_of_a_person_at_a_time"
            ),
            models.UniqueConstraint(
                fields=["giver_department"],
                condition=models.Q(finished_at=None),
                name="one_handover_of_a_department_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    giver__isnull=False, taker__isnull=False, giver_department=None, taker_department=None
                )
                | models.Q(giver=None, taker=None, giver_department__isnull=False, taker_department__isnull=False),
                name="handover_between_two_of_a_sort",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} > {self.target}"

    @property
    def source(self) -> User | Department | None:
        """Whose work it is."""
        return self.giver or self.giver_department

    @property
    def target(self) -> User | Department | None:
        """Who takes it."""
        return self.taker or self.taker_department


class HandoverRefusal(models.Model):
    """A case of which something stayed where it was, and why, in the words of whoever asked."""

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="refused")
    number = models.CharField(max_length=40)
    why = models.TextField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.number
