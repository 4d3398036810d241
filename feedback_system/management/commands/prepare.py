"""`manage.py prepare`: bring the database to this version, as its owner. Idempotent; every start calls it."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from feedback_system import installation, presets


class Command(BaseCommand):
    """Check whose database it is, migrate, grant rights, mark it, add the presets that are missing."""

    requires_system_checks: list[str] = []  # they read every address of the site: other commands do
    help = "Migrate the database and give the application's role its rights. Runs as the database's owner."

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuses with one sentence when DEMO and the database do not fit together."""
        kind = "demo" if settings.DEMO else "real"
        try:
            installation.check(kind)
        except installation.WrongKind as refusal:
            raise CommandError(str(refusal)) from refusal
        call_command("migrate", interactive=False, verbosity=0)
        if "db" in settings.CACHES["default"]["BACKEND"]:
            call_command("createcachetable", verbosity=0)
        call_command("rights", verbosity=0)
        installation.claim(kind)
        if kind == "real":  # the demonstration brings its own, under its own name
            presets.install()
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # whitenoise complains about an absent one
