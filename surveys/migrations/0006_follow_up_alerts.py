"""When somebody is told that a follow-up is nearly due, or overdue."""

from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

#: Warned after three quarters of the time, as the policy has it from now on. Of what is overdue already nobody is
#: told: the list shows it, and hundreds of messages at once help nobody.
SET_ALERTS = """
UPDATE surveys_followup f
   SET next_alert_at = f.opened_at + (due.at - f.opened_at) * 0.75
  FROM (SELECT id, (due_on + 1)::timestamp AT TIME ZONE %s AS at FROM surveys_followup) due
 WHERE due.id = f.id AND f.state IN ('open', 'proposed') AND due.at > %s
"""


def set_alerts_of_what_is_open(apps, schema_editor):
    """Follow-ups that are open already, and not overdue, warn as those that are opened from now on."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(SET_ALERTS, [timezone.get_default_timezone_name(), timezone.now()])


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
