"""Acts on many cases as rows with progress."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """What was asked, how far it is, and what was refused."""

    dependencies = [("cases", "0003_outcomes"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            name="BulkAct",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "act",
                    models.CharField(
                        choices=[("acknowledge", "Acknowledge"), ("verify", "Verify"), ("dispatch", "Dispatch")],
                        max_length=20,
                    ),
                ),
                ("wish", models.JSONField(default=dict)),
                ("query", models.CharField(blank=True, max_length=2000)),
                (
                    "cases",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None),
                ),
                ("position", models.PositiveIntegerField(default=0)),
                ("started_at", models.DateTimeField()),
                ("moved_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("finished_at__isnull", True)), fields=["moved_at"], name="bulk_running"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkRefusal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20)),
                ("reasons", models.JSONField(default=list)),
                ("visible", models.BooleanField(default=True)),
                (
                    "bulk",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="refusals", to="cases.bulkact"
                    ),
                ),
            ],
            options={"ordering": ["id"]},
        ),
    ]
