"""`manage.py compile_catalogues`: the translations, without the gettext programs."""

from typing import Any

from django.core.management.base import BaseCommand

from feedback_system.catalogues import compile_catalogues


class Command(BaseCommand):
    """Compile what is missing or older than its source."""

    help = "Compile locale/*/LC_MESSAGES/*.po where the .mo is missing or older."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many were written."""
        self.stdout.write(f"{compile_catalogues()} catalogues compiled")
