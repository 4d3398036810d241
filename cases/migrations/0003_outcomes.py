"""An index for the filter by outcome: a rare end at a million cases."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    """Closed cases by their end, newest first."""

    dependencies = [("cases", "0002_statistics")]
    operations = [
        migrations.AddIndex(
            "case",
            models.Index(
                F("outcome"), F("received_at").desc(), F("id").desc(), name="case_outcome", condition=~Q(outcome="")
            ),
        )
    ]
