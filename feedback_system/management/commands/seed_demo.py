"""``manage.py seed_demo``: the demo organisation, once; idempotent."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from feedback_system.demo.files import create_files
from feedback_system.demo.live import live_stories
from feedback_system.demo.people import create_cast
from feedback_system.demo.privacy import ask_about_data
from feedback_system.demo.reports import issue_reports
from feedback_system.demo.returns import live_returns
from feedback_system.demo.surveys import live_surveys
from organization.models import Organisation, User


class Command(BaseCommand):
    """Fill an empty database with the demo organisation."""

    help = "Fill an empty database with the demo organisation and its cases; does nothing when it is there."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Refuses to mix invented people with real ones."""
        if not settings.DEMO:
            raise CommandError("DEMO is off: this database is for real data.")
        if Organisation.objects.filter(is_demo=True).exists():
            return
        if User.objects.exists():
            raise CommandError("There are people in this database already; the demo needs an empty one.")
        cast = create_cast()
        create_files(cast)
        ask_about_data(cast)
        count = live_stories(cast)
        returns = live_returns(cast)
        answered = live_surveys(cast)
        issue_reports(cast)
        self.stdout.write(
            f"Demo organisation with {count} cases, {returns} returns and {answered} answered questionnaires."
        )
