"""The case slip of a round that ended is filed; an answered demand keeps how senior the answer was."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Rounds that ended before this owe no slip; demands that were answered before have no rank of their own."""

    dependencies = [("cases", "0004_bulk")]
    operations = [
        migrations.AddField(
            "round",
            "slip_owed",
            models.BooleanField(default=False, help_text="Ended here, and its case slip is not filed yet (RES-13)."),
        ),
        migrations.AddIndex(
            "round",
            models.Index(models.F("id"), condition=models.Q(("slip_owed", True)), name="round_slip_owed"),
        ),
        migrations.AddField(
            "escalation",
            "answered_rank",
            models.PositiveSmallIntegerField(
                null=True, help_text="How senior the decision was: a deputy's is as senior as the person deputised for."
            ),
        ),
    ]
