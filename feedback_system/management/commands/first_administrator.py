"""``manage.py first_administrator``: an empty installation's first link; printed once."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from audit.actor import Actor
from feedback_system import presets
from organization.actions.invitations import invite
from organization.actions.people import Person, create_user
from organization.models import Role, User


class Command(BaseCommand):
    """Install the presets; where nobody can log in yet, make an administrator and print the link."""

    help = "Install the presets and, once, print the link with which the first administrator sets a password."

    def handle(self, *args: Any, **options: Any) -> None:
        """Says nothing when somebody can log in already; the link is never printed a second time by itself."""
        presets.install()
        if User.objects.exists():
            return
        system = Actor.system("install")
        user = create_user(Person("admin", "系统管理员", Role.ADMINISTRATOR), by=system)
        token = invite(user, by=system)
        self.stdout.write(
            f"First administrator (login name admin); the link is valid for {settings.INVITATION_HOURS} hours and"
            " shown once:\n"
            f"  {settings.SITE_URL}/accounts/invitation/{token}/"
        )
