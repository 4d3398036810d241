"""Assignments and measures in the order in which their ledgers are kept."""

from django.db import migrations, models
from django.db.models import F


class Migration(migrations.Migration):
    """By the time they were sent, and planned."""

    dependencies = [("cases", "0009_serial")]
    operations = [
        migrations.AddIndex("assignment", models.Index(F("sent_at"), F("id"), name="assignment_sent")),
        migrations.AddIndex("measure", models.Index(F("planned_at"), F("id"), name="measure_planned")),
    ]
