"""Finer statistics, so that the planner walks by date for common words and readers and uses the index for rare ones."""

from django.db import migrations

COLUMNS = ("search", "contact_search", "readers", "barred")


class Migration(migrations.Migration):
    """Measured at a million cases: without it, rare words walk the whole table."""

    dependencies = [("cases", "0001_initial")]
    operations = [
        migrations.RunSQL(
            [f"ALTER TABLE cases_case ALTER COLUMN {column} SET STATISTICS 1000" for column in COLUMNS],
            [f"ALTER TABLE cases_case ALTER COLUMN {column} SET STATISTICS -1" for column in COLUMNS],
        )
    ]
