"""What somebody has begun to type, kept on the server."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F

from organization.models import User


class Draft(models.Model):
    """What somebody is typing, kept on the server until it is registered or thrown away."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(User, models.CASCADE, related_name="drafts")
    form = models.CharField(max_length=40, default="log")
    subject = models.CharField(max_length=60, blank=True)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["-updated_at"]
        indexes = [models.Index(F("user"), F("form"), F("updated_at").desc(), name="draft_of_user")]

    def __str__(self) -> str:
        return f"{self.form} {self.subject}"
