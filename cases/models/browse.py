"""Filters of the case list that somebody keeps under a name."""

from __future__ import annotations

from django.db import models

from organization.models import User


class SavedView(models.Model):
    """A named list filter: private, or shared with everybody."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=1000)
    shared = models.BooleanField(default=False)
    pinned = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="view_name_once")]

    def __str__(self) -> str:
        return self.name
