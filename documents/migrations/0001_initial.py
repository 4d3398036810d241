"""Files and the checks of their store."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import documents.storage


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="StoreCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="at")),
                ("rows", models.PositiveIntegerField(verbose_name="rows")),
                ("blobs", models.PositiveIntegerField(verbose_name="stored objects")),
                ("size", models.PositiveBigIntegerField(verbose_name="bytes of all originals")),
                ("rows_without_bytes", models.PositiveIntegerField(verbose_name="rows without bytes")),
                ("bytes_without_row", models.PositiveIntegerField(verbose_name="stored objects without a row")),
                ("changed", models.PositiveIntegerField(verbose_name="originals whose digest does not fit")),
                ("first_missing", models.BigIntegerField(null=True, verbose_name="first file without bytes")),
            ],
            options={
                "verbose_name": "check of the store",
                "verbose_name_plural": "checks of the store",
                "get_latest_by": "at",
                "indexes": [models.Index(fields=["-at"], name="documents_storecheck_at")],
            },
        ),
        migrations.CreateModel(
            name="File",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(db_collation="C", max_length=64, verbose_name="digest")),
                ("size", models.PositiveBigIntegerField(help_text="Bytes of the original.", verbose_name="size")),
                (
                    "claimed_name",
                    models.CharField(
                        help_text="As the sender called it, made safe.", max_length=255, verbose_name="name"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("jpeg", "JPEG picture"),
                            ("png", "PNG picture"),
                            ("webp", "WebP picture"),
                            ("heic", "HEIC picture"),
                            ("pdf", "PDF document"),
                            ("docx", "Word document"),
                            ("xlsx", "Excel workbook"),
                            ("mp3", "MP3 recording"),
                            ("wav", "WAV recording"),
                            ("m4a", "M4A recording"),
                            ("amr", "AMR recording"),
                            ("mp4", "MP4 video"),
                            ("csv", "CSV table"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("media_type", models.CharField(max_length=100, verbose_name="media type")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("quarantined", "Waiting for the virus scanner"),
                            ("received", "Being prepared"),
                            ("ready", "Ready"),
                            ("refused", "Kept back"),
                        ],
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("flags", models.JSONField(blank=True, default=list, verbose_name="marks")),
                ("refusal", models.CharField(blank=True, max_length=20, verbose_name="why it is kept back")),
                ("finding", models.CharField(blank=True, max_length=200, verbose_name="what the scanner found")),
                (
                    "original",
                    models.FileField(
                        max_length=120,
                        storage=documents.storage.private,
                        upload_to=documents.storage.original_name,
                        verbose_name="original",
                    ),
                ),
                (
                    "rendition",
                    models.FileField(
                        blank=True,
                        max_length=120,
                        storage=documents.storage.private,
                        upload_to=documents.storage.rendition_name,
                        verbose_name="picture to show",
                    ),
                ),
                (
                    "thumbnail",
                    models.FileField(
                        blank=True,
                        max_length=120,
                        storage=documents.storage.private,
                        upload_to=documents.storage.rendition_name,
                        verbose_name="small picture",
                    ),
                ),
                (
                    "rendition_type",
                    models.CharField(blank=True, max_length=20, verbose_name="media type of the picture to show"),
                ),
                ("width", models.PositiveIntegerField(null=True, verbose_name="width")),
                ("height", models.PositiveIntegerField(null=True, verbose_name="height")),
                ("seconds", models.FloatField(help_text="Seconds.", null=True, verbose_name="playing time")),
                ("created_at", models.DateTimeField(verbose_name="received at")),
                ("uploaded_kind", models.CharField(max_length=10, verbose_name="kind of sender")),
                ("erased_at", models.DateTimeField(null=True, verbose_name="erased at")),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(null=True)),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        help_text="Empty for files from customers and from the system itself.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="sent by",
                    ),
                ),
            ],
            options={
                "verbose_name": "file",
                "verbose_name_plural": "files",
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_try_at__isnull", False)),
                        fields=["next_try_at"],
                        name="documents_file_due",
                    ),
                    models.Index(
                        condition=models.Q(("rendition", ""), _negated=True),
                        fields=["rendition"],
                        name="documents_file_rendition",
                    ),
                    models.Index(
                        condition=models.Q(("thumbnail", ""), _negated=True),
                        fields=["thumbnail"],
                        name="documents_file_thumbnail",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="documents_file_sha256"
                    ),
                    models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="documents_file_not_empty"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "jpeg",
                                    "png",
                                    "webp",
                                    "heic",
                                    "pdf",
                                    "docx",
                                    "xlsx",
                                    "mp3",
                                    "wav",
                                    "m4a",
                                    "amr",
                                    "mp4",
                                    "csv",
                                ],
                            )
                        ),
                        name="documents_file_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["quarantined", "received", "ready", "refused"])),
                        name="documents_file_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "refused"), models.Q(("refusal", ""), _negated=True)),
                            models.Q(models.Q(("state", "refused"), _negated=True), ("refusal", "")),
                            _connector="OR",
                        ),
                        name="documents_file_refused_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("next_try_at__isnull", True), ("state__in", ["ready", "refused"])),
                            models.Q(("next_try_at__isnull", False), ("state__in", ["received", "quarantined"])),
                            _connector="OR",
                        ),
                        name="documents_file_waits_for_a_try",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("claimed_name", ""),
                                ("erased_at__isnull", False),
                                ("original", ""),
                                ("rendition", ""),
                                ("thumbnail", ""),
                            ),
                            models.Q(("erased_at__isnull", True), models.Q(("original", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="documents_file_erased_is_blank",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("original", ""), _negated=True),
                        fields=("original",),
                        name="documents_file_original",
                    ),
                ],
            },
        ),
    ]
