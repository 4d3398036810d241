"""What a person changes about himself or herself."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput
from organization.models import User


@transaction.atomic
def choose_language(user: User, language: str, *, by: Actor) -> User:
    """Choose the language of the pages and of the messages that this person gets."""
    if language not in dict(settings.LANGUAGES):
        raise InvalidInput("language", _("Please choose one of the languages."))
    row = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if row.language != language:
        old, row.language = row.language, language
        row.save(update_fields=["language"])
        record(f"user:{row.pk}", "choose_language", by=by, at=timezone.now(), changes={"language": (old, language)})
    return row
