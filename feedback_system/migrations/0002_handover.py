"""Hand-overs that go on in the background: one row each, and what stayed where it was."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

PLACE = {"null": True, "on_delete": django.db.models.deletion.PROTECT, "related_name": "+"}


class Migration(migrations.Migration):
    dependencies = [
        ("feedback_system", "0001_installation"),
        ("organization", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Handover",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField()),
                ("progress_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("total", models.PositiveIntegerField()),
                ("done", models.PositiveIntegerField(default=0)),
                ("after", models.BigIntegerField(default=0)),
                ("moved", models.JSONField(default=dict)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("giver", models.ForeignKey(to=settings.AUTH_USER_MODEL, **PLACE)),
                ("taker", models.ForeignKey(to=settings.AUTH_USER_MODEL, **PLACE)),
                ("giver_department", models.ForeignKey(to="organization.department", **PLACE)),
                ("taker_department", models.ForeignKey(to="organization.department", **PLACE)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("finished_at", None)),
                        fields=("giver",),
                        name="one_handover_of_a_person_at_a_time",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("finished_at", None)),
                        fields=("giver_department",),
                        name="one_handover_of_a_department_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("giver__isnull", False),
                            ("giver_department", None),
                            ("taker__isnull", False),
                            ("taker_department", None),
                        )
                        | models.Q(
                            ("giver", None),
                            ("giver_department__isnull", False),
                            ("taker", None),
                            ("taker_department__isnull", False),
                        ),
                        name="handover_between_two_of_a_sort",
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="HandoverRefusal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=40)),
                ("why", models.TextField()),
                (
                    "handover",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="refused",
                        to="feedback_system.handover",
                    ),
                ),
            ],
            options={"ordering": ["id"]},
        ),
    ]
