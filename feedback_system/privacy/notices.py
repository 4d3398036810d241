"""Who is told of requests about personal data and of destructions. Everything goes through the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from customers.rights import heads_the_files, is_general_manager
from feedback_system.models import DataRequest, Destruction
from notifications import readers, templates
from notifications.actions import enqueue, for_colleague
from organization.models import User
from organization.models.units import Function
from organization.queries import identities_of, identity_of, people_with_function

THREAD = "privacy"
_TEXTS = {
    "data_request_made": (
        _("Somebody asks about personal data: {what}"),
        _("A request about personal data came in: {what}. Please answer it until {until}."),
    ),
    "data_request_due": (
        _("A request about personal data is due: {what}"),
        _("The request “{what}” must be answered until {until}. Nobody has answered it yet."),
    ),
    "erasure_asked": (
        _("An erasure of personal data waits for you"),
        _("{person} asks you to approve an erasure of personal data. It cannot be undone."),
    ),
    "erasure_decided": (
        _("The erasure was decided: {what}"),
        _("Your request to erase personal data was decided: {what}."),
    ),
    "destruction_asked": (
        _("A destruction of records waits for you: {what}"),
        _("{person} asks you to approve the destruction {what}: {count} records whose time is over."),
    ),
    "destruction_done": (
        _("The destruction {what} is done"),
        _("{count} records were destroyed, {spared} were spared. The certificate lies on the page."),
    ),
}
_NAMES = ("what", "until", "person", "count", "spared")


def register() -> None:
    """Make the texts known to the outbox, and who may be told."""
    for kind, (subject, body) in _TEXTS.items():
        templates.register(kind, subject=subject, body=body, names=_NAMES)
    readers.register(THREAD, _may_read)


def _may_read(thread: str, user: User) -> bool:
    who = identity_of(user)
    return heads_the_files(who) or is_general_manager(who)


def heads() -> list[User]:
    """The heads of the customer files, active ones: who answers."""
    people = {user.pk: user for user in people_with_function(Function.HUB)}
    who = identities_of(list(people)) if people else {}
    return [user for pk, user in sorted(people.items()) if heads_the_files(who[pk])]


def request_made(row: DataRequest) -> None:
    """Tell who answers that a customer asked."""
    _tell(heads(), "data_request_made", f"{row.pk}", _request(row), what=row.get_kind_display(), until=row.due_at)


def request_due(row: DataRequest) -> None:
    """Remind who answers; once."""
    _tell(heads(), "data_request_due", f"{row.pk}", _request(row), what=row.get_kind_display(), until=row.due_at)


def erasure_asked(row: DataRequest, *, by: User) -> None:
    """Tell the general manager that somebody waits."""
    managers = people_with_function(Function.GENERAL_MANAGER)
    _tell(managers, "erasure_asked", f"{row.pk}:{row.approval_id}", _request(row), person=by.name)


def erasure_decided(row: DataRequest, *, to: User, what: str) -> None:
    """Tell who asked what was decided."""
    _tell([to], "erasure_decided", f"{row.pk}:{row.approval_id}", _request(row), what=what)


def destruction_asked(row: Destruction, *, by: User) -> None:
    """Tell the general manager that a list waits."""
    managers = people_with_function(Function.GENERAL_MANAGER)
    path = f"/privacy/destructions/{row.number}/"
    _tell(managers, "destruction_asked", row.number, path, person=by.name, what=row.number, count=len(row.keys))


def destruction_done(row: Destruction) -> None:
    """Tell who made the list what came of it."""
    path = f"/privacy/destructions/{row.number}/"
    counts = {"count": row.destroyed, "spared": len(row.spared)}
    _tell([row.listed_by], "destruction_done", row.number, path, what=row.number, **counts)


def _request(row: DataRequest) -> str:
    return f"/privacy/requests/{row.pk}/"


def _tell(people: Iterable[User], kind: str, key: str, path: str, **context: Any) -> None:
    values: Mapping[str, Any] = dict.fromkeys(_NAMES, "") | context
    for user in people:
        with translation.override(user.language):
            shown = {name: str(value) if name == "what" else value for name, value in values.items()}
        for message in for_colleague(
            user, kind=kind, thread=THREAD, key=f"{THREAD}:{kind}:{key}", context=shown, path=path
        ):
            enqueue(message)
