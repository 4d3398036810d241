"""``manage.py rights``: give the application's role its rights; run by the owner after every migration."""

from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection
from psycopg2 import sql

from audit.rights import APPEND_ONLY

#: Published profile versions are never changed (a trigger refuses it for everybody).
IMMUTABLE = {"regulations_profileversion": ("SELECT", "INSERT")}


def grant(role: str) -> None:
    """SELECT, INSERT, UPDATE and DELETE everywhere, less on what must stay as it was written."""
    who = sql.Identifier(role)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(who))
        cursor.execute(sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(who))
        cursor.execute(sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(who))
        for table, privileges in {**APPEND_ONLY, **IMMUTABLE}.items():
            name = sql.Identifier(table)
            cursor.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(name, who))
            for privilege in privileges:
                cursor.execute(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(privilege), name, who))


class Command(BaseCommand):
    """Grant, when application and owner are two roles."""

    help = "Give the application's database role its rights. Runs as the database's owner."

    def handle(self, *args: Any, **options: Any) -> None:
        """Nothing to do, and said so, when there is one role only."""
        if not settings.AUDIT_PROTECTED_BY_RIGHTS:
            self.stdout.write("One database role owns and uses the tables: the audit is not protected by rights.")
            return
        grant(unquote(urlsplit(settings.DATABASE_URL).username or ""))
