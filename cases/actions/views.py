"""Saved views: a list's filters under a name, private or shared."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from cases.models import SavedView
from organization.models import User

MOST_VIEWS = 50


@dataclass(frozen=True)
class NewView:
    """A name for a list: ``query`` is what stands behind the question mark, checked by its form."""

    name: str
    query: str
    shared: bool = False
    pinned: bool = True


@transaction.atomic
def save_view(new: NewView, *, owner: User, by: Actor) -> SavedView:
    """Keep a list under a name; the same name again replaces the view."""
    if not new.name.strip():
        raise InvalidInput("name", _("Please give the view a name."))
    mine = SavedView.objects.filter(owner=owner)
    known = mine.filter(name=new.name).first()
    if known is None and mine.count() >= MOST_VIEWS:
        raise InvalidMove(_("You have %(n)d views already. Please delete one first.") % {"n": MOST_VIEWS})
    values = {"query": new.query, "shared": new.shared, "pinned": new.pinned}
    last = mine.aggregate(last=Max("position"))["last"] or 0
    try:
        with transaction.atomic():
            row, created = SavedView.objects.update_or_create(
                owner=owner, name=new.name, defaults=values, create_defaults=values | {"position": last + 1}
            )
    except IntegrityError as error:  # the same name twice at once
        raise InvalidInput("name", _("A view of this name was just saved. Please reload the page.")) from error
    record(
        owner_thread(owner),
        "save_view",
        by=by,
        at=timezone.now(),
        changes={"shared": (None, row.shared)},
        sealed={"name": (None, row.name), "view": (known.query if known else None, row.query)},
    )
    return row if created else SavedView.objects.get(pk=row.pk)


@transaction.atomic
def delete_view(view: SavedView, *, by: Actor) -> None:
    """Forget a view; the cases it listed are not touched."""
    owner, name, query = view.owner, view.name, view.query
    view.delete()
    record(
        owner_thread(owner),
        "delete_view",
        by=by,
        at=timezone.now(),
        sealed={"name": (name, None), "view": (query, None)},
    )


def owner_thread(owner: User) -> str:
    """The history in which somebody's own settings stand."""
    return f"user:{owner.pk}"
