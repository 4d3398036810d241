"""The indexes of the words keep fewer entries waiting.

Whoever fills the list of waiting entries empties it, while registering, with the counter of numbers in hand: with
PostgreSQL's 4 MB that took up to half a second on a busy machine. The index is not built again.
"""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations
from django.db.migrations.operations.base import Operation

_LIMIT_KB = 256


def _with_limit(name: str, fields: list[str]) -> list[Operation]:
    return [
        migrations.RemoveIndex("case", name),
        migrations.AddIndex("case", GinIndex(fields=fields, name=name, gin_pending_list_limit=_LIMIT_KB)),
    ]


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_slips_ranks")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                *_with_limit("case_search", ["search"]),
                *_with_limit("case_contact_search", ["contact_search"]),
            ],
            database_operations=[
                migrations.RunSQL(
                    f"ALTER INDEX case_search SET (gin_pending_list_limit = {_LIMIT_KB});"
                    f"ALTER INDEX case_contact_search SET (gin_pending_list_limit = {_LIMIT_KB})",
                    "ALTER INDEX case_search RESET (gin_pending_list_limit);"
                    "ALTER INDEX case_contact_search RESET (gin_pending_list_limit)",
                )
            ],
        )
    ]
