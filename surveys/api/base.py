"""What every view of the API does: access first, then the body, then the action, then the row as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db.models import Model
from django.http import QueryDict
from rest_framework import serializers as drf
from rest_framework.request import Request

from audit.actor import Actor
from organization.api.frame import Frame

Row = TypeVar("Row", bound=Model)
#: The number of a row, or of a part of it, in an address.
DIGITS = "[0-9]{1,18}"


class SurveysFrame(Frame[Row]):
    """The frame of all that is asked and done in this room."""

    lookup_value_regex = DIGITS

    def _as_key(self, actor: Actor) -> Actor:
        """As on the page, but named after the key that was used."""
        return Actor("token", actor.id, actor.label, actor.deputy_for) if self.request.auth else actor


def filters_of(request: Request) -> QueryDict:
    """The filters alone."""
    asked = request.query_params.copy()
    for name in ("cursor", "page_size"):
        asked.pop(name, None)
    return asked


def refuse(problems: Mapping[str, list[str]]) -> None:
    """What makes no sense is refused by its name, never left out in silence as in a page's address."""
    if problems:
        raise drf.ValidationError(dict(problems))


def one_of(request: Request, name: str, choices: Any, default: str = "") -> str:
    """A value of the address; raises a refusal for one that is not among the choices."""
    asked: str = request.query_params.get(name, default)
    field = drf.ChoiceField(choices=choices, allow_blank=True)
    try:
        return str(field.run_validation(asked)) or default
    except drf.ValidationError as refusal:
        raise drf.ValidationError({name: refusal.detail}) from None
