"""What every view of the API does: who asks, what was sent, how it can be refused."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model
from rest_framework import serializers, viewsets

from audit.actor import Actor
from organization.models import User

Row = TypeVar("Row", bound=Model)
Body = dict[str, Any]


class Refusal(serializers.Serializer[Any]):
    """Why something was refused."""

    detail = serializers.CharField()


def refusals() -> dict[int, Any]:
    """How a request about one thing can be refused."""
    return {403: Refusal, 404: Refusal, 409: Refusal, 422: Refusal}


def filled(data: Body, *names: str) -> Body:
    """The given values without the version and without what was left out."""
    return {name: data[name] for name in names if data.get(name) not in (None, "")}


class Frame(viewsets.GenericViewSet[Row]):
    """The frame of all views about things of one sort."""

    @property
    def _user(self) -> User:
        user = self.request.user
        assert isinstance(user, User)  # noqa: S101 - IsAuthenticated came before
        return user

    def _actor(self) -> Actor:
        return Actor.token(self._user) if self.request.auth else Actor.staff(self._user)

    def _clean(self, serializer: type[serializers.Serializer[Any]], **context: Any) -> Body:
        found = serializer(data=self.request.data, context=context)
        found.is_valid(raise_exception=True)
        return found.validated_data
