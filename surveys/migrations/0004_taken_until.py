"""Until when a call is its caller's alone."""

from datetime import timedelta

from django.conf import settings
from django.db import migrations, models
from django.db.models import F


def give_taken_calls_an_end(apps, schema_editor):
    """What is being called just now stays its caller's for the half hour that held until then."""
    rows = apps.get_model("surveys", "Callback").objects.filter(state="waiting", taken_by__isnull=False)
    rows.update(taken_until=F("taken_at") + timedelta(minutes=30))


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0009_serial"),
        ("surveys", "0003_record_export"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="callback",
            name="taken_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunPython(give_taken_calls_an_end, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="callback",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("taken_by__isnull", True), ("taken_until__isnull", True)),
                    models.Q(("taken_by__isnull", False), ("taken_until__isnull", False)),
                    models.Q(("state", "waiting"), _negated=True),
                    _connector="OR",
                ),
                name="callback_taken_has_end",
            ),
        ),
    ]
