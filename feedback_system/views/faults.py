"""What a person sees when something broke: our mistake, or a database that is away for a moment."""

from __future__ import annotations

import sys

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

#: A database that was killed answers again after a second or two.
RETRY_AFTER_S = 5


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer to an exception that nobody caught.

    A database that is starting, restarting or too busy is no mistake of the program: 503, come back soon. Whoever sends
    the same form again loses nothing and registers nothing twice.
    """
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _answer(request, 500, "500.html", _("The server made a mistake."))
    response = _answer(request, 503, "503.html", _("The system is not ready just now. Please try again in a minute."))
    response["Retry-After"] = str(RETRY_AFTER_S)
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The answer to what cannot be read; of what is only too large it says so."""
    too_large = isinstance(exception, RequestDataTooBig | TooManyFilesSent | TooManyFieldsSent)
    sentence = (
        _("What you sent is too large for the server. Nothing was saved; please send fewer or smaller files.")
        if too_large
        else ""
    )
    status = 413 if too_large else 400
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": sentence or _("The server could not understand this request")}, status=status)
    return render(request, f"{status}.html", {"sentence": sentence}, status=status)


def _answer(request: HttpRequest, status: int, template: str, sentence: str) -> HttpResponse:
    """Without the request's context: the frame would ask the database."""
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": sentence}, status=status)
    return HttpResponse(render_to_string(template), status=status)
