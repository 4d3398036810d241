"""Somebody at the screen: opens a case, presses its buttons, sends its forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from cases.models import Case
from cases.queries.moves import Offer, Offers
from tests.world import World

SHEET = {"HX-Request": "true", "HX-Target": "sheet-body"}


def url_of(case: Case, act: str, part: Any = None) -> str:
    """The address of an act, on the case or on a part of it."""
    return reverse(f"case_{act}", args=[case.number, *([part.pk] if part is not None else [])])


def fresh(case: Case) -> Case:
    """The case as it is now."""
    return Case.objects.get(pk=case.pk)


@dataclass
class Person:
    """A member of staff with a browser."""

    world: World
    name: str
    client: Client = field(default_factory=Client)

    def __post_init__(self) -> None:
        self.client.force_login(self.world.users[self.name])

    def see(self, case: Case, path: str = "") -> Any:
        """Open the case, or something under it."""
        answer = self.client.get(f"/cases/{case.number}/{path}")
        if answer.streaming:
            answer.getvalue()  # to its end, which gives the file back
        return answer

    def text(self, case: Case, path: str = "") -> str:
        """What stands there."""
        return str(self.see(case, path).content.decode())

    def offers(self, case: Case) -> Offers:
        """The buttons of the page."""
        found: Offers = self.see(case).context["offers"]
        return found

    def offered(self, case: Case) -> dict[str, Offer]:
        """The buttons beside the title and in the menu, by their word."""
        offers = self.offers(case)
        return {offer.name: offer for offer in [*offers.head, *offers.more]}

    def primary(self, case: Case) -> str:
        """The one filled button; "" when there is none."""
        return next((offer.name for offer in self.offers(case).head if offer.primary), "")

    def open(self, case: Case, act: str, part: Any = None, **options: Any) -> Any:
        """Open the page of an act."""
        return self.client.get(url_of(case, act, part), **options)

    def do(
        self, case: Case, act: str, data: dict[str, Any] | None = None, *, part: Any = None, version: Any = None,
        sheet: bool = False,
    ) -> Any:  # fmt: skip
        """Send an act's form, as the page would that was opened just now."""
        values = {"version": fresh(case).version if version is None else version} | (data or {})
        return self.client.post(url_of(case, act, part), values, headers=SHEET if sheet else {})

    def did(self, case: Case, act: str, data: dict[str, Any] | None = None, *, part: Any = None) -> Case:
        """Send an act's form that must go through; the case afterwards."""
        answer = self.do(case, act, data, part=part)
        assert answer.status_code == 302, refusal_of(answer)
        return fresh(case)


def refusal_of(answer: HttpResponse) -> str:
    """What a page said against it."""
    context = getattr(answer, "context", None)
    form = context.get("form") if context else None
    problem = context.get("problem") if context else None
    return f"{answer.status_code} {form.errors if form is not None else ''} {problem} {context.get('sentence', '') if context else ''}"
