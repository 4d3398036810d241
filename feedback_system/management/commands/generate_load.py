"""``manage.py generate_load --cases N --texts FILE``: an organisation with three years of cases, for measuring."""

import argparse
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from audit.exceptions import DomainError
from cases.models import Case
from feedback_system.load.people import FIXED, PASSWORD
from feedback_system.load.returns import write_returns
from feedback_system.load.run import Wish, generate
from feedback_system.load.surveys import write_queue, write_responses
from organization.models import User


class Command(BaseCommand):
    """Refuses to touch a database that holds anything."""

    help = "Fill an empty database with generated cases. Run it as the database's owner, in a data folder of its own."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """How much, of what texts, and how mixed."""
        parser.add_argument("--cases", type=int, required=True)
        parser.add_argument("--texts", type=Path, required=True, help="CSV or XLSX with text, sentiment, product.")
        parser.add_argument("--seed", type=int, default=1, help="The same seed gives the same load.")
        parser.add_argument("--departments", type=int, default=200)
        parser.add_argument("--days", type=int, default=3 * 365)
        parser.add_argument("--open-share", type=float, default=0.03, help="Part of the cases that stand open.")
        parser.add_argument("--customers", type=int, default=0, help="One for every five cases by default.")

        parser.add_argument("--returns", type=int, default=0, help="Goods that came back, over the same time.")
        parser.add_argument("--responses", type=int, default=0, help="Customers who said what they think, likewise.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Generate, then gather statistics."""
        if settings.DEMO:
            raise CommandError("DEMO is on: generated load would mix with the demonstration. Start with DEMO=0.")
        if Case.objects.exists() or User.objects.exists():
            raise CommandError(
                "This database holds people or cases already. Generated load needs an empty one: set HUIYIN_DATA to a"
                " new folder."
            )
        names = ("cases", "texts", "seed", "departments", "days", "open_share", "customers")
        try:
            seconds = generate(Wish(**{name: options[name] for name in names}), say=self.stdout.write)
        except (DomainError, OSError) as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["returns"]:
            write_returns(options["returns"], seed=options["seed"], days=options["days"], say=self.stdout.write)
        if options["responses"]:
            write_responses(options["responses"], seed=options["seed"], days=options["days"], say=self.stdout.write)
            write_queue(say=self.stdout.write)
        if not connection.in_atomic_block:
            with connection.cursor() as cursor:
                cursor.execute("VACUUM (ANALYZE)")
        total = sum(seconds.values())
        self.stdout.write(f"{options['cases']:,} cases in {total:.0f} s, {options['cases'] / total:.0f} a second.")
        self.stdout.write(f"Logins, password {PASSWORD}: {', '.join(login for login, *_ in FIXED)}")
