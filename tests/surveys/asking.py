"""Closed cases that are asked about: surveys running, rounds closed, days gone by."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from django.test import Client
from django.utils import timezone

from audit.actor import Actor
from cases.actions.intake import Reporter
from cases.models import Case
from customers.actions.people import NewCustomer, create_customer
from customers.models import Customer
from surveys.actions.inviting import sweep_invitations
from surveys.actions.questionnaires import start_survey
from surveys.models import Invitation, QuestionnaireVersion, Survey
from surveys.secrets import link_token
from tests import world as w
from tests.world import World

BY = Actor.system("test")
MAIL = "zhou.hui@anju.example"


def version(code: str = "five_level") -> QuestionnaireVersion:
    """The newest version of a preset."""
    return QuestionnaireVersion.objects.filter(questionnaire__code=code).latest("number")


def running(code: str = "five_level", *, kind: str = "link") -> Survey:
    """A survey that was switched on just now."""
    return start_survey(kind, version(code), by=BY)


def reporter(**values: Any) -> Reporter:
    """Somebody with a mail address and a mobile number."""
    given: dict[str, Any] = {"name": "周慧", "phone": "13805126634", "email": MAIL}
    return Reporter(**(given | values))


def closed(world: World, **values: Any) -> Case:
    """A case that is closed now; its reporter by ``mail=`` and ``phone=``."""
    if values.get("mail") and "phone" not in values:  # somebody else altogether
        values["phone"] = f"139{crc32(values['mail'].encode()) % 10**8:08d}"
    who = {name: values.pop(key) for key, name in (("mail", "email"), ("phone", "phone")) if key in values}
    return w.closed(world, **({"reporter": reporter(**who)} | values))


def end(case: Case, outcome: str = "settled", *, at: datetime | None = None) -> Case:
    """As if the case had been closed then, with that outcome."""
    moment = at or case.closed_at
    Case.objects.filter(pk=case.pk).update(closed_at=moment, outcome=outcome)
    case.rounds.filter(n=case.round).update(closed_at=moment, ended_at=moment, outcome=outcome)
    return Case.objects.get(pk=case.pk)


def ago(days: float) -> datetime:
    """So long before now; ``LONG`` days are more than any working days and holidays between."""
    return timezone.now() - timedelta(days=days)


LONG = 25


def since_long(survey: Survey) -> Survey:
    """As if the survey had been switched on long ago."""
    Survey.objects.filter(pk=survey.pk).update(
        started_at=ago(LONG + 5), asks_since=ago(LONG + 5), swept_until=ago(LONG + 5)
    )
    return Survey.objects.get(pk=survey.pk)


def due(world: World, **values: Any) -> Case:
    """A case that was closed so long ago that its customer is to be asked."""
    case = end(closed(world, **values), at=ago(LONG))
    rewind()
    return case


def rewind() -> None:
    """Closings that tests date back come before what was swept already; as if no sweep had run since."""
    Survey.objects.filter(started_at__lt=ago(LONG)).update(swept_until=ago(LONG + 5))


def invited(world: World, *, code: str = "five_level", **values: Any) -> Invitation:
    """A customer who was asked just now."""
    if not Survey.objects.filter(stopped_at=None, kind="link").exists():
        since_long(running(code))
    case = due(world, **values)
    sweep_invitations()
    return Invitation.objects.get(case=case)


def shift(row: Invitation, days: float) -> Invitation:
    """As if it had been asked so many days earlier."""
    for name in ("invited_at", "deadline_at", "remind_at"):
        value = getattr(row, name)
        setattr(row, name, value - timedelta(days=days) if value else None)
    row.save()
    return row


def link(row: Invitation) -> str:
    """The address in the customer's message."""
    return f"/survey/{link_token(row.case_id, row.round)}/"


def answers(row: Invitation, option: str = "o1", **values: str) -> dict[str, str]:
    """All required questions answered alike."""
    asks = row.survey.version.asks
    given = {f"item_{item.code}": option for item in asks.items if item.kind == "choice"}
    given |= {f"item_{item.code}": "24" for item in asks.items if item.kind == "points"}
    return given | values


def answer(row: Invitation, option: str = "o1", *, client: Client | None = None, **values: str) -> Any:
    """Send the form."""
    return (client or Client()).post(link(row), answers(row, option, **values))


def filed(case: Case, *, mail: str = MAIL, phone: str = "13805126634", refused: tuple[str, ...] = ()) -> Customer:
    """A file for the case's customer; ``refused`` are the sorts of contact that must not be used."""
    row = create_customer(NewCustomer(name="周慧", phone=phone, email=mail), by=BY, at=timezone.now())
    row.contact_points.filter(type__in=refused).update(refused=True)
    Case.objects.filter(pk=case.pk).update(customer=row)
    return row
