"""Deputies with dates (ORG-15)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import Blocked, InvalidInput, InvalidMove, Reason
from organization.models import Deputy, User

#: Longer than this is no absence but another post.
LONGEST = timedelta(days=366)


@transaction.atomic
def appoint_deputy(principal: User, deputy: User, *, by: Actor, starts_at: datetime, ends_at: datetime) -> Deputy:
    """Let somebody act for a colleague between two dates (ORG-15); the owner of cases stays.

    Nobody appoints himself or herself for somebody else: that would be taking rights, not lending them.
    """
    if by.id == deputy.pk:
        raise Blocked(
            [
                Reason(
                    "oneself",
                    _("Nobody makes himself or herself somebody's deputy. Ask the colleague or an administrator."),
                    "forbidden",
                )
            ]
        )
    _check(principal, deputy, starts_at, ends_at)
    row = Deputy.objects.create(principal=principal, deputy=deputy, starts_at=starts_at, ends_at=ends_at)
    record(
        f"user:{principal.pk}",
        "appoint_deputy",
        by=by,
        at=timezone.now(),
        changes={
            "deputy": (None, deputy.pk),
            "from": (None, starts_at.isoformat()),
            "until": (None, ends_at.isoformat()),
        },
    )
    return row


def _check(principal: User, deputy: User, starts_at: datetime, ends_at: datetime) -> None:
    if principal.pk == deputy.pk:
        raise InvalidInput("deputy", _("Nobody is his or her own deputy."))
    for field, user in (("principal", principal), ("deputy", deputy)):
        if not user.is_active:
            raise InvalidInput(field, _("%(name)s is not active.") % {"name": user.name})
    if ends_at <= starts_at:
        raise InvalidInput("ends_at", _("The end must lie after the beginning."))
    if ends_at <= timezone.now():
        raise InvalidInput("ends_at", _("This time is over already. Please choose a later end."))
    if ends_at - starts_at > LONGEST:
        raise InvalidInput("ends_at", _("A deputyship lasts at most a year. Please choose an earlier end."))
    if Deputy.objects.filter(principal=principal, deputy=deputy, starts_at__lt=ends_at, ends_at__gt=starts_at).exists():
        raise InvalidInput(
            "starts_at", _("%(deputy)s acts for %(name)s in that time already.") % {"deputy": deputy, "name": principal}
        )


@transaction.atomic
def dismiss_deputy(row: Deputy, *, by: Actor) -> None:
    """End a deputyship now."""
    row = Deputy.objects.select_for_update().get(pk=row.pk)
    now = timezone.now()
    if row.ends_at <= now:
        raise InvalidMove(_("This deputyship has ended already."))
    if row.starts_at >= now:
        row.delete()
    else:
        row.ends_at = now
        row.save(update_fields=["ends_at"])
    record(f"user:{row.principal_id}", "dismiss_deputy", by=by, at=now, changes={"deputy": (row.deputy_id, None)})
