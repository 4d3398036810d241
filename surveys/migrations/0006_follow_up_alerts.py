"""When somebody is told that a follow-up is nearly due, or overdue."""

from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

#: The share of the time after which owners are warned, as the policy has it from now on.
WARN = 0.75


def set_alerts_of_what_is_open(apps, schema_editor):
    """Follow-ups that are open already warn as those that are opened from now on."""
    rows = apps.get_model("surveys", "FollowUp").objects
    for row in rows.filter(state__in=["open", "proposed"]).only("opened_at", "due_on").iterator():
        due_at = timezone.make_aware(datetime.combine(row.due_on + timedelta(days=1), time.min))
        row.next_alert_at = row.opened_at + (due_at - row.opened_at) * WARN
        row.save(update_fields=["next_alert_at"])


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0009_serial"),
        ("organization", "0001_initial"),
        ("surveys", "0005_one_settling_response"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="followup",
            name="alerts",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="followup",
            name="next_alert_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunPython(set_alerts_of_what_is_open, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="followup",
            index=models.Index(
                models.F("next_alert_at"),
                models.F("id"),
                condition=models.Q(("next_alert_at__isnull", False)),
                name="follow_up_alert",
            ),
        ),
    ]
