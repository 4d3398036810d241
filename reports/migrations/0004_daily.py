"""The sums that the dashboard reads (RPT-04, RPT-13)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0009_serial"),
        ("organization", "0001_initial"),
        ("reports", "0003_ledger_export"),
    ]

    operations = [
        migrations.CreateModel(
            name="Counting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("counted_at", models.DateTimeField(null=True)),
                ("recounted_to", models.BigIntegerField(default=0)),
                ("recounted_at", models.DateTimeField(null=True)),
                ("corrected", models.IntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="CaseDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("received", models.IntegerField(null=True)),
                ("repeated", models.IntegerField(null=True)),
                ("reopened", models.IntegerField(null=True)),
                ("handled", models.IntegerField(null=True)),
                ("closed", models.IntegerField(null=True)),
                ("sent", models.IntegerField(null=True)),
                ("returned", models.IntegerField(null=True)),
                ("answered", models.IntegerField(null=True)),
                ("acknowledgement_kept", models.IntegerField(null=True)),
                ("acknowledgement_recorded_late", models.IntegerField(null=True)),
                ("acknowledgement_late", models.IntegerField(null=True)),
                ("on_site_kept", models.IntegerField(null=True)),
                ("on_site_recorded_late", models.IntegerField(null=True)),
                ("on_site_late", models.IntegerField(null=True)),
                ("resolution_kept", models.IntegerField(null=True)),
                ("resolution_recorded_late", models.IntegerField(null=True)),
                ("resolution_late", models.IntegerField(null=True)),
                ("receipt_kept", models.IntegerField(null=True)),
                ("receipt_recorded_late", models.IntegerField(null=True)),
                ("receipt_late", models.IntegerField(null=True)),
                ("task_kept", models.IntegerField(null=True)),
                ("task_recorded_late", models.IntegerField(null=True)),
                ("task_late", models.IntegerField(null=True)),
                ("responses", models.IntegerField(null=True)),
                ("answers", models.IntegerField(null=True)),
                ("satisfied", models.IntegerField(null=True)),
                ("day", models.DateField()),
                ("judge_at", models.DateTimeField(null=True)),
                (
                    "case",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="cases.case",
                    ),
                ),
                (
                    "category",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.category",
                    ),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.channel",
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organization.department",
                    ),
                ),
                (
                    "kind",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.kind",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organization.product",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(models.F("day"), models.F("department"), name="caseday_day"),
                    models.Index(
                        models.F("judge_at"), condition=models.Q(("judge_at__isnull", False)), name="caseday_to_judge"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("case", "day", "department"), name="one_caseday", nulls_distinct=False
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Daily",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("received", models.IntegerField(null=True)),
                ("repeated", models.IntegerField(null=True)),
                ("reopened", models.IntegerField(null=True)),
                ("handled", models.IntegerField(null=True)),
                ("closed", models.IntegerField(null=True)),
                ("sent", models.IntegerField(null=True)),
                ("returned", models.IntegerField(null=True)),
                ("answered", models.IntegerField(null=True)),
                ("acknowledgement_kept", models.IntegerField(null=True)),
                ("acknowledgement_recorded_late", models.IntegerField(null=True)),
                ("acknowledgement_late", models.IntegerField(null=True)),
                ("on_site_kept", models.IntegerField(null=True)),
                ("on_site_recorded_late", models.IntegerField(null=True)),
                ("on_site_late", models.IntegerField(null=True)),
                ("resolution_kept", models.IntegerField(null=True)),
                ("resolution_recorded_late", models.IntegerField(null=True)),
                ("resolution_late", models.IntegerField(null=True)),
                ("receipt_kept", models.IntegerField(null=True)),
                ("receipt_recorded_late", models.IntegerField(null=True)),
                ("receipt_late", models.IntegerField(null=True)),
                ("task_kept", models.IntegerField(null=True)),
                ("task_recorded_late", models.IntegerField(null=True)),
                ("task_late", models.IntegerField(null=True)),
                ("responses", models.IntegerField(null=True)),
                ("answers", models.IntegerField(null=True)),
                ("satisfied", models.IntegerField(null=True)),
                (
                    "span",
                    models.CharField(
                        choices=[
                            ("day", "Day"),
                            ("month", "Month"),
                            ("house_day", "House Day"),
                            ("house_month", "House Month"),
                        ],
                        max_length=12,
                    ),
                ),
                ("day", models.DateField()),
                (
                    "department",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organization.department",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("span", "day", "department"), name="one_daily", nulls_distinct=False
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DailyCut",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "span",
                    models.CharField(
                        choices=[
                            ("day", "Day"),
                            ("month", "Month"),
                            ("house_day", "House Day"),
                            ("house_month", "House Month"),
                        ],
                        max_length=12,
                    ),
                ),
                ("day", models.DateField()),
                (
                    "cut",
                    models.CharField(
                        choices=[
                            ("category", "category"),
                            ("kind", "kind"),
                            ("channel", "channel"),
                            ("product", "product"),
                        ],
                        max_length=8,
                    ),
                ),
                ("key", models.BigIntegerField(null=True)),
                ("received", models.IntegerField()),
                (
                    "department",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organization.department",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("span", "cut", "day", "department", "key"), name="one_daily_cut", nulls_distinct=False
                    )
                ],
            },
        ),
    ]
