"""A round is settled by one answer, whoever is quicker."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0009_serial"),
        ("customers", "0009_submission_key"),
        ("organization", "0001_initial"),
        ("surveys", "0004_taken_until"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="response",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    models.Q(("source", "collected"), _negated=True), models.Q(("genuine", "doubtful"), _negated=True)
                ),
                fields=("case", "round"),
                name="one_settling_response_per_round",
            ),
        ),
    ]
