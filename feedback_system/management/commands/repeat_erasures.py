"""`manage.py repeat_erasures`: after a restore, erase again whom the backup brought back."""

from typing import Any

from django.core.management.base import BaseCommand

from feedback_system.privacy.erasure import repeat_all


class Command(BaseCommand):
    """Goes through the ledger of erasures, which lies outside the database."""

    help = "Repeat the erasures that a restored backup does not know."

    def handle(self, *args: Any, **options: Any) -> None:
        """As often as wished: who is erased already is passed over."""
        self.stdout.write(f"Erasures repeated: {repeat_all()}.")
