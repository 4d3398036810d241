"""Publishing profile versions and finding the one that a new record is bound to."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput, StaleRecord
from organization.models import Product, Site, User
from regulations import document
from regulations.document import P
from regulations.models import Profile, ProfileUse, ProfileVersion


@transaction.atomic
def publish(profile: Profile, body: Mapping[str, Any], *, by: Actor, reason: str) -> ProfileVersion:
    """Publish the next version of a profile; later records use it, earlier ones keep theirs (GEN-02).

    Raises ``pydantic.ValidationError`` when the document is not complete (A-04).
    """
    document.parse(body)
    locked = Profile.objects.select_for_update().get(pk=profile.pk)
    last = locked.versions.aggregate(last=Max("number"))["last"] or 0
    version = ProfileVersion.objects.create(
        profile=locked,
        number=last + 1,
        document=dict(body),
        published_at=timezone.now(),
        by=User.objects.filter(pk=by.id).first() if by.id else None,
        reason=reason,
    )
    record(
        f"profile:{locked.pk}",
        "publish",
        by=by,
        at=version.published_at,
        changes={"number": (last or None, version.number), "reason": (None, reason)},
    )
    return version


@transaction.atomic
def publish_next(
    profile: Profile, change: Callable[[dict[str, Any]], None], *, by: Actor, base: int, reason: str
) -> ProfileVersion:
    """Publish the next version with what ``change`` makes of a copy of the document.

    ``base`` is the version that the page showed: raises ``StaleRecord`` when there is a newer one, and
    ``InvalidInput`` without a reason or a change.
    """
    if not reason.strip():
        raise InvalidInput("reason", _("Please say why it changes; it stands in the profile's history."))
    current = Profile.objects.select_for_update().get(pk=profile.pk).versions.latest("number")
    if current.number != base:
        raise StaleRecord([str(current)])
    body = copy.deepcopy(current.document)
    change(body)
    if body == current.document:
        raise InvalidInput("reason", _("Nothing was changed, so no new version is needed."))
    return publish(profile, body, by=by, reason=reason)


def part_in_force(of: type[P]) -> P:
    """A part of the profile that applies everywhere; raises like `version_for`."""
    return version_for(site=None, product=None).part(of)


def version_for(*, site: Site | None, product: Product | None) -> ProfileVersion:
    """The newest version of the profile that applies: by site, then business line, then default.

    One query. Raises ``ProfileVersion.DoesNotExist`` when no default profile is in use.
    """
    lines = product.lineage if product else []
    sites = site.lineage if site else []
    uses = ProfileUse.objects.filter(
        Q(site_id__in=sites) | Q(line_id__in=lines) | Q(site__isnull=True, line__isnull=True)
    )
    newest = (
        ProfileVersion.objects.filter(profile__uses__in=uses)
        .annotate(use_site=F("profile__uses__site_id"), use_line=F("profile__uses__line_id"))
        .select_related("profile")
        .defer("document")  # its parts are parsed once a process
        .order_by("profile__uses__id", "-number")
        .distinct("profile__uses__id")
    )

    def nearness(version: Any) -> tuple[int, int]:
        if version.use_site is not None:
            return 2, sites.index(version.use_site)
        return (1, lines.index(version.use_line)) if version.use_line is not None else (0, 0)

    version = max(newest, key=nearness, default=None)
    if version is None:
        raise ProfileVersion.DoesNotExist("No regulation profile is in use.")
    return version
