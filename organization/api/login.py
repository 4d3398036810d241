"""Logging in to the API: a key for a name and password, and its end."""

from __future__ import annotations

from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import authenticate
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.actor import Actor
from audit.exceptions import NotAllowed
from organization import login_limits, tokens
from organization.api.frame import Refusal
from organization.models import ApiToken, User


class LoginIn(serializers.Serializer[Any]):
    """Who asks for a key, and what it is for."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=128, write_only=True, trim_whitespace=False)
    name = serializers.CharField(max_length=60)


class TokenOut(serializers.Serializer[Any]):
    """The key, shown this once."""

    token = serializers.CharField()
    name = serializers.CharField()
    expires_at = serializers.DateTimeField()


class LoginView(APIView):
    """A key for somebody who knows the password and needs no second factor; others make keys in their profile."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        summary="Log in",
        request=LoginIn,
        responses={201: TokenOut, 400: Refusal, 401: Refusal, 403: Refusal, 429: Refusal},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        """Counted with the tries on the sign-in page: one limit, whichever door somebody tries (SEC-01)."""
        given = LoginIn(data=request.data)
        given.is_valid(raise_exception=True)
        name = given.validated_data["username"]
        attempt = login_limits.begin(request, name)
        user = authenticate(request, username=name, password=given.validated_data["password"])
        if not isinstance(user, User):
            raise AuthenticationFailed(_("Name or password is wrong."))
        attempt.succeeded()
        if is_mfa_enabled(user) or user.must_prove_second_factor:
            raise NotAllowed(_("With a second factor, make the key on your profile page."))
        token, key = tokens.issue(user, name=given.validated_data["name"], by=Actor.staff(user))
        answer = {"token": key, "name": token.name, "expires_at": token.expires_at}
        return Response(TokenOut(answer).data, status=status.HTTP_201_CREATED)

    def get_authenticate_header(self, request: Request) -> str:
        """401, not 403, for a wrong password."""
        return "Token"


class LogoutView(APIView):
    """End the key with which this request came."""

    @extend_schema(summary="Log out", request=None, responses={204: None, 401: Refusal})
    def post(self, request: Request) -> Response:
        """Without a key (a browser session) there is nothing to end."""
        if isinstance(request.auth, ApiToken) and isinstance(request.user, User):
            tokens.revoke(request.auth, by=Actor.token(request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)
