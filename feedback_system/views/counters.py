"""The figures of the frame and of the desk: one request after the page, each count capped."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from cases.queries import counters as queries
from feedback_system.frame import reads_cases
from notifications.queries import unread_count
from organization.queries import identity_of
from organization.requests import person
from returns.queries.board import mine
from returns.rights import knows_returns
from surveys import rights as surveys
from surveys.queries.desk import due_for
from surveys.queries.follow_ups import found as of_answers


@require_GET
def counters(request: HttpRequest) -> JsonResponse:
    """``{"desk": "3", "cases": "999+", "unread": "2"}``; with ``?figures=1`` also those of the desk's cards."""
    user, now = person(request), timezone.now()
    who = identity_of(user)
    unread = unread_count(user.pk, limit=queries.LARGEST + 1)
    found = {"unread": f"{queries.LARGEST}+" if unread > queries.LARGEST else str(unread)}
    if reads_cases(who):
        found |= queries.badges(who, now=now)
        if request.GET.get("figures"):
            found |= queries.figures(who, now=now)
    if knows_returns(who):
        found["returns"] = queries.capped(mine(who))
    if surveys.has(who, "call"):
        found["callbacks"] = queries.capped(due_for(who, now))
    if surveys.knows_surveys(who):
        found["follow_ups"] = queries.capped(of_answers(who, "mine"))
    return JsonResponse(found)
