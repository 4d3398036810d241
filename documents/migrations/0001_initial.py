"""Files, and the checks of their store."""

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
                ("at", models.DateTimeField()),
                ("rows", models.PositiveIntegerField()),
                ("blobs", models.PositiveIntegerField()),
                ("size", models.PositiveBigIntegerField()),
                ("rows_without_bytes", models.PositiveIntegerField()),
                ("bytes_without_row", models.PositiveIntegerField()),
                ("changed", models.PositiveIntegerField()),
                ("first_missing", models.BigIntegerField(null=True)),
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
                ("sha256", models.CharField(db_collation="C", max_length=64)),
                ("size", models.PositiveBigIntegerField()),
                ("claimed_name", models.CharField(max_length=255)),
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
                    ),
                ),
                ("media_type", models.CharField(max_length=100)),
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
                    ),
                ),
                ("flags", models.JSONField(blank=True, default=list)),
                ("refusal", models.CharField(blank=True, max_length=20)),
                ("finding", models.CharField(blank=True, max_length=200)),
                (
                    "original",
                    models.FileField(
                        max_length=120, storage=documents.storage.private, upload_to=documents.storage.original_name
                    ),
                ),
                (
                    "rendition",
                    models.FileField(
                        blank=True,
                        max_length=120,
                        storage=documents.storage.private,
                        upload_to=documents.storage.rendition_name,
                    ),
                ),
                (
                    "thumbnail",
                    models.FileField(
                        blank=True,
                        max_length=120,
                        storage=documents.storage.private,
                        upload_to=documents.storage.rendition_name,
                    ),
                ),
                ("rendition_type", models.CharField(blank=True, max_length=20)),
                ("width", models.PositiveIntegerField(null=True)),
                ("height", models.PositiveIntegerField(null=True)),
                ("seconds", models.FloatField(null=True)),
                ("created_at", models.DateTimeField()),
                ("uploaded_kind", models.CharField(max_length=10)),
                ("erased_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(null=True)),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
