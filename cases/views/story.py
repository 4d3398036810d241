"""Everything heard and done with one customer: a panel of the customer's page."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET

from cases.queries.story import TABS, story_of
from customers.access import get_customer
from organization.requests import person


@require_GET
def customer_story(request: HttpRequest, pk: int) -> HttpResponse:
    """The newest entries, or those before a moment; a tab shows only one sort."""
    access = get_customer(person(request), pk)
    show = request.GET.get("show", "")
    show = show if show in dict(TABS) else ""
    before = _moment(request.GET.get("before", ""))
    story = story_of(access.customer, access.who, show=show, before=before)
    context = {
        "customer": access.customer,
        "story": story,
        "tabs": TABS,
        "show": show,
        "further": before is not None,
        "may_write": access.sees_contacts,
        "today": timezone.localdate(),
    }
    return render(request, "cases/story.html" if request.htmx else "cases/story_page.html", context)  # type: ignore[attr-defined]


def _moment(typed: str) -> datetime | None:
    """A moment as the page writes it; anything else is no moment."""
    try:
        found = parse_datetime(typed)
    except ValueError:
        return None
    return found if found is not None and timezone.is_aware(found) else None
