"""What is running."""

from __future__ import annotations

from itertools import groupby

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from feedback_system import running as lights
from organization import access
from organization.requests import person


@require_safe
def running(request: HttpRequest) -> HttpResponse:
    """A light for each thing that can stop or fill up."""
    access.administrator(person(request))
    found = lights.lights(timezone.now())
    context = {
        "groups": [(name, list(rows)) for name, rows in groupby(found, key=lambda light: light.group)],
        "worst": lights.worst(found),
        "troubles": [light for light in found if light.tone != lights.GREEN],
        "version": lights.version(),
        "data_dir": settings.DATA_DIR,
    }
    return render(request, "settings/running.html", context)
