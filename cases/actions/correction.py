"""What is missing is asked for, what is wrong is corrected, with the old value kept."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import InvalidInput
from cases import lifecycle, notices
from cases.actions.moves import Extra, enter, finish, lock, required, user_of, write_search
from cases.lifecycle import MOVES, State
from cases.models import Case, Contact
from customers.actions.living import hold_living


@transaction.atomic
def ask_completion(case: Case, *, by: Actor, missing: str) -> Case:
    """Put a case on hold because something is missing; the request to the customer is kept (INT-18)."""
    required(missing, "missing", _("Please say what the customer should tell us."))
    case = lock(case, "ask_completion")
    now = timezone.now()
    enter(case, MOVES["ask_completion"], at=now)
    finish(case, "ask_completion", by=by, at=now, extra=Extra(sealed={"missing": (None, missing)}))
    Contact.objects.create(
        case=case,
        direction=Contact.Direction.OUT,
        channel=case.channel,
        text=missing,
        happened_at=now,
        recorded_at=now,
        by=user_of(by),
        by_label=by.label,
    )
    write_search(case)
    notices.completion_asked(case, missing)
    return case


@transaction.atomic
def complete(case: Case, *, by: Actor) -> Case:
    """Return an incomplete case to the state that it left."""
    case = lock(case, "complete")
    now = timezone.now()
    enter(case, MOVES["complete"], at=now)
    finish(case, "complete", by=by, at=now)
    return case


def complete_if_filled(case: Case, *, by: Actor) -> Case:
    """After a supplement: an incomplete case goes back by itself when its required fields are filled."""
    case.refresh_from_db()
    if case.state != State.INCOMPLETE or missing_fields(case):
        return case
    case.expected_version = None
    return complete(case, by=by)


def missing_fields(case: Case) -> list[str]:
    """Fields that the profile requires of this kind and that are empty."""
    return [name for name in case.policy.rule(case.kind.code).required if not getattr(case, name, None)]


#: What may be corrected after registration; number, times, first-asked person and channel never.
CORRECTABLE = (
    "subject",
    "demand",
    "reporter_name",
    "reporter_organisation",
    "reporter_phone",
    "reporter_email",
    "contact_refused",
    "product",
    "product_text",
    "batch",
    "serial",
    "quantity",
    "order_number",
    "purchased_on",
    "shipped_on",
    "site",
    "accused_department",
    "salesperson",
    "stage",
    "customer",
)


@transaction.atomic
def correct(case: Case, values: dict[str, Any], *, by: Actor, reason: str) -> Case:
    """Correct typed fields; the old value stays in the history.

    Raises ``InvalidInput`` for a field that is not correctable, or without a reason. The customer's
    date is none of them: another one needs the customer's consent (A-08, ``agree_date``).
    """
    required(reason, "reason", _("Please say why this is corrected."))
    if named := values.get("customer"):  # taken before the case: so do all, and nobody waits in a circle
        values = values | {"customer": hold_living([named.pk]).get(named.pk)}
    case = lock(case, sources=lifecycle.OPEN)
    unknown = set(values) - set(CORRECTABLE)
    if unknown:
        raise InvalidInput(sorted(unknown)[0], _("This field cannot be changed after registration."))
    now = timezone.now()
    had_contact = case.has_contact
    for name, value in values.items():
        setattr(case, name, value)
    if had_contact and not case.has_contact and case.acknowledged_at is not None:
        # Without a contact neither reply nor opinion is owed: no correction makes that so.
        raise InvalidInput("contact", _("There was a contact: correct it, but do not take it away."))
    if not (case.has_contact or case.contact_refused):
        raise InvalidInput("contact", _("Please enter a telephone number or e-mail address, or tick “not given”."))
    finish(case, "correct", by=by, at=now, extra=Extra(sealed={"reason": (None, reason)}))
    return complete_if_filled(case, by=by) if case.state == State.INCOMPLETE else case
