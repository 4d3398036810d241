"""What happens around every request: the client's address, privacy headers, domain refusals."""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from audit.exceptions import DomainError
from feedback_system.errors import domain_error_response
from organization.queries import remembered_identities

Handler = Callable[[HttpRequest], HttpResponse]
#: What opens a case for a stranger stands in these addresses: not to be kept, passed on or indexed.
SECRET_ADDRESSES = ("/track/", "/feedback/receipt/", "/accounts/invitation/", "/survey/")


class ClientAddressMiddleware:
    """Set REMOTE_ADDR to the client's own address, from the one header the trusted proxy writes.

    Without ``HUIYIN_CLIENT_IP_HEADER`` no header is believed, so nobody resets a limit by sending one.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.header = "HTTP_" + settings.CLIENT_IP_HEADER.upper().replace("-", "_") if settings.CLIENT_IP_HEADER else ""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Rewrite the address, then go on."""
        if self.header and (value := request.META.get(self.header, "")):
            # The last entry is the one that our own proxy saw; the ones before it anybody can write.
            address = value.rpartition(",")[2].strip()
            with contextlib.suppress(ValueError):
                request.META["REMOTE_ADDR"] = str(ipaddress.ip_address(address))
        return self.get_response(request)


class PrivateResponseMiddleware:
    """Nothing personal is cached; within one request a person is looked up once."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Go on, then forbid caching unless the view said otherwise."""
        with remembered_identities():
            response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        if request.path.startswith(SECRET_ADDRESSES):
            response["Cache-Control"] = "no-store"
            response["Referrer-Policy"] = "no-referrer"
            response["X-Robots-Tag"] = "noindex, nofollow"
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        return response


class DomainErrorMiddleware:
    """Turn what an action refuses into 403, 409, 422 or 429 with its sentence."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Go on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a domain refusal; everything else is left to Django."""
        if isinstance(exception, DomainError):
            return domain_error_response(request, exception)
        return None
