"""What people agreed to: versioned texts, and each agreement."""

from __future__ import annotations

from django.db import models
from django.db.models import F

from customers.models.people import Customer


class ConsentText(models.Model):
    """A version of the words that people agree to; immutable once used (PIPL 14, 17)."""

    purpose = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    text = models.TextField()
    text_en = models.TextField(blank=True)
    published_at = models.DateTimeField()

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["purpose", "version"], name="one_consent_text_version")]

    def __str__(self) -> str:
        return f"{self.purpose} v{self.version}"


class Consent(models.Model):
    """Somebody's agreement to a versioned text, for one purpose, through one channel (CUS-19)."""

    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="consents")
    text = models.ForeignKey(ConsentText, models.PROTECT, related_name="+")
    thread = models.CharField(max_length=60, help_text="The record with which it was given.")
    channel = models.CharField(max_length=40)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(F("thread"), name="consent_thread")]

    def __str__(self) -> str:
        return f"{self.text} ({self.thread})"
