"""`manage.py welcome`: what a start shows besides the address. One process, because each one costs a second."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """The demo's logins, or, once, the link of the first administrator."""

    help = "Fill the demonstration and print its logins; in a real installation print the first administrator's link."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Idempotent; runs with the application's rights."""
        if settings.DEMO:
            call_command("seed_demo", stdout=self.stdout)
            call_command("demo_logins", stdout=self.stdout)
        else:
            call_command("first_administrator", stdout=self.stdout)
