"""What is known about a file. Which record it belongs to is known by that record's own room only."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from documents.kinds import FACTS, PICTURES, Kind
from documents.refusals import sentence
from documents.storage import original_name, private, rendition_name

#: Characters of what an export is for.
LONGEST_PURPOSE = 200


class State(models.TextChoices):
    """How far a file has come."""

    QUARANTINED = "quarantined", _("Waiting for the virus scanner")
    RECEIVED = "received", _("Being prepared")
    READY = "ready", pgettext_lazy("file", "Ready")
    REFUSED = "refused", _("Kept back")


class FileQuerySet(models.QuerySet["File"]):
    """Conditions on files."""

    def due(self, now: dt.datetime) -> FileQuerySet:
        """Files that want to be scanned or made visible by now, the oldest first."""
        return self.filter(next_try_at__lte=now).order_by("next_try_at", "pk")

    def held(self) -> FileQuerySet:
        """Files that still have their bytes."""
        return self.filter(erased_at__isnull=True)


class File(models.Model):
    """One file as it came in, byte for byte, and the pictures of it that people may see.

    The original is evidence: it is never changed and never shown in a page. Its digest was computed while it was
    written. No column points upward; a case, a visit or a reply points here.

    Attributes:
        sha256, size: of the original; bytes.
        claimed_name: what the sender called it, made safe to show and to save.
        kind, media_type: our own decision from the content.
        flags: what a reader should know before opening it (see `inspection.Verdict`), and "unreadable" for a picture
            that could not be painted.
        refusal, finding: why it is kept back after it was stored, and what the scanner found.
        rendition, thumbnail, rendition_type: painted from a picture, at most 2048 and 320 points wide.
        width, height, seconds: of the original, where its header says so.
        uploaded_by, uploaded_kind: who sent it; customers and the system itself have no user.
        attempts, next_try_at: for the worker; a file that needs nothing more has no next try.
    """

    sha256 = models.CharField(max_length=64, db_collation="C")
    size = models.PositiveBigIntegerField()
    claimed_name = models.CharField(max_length=255)
    kind = models.CharField(max_length=10, choices=Kind)
    media_type = models.CharField(max_length=100)
    state = models.CharField(max_length=12, choices=State)
    flags = models.JSONField(default=list, blank=True)
    refusal = models.CharField(max_length=20, blank=True)
    finding = models.CharField(max_length=200, blank=True)

    original = models.FileField(storage=private, upload_to=original_name, max_length=120)
    rendition = models.FileField(storage=private, upload_to=rendition_name, max_length=120, blank=True)
    thumbnail = models.FileField(storage=private, upload_to=rendition_name, max_length=120, blank=True)
    rendition_type = models.CharField(max_length=20, blank=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    seconds = models.FloatField(null=True)

    created_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    uploaded_kind = models.CharField(max_length=10)
    erased_at = models.DateTimeField(null=True)

    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[File]] = FileQuerySet.as_manager()

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        constraints = [
            models.CheckConstraint(condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="documents_file_sha256"),
            models.CheckConstraint(condition=models.Q(size__gt=0), name="documents_file_not_empty"),
            models.CheckConstraint(condition=models.Q(kind__in=Kind.values), name="documents_file_kind"),
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="documents_file_state"),
            models.CheckConstraint(
                condition=models.Q(state=State.REFUSED) & ~models.Q(refusal="")
                | ~models.Q(state=State.REFUSED) & models.Q(refusal=""),
                name="documents_file_refused_why",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[State.READY, State.REFUSED], next_try_at__isnull=True)
                | models.Q(state__in=[State.RECEIVED, State.QUARANTINED], next_try_at__isnull=False),
                name="documents_file_waits_for_a_try",
            ),
            models.CheckConstraint(
                condition=models.Q(erased_at__isnull=False, original="", rendition="", thumbnail="", claimed_name="")
                | models.Q(erased_at__isnull=True) & ~models.Q(original=""),
                name="documents_file_erased_is_blank",
            ),
            models.UniqueConstraint(
                fields=["original"], name="documents_file_original", condition=~models.Q(original="")
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"], name="documents_file_due", condition=models.Q(next_try_at__isnull=False)
            ),
            models.Index(fields=["rendition"], name="documents_file_rendition", condition=~models.Q(rendition="")),
            models.Index(fields=["thumbnail"], name="documents_file_thumbnail", condition=~models.Q(thumbnail="")),
        ]

    def __str__(self) -> str:
        return self.claimed_name or f"#{self.pk}"

    @property
    def thread(self) -> str:
        """Name of this file's own history in the audit trail."""
        return f"file:{self.pk}"

    @property
    def is_picture(self) -> bool:
        """Whether a rendition is made of it."""
        return self.kind in PICTURES

    @property
    def has_rendition(self) -> bool:
        """Whether there is a picture that may be shown in a page."""
        return bool(self.rendition) and self.state == State.READY

    @property
    def is_available(self) -> bool:
        """Whether the original may be handed out to somebody with the right."""
        return self.state in (State.READY, State.RECEIVED) and self.erased_at is None

    @property
    def family(self) -> str:
        """picture, document, office, sheet, sound or film; for the icon beside the name."""
        return FACTS[Kind(self.kind)].family.value

    @property
    def why_kept_back(self) -> str:
        """The sentence for a file that was refused after it had been stored; empty for others."""
        if self.state != State.REFUSED:
            return ""
        return sentence(self.refusal, {"name": self.claimed_name, "found": self.finding})


class StoreCheck(models.Model):
    """What a comparison of rows and bytes found; the page "what is running" shows the newest."""

    at = models.DateTimeField()
    rows = models.PositiveIntegerField()
    blobs = models.PositiveIntegerField()
    size = models.PositiveBigIntegerField()
    rows_without_bytes = models.PositiveIntegerField()
    bytes_without_row = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    first_missing = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("check of the store")
        verbose_name_plural = _("checks of the store")
        indexes = [models.Index(fields=["-at"], name="documents_storecheck_at")]
        get_latest_by = "at"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"

    @property
    def is_clean(self) -> bool:
        """Nothing is missing and nothing was changed; objects without a row are only waste."""
        return not (self.rows_without_bytes or self.changed)


class Export(models.Model):
    """A table that somebody asked for as a workbook: for whom, which rows, how far; its file once it is written.

    Each room keeps its own; who took it, when and under which number stands in the file (SEC-13).
    """

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", pgettext_lazy("export", "Waiting")
        RUNNING = "running", pgettext_lazy("export", "Being written")
        DONE = "done", pgettext_lazy("export", "Ready")
        FAILED = "failed", pgettext_lazy("export", "Failed")

    number = models.CharField(max_length=20, unique=True, db_collation="C")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    purpose = models.CharField(max_length=LONGEST_PURPOSE)
    wanted = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    rows = models.PositiveIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    file = models.ForeignKey(File, models.PROTECT, null=True, related_name="+")

    class Meta:
        abstract = True
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number
