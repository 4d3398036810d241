"""``manage.py first_administrator``: an empty installation's first link; printed once."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.actor import Actor
from organization.actions.invitations import invite
from organization.actions.people import Person, create_user
from organization.models import Role, User


class Command(BaseCommand):
    """Where nobody can log in yet, make an administrator and print the link."""

    help = "Print, once, the link with which the first administrator sets a password."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether the first link was lost."""
        parser.add_argument("--again", action="store_true", help="a new link, while no administrator has a password")

    def handle(self, *args: Any, **options: Any) -> None:
        """Says nothing when somebody was made already; the link is never printed a second time by itself."""
        system = Actor.system("install")
        if options["again"]:
            user = self._waiting()
        elif User.objects.exists():
            return
        else:
            user = create_user(Person("admin", "系统管理员", Role.ADMINISTRATOR), by=system)
        token = invite(user, by=system)
        self.stdout.write(
            f"First administrator (login name {user.username}); the link is valid for"
            f" {settings.INVITATION_HOURS} hours and shown once:\n"
            f"  {settings.SITE_URL}/accounts/invitation/{token}/"
        )

    def _waiting(self) -> User:
        """The administrator who never set a password; who has one makes links for the others on their pages."""
        administrators = list(User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).order_by("pk"))
        if not administrators:
            raise CommandError("There is no administrator yet. Run first_administrator without --again.")
        for user in administrators:
            if user.has_usable_password():
                raise CommandError(
                    f"{user.username} has a password and makes new links on the page of each colleague. "
                    "Nothing was changed."
                )
        return administrators[0]
