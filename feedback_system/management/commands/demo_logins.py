"""``manage.py demo_logins``: one login for each role and function of the demo."""

from typing import Any

from django.core.management.base import BaseCommand

from feedback_system.demo.people import PASSWORD, PEOPLE


class Command(BaseCommand):
    """Print the demo's logins."""

    help = "Print the demo's logins."

    def handle(self, *args: Any, **options: Any) -> None:
        """One line each; they share one password."""
        self.stdout.write(f"Demo logins, password {PASSWORD}:")
        for login, name, role, _department, _head, _function, what in PEOPLE:
            self.stdout.write(f"  {login:<12} {name}  {what} ({role})")
