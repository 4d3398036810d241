"""The case: page, what remains of it after a return, the entry of the first-asked, the history of corrections."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.queries import events_of
from cases.access import CaseAccess, get_case, get_returned
from cases.lifecycle import CUSTOMER_STAGES, State
from cases.queries import moves
from cases.queries.case import Dossier, load, related_cases, repeat_ordinal
from cases.queries.closure import ClosingRows, checklist, closing_facts_of
from cases.queries.history import corrections
from cases.queries.moves import Situation
from cases.queries.progress import clock_chips, steps
from cases.queries.timeline import timeline
from organization.masks import mask_email, mask_name, mask_phone
from organization.queries import working_calendar
from organization.requests import person, words


@require_safe
def case(request: HttpRequest, number: str) -> HttpResponse:
    """The whole case; less for who may see less, and 404 for everybody else."""
    user = person(request)
    try:
        access = get_case(user, number)
    except Http404:
        # 404 again for everybody but the department that gave it back.
        return render(request, "cases/case/returned.html", {"assignment": get_returned(user, number)})
    if not access.full:
        return render(request, "cases/case/entry.html", _entry(access))
    return render(request, "cases/case/page.html", _page(request, access))


def _page(request: HttpRequest, access: CaseAccess) -> dict[str, Any]:
    case, now = access.case, timezone.now()
    dossier = load(case, access.assignments, access.who)
    facts = closing_facts_of(case, _closing_rows(dossier))
    here = Situation(
        dossier=dossier,
        permissions=access.permissions,
        facts=facts,
        mine=access.is_of,
        blocked=access.blocked,
        answers_for=access.answers_for,
        now=now,
    )
    offers = moves.offers(here)
    cal = working_calendar(case.profile_version.times.calendar)
    story = timeline(
        dossier,
        offers.parts,
        show=words(request, "show"),
        oldest_first=words(request, "order") == "oldest",
        everything="all" in request.GET,
    )
    return {
        "case": case,
        "access": access,
        "may": access.permissions,
        "contact": access.contact,
        "dossier": dossier,
        "offers": offers,
        "steps": steps(case, dossier.current_assignments),
        "clocks": clock_chips(dossier.clocks, case, cal, now=now),
        "checklist": checklist(facts),
        "timeline": story,
        "oldest_first": words(request, "order") == "oldest",
        "show": words(request, "show"),
        # What may be done with one's own assignment stands beside the title already.
        "assignments": [
            (row, [] if access.is_of(row) else offers.parts.get(f"assignments:{row.pk}", []))
            for row in dossier.current_assignments
        ],
        "measures": [(row, dossier.name(row.owner_id), offers.parts.get(f"measures:{row.pk}", [])) for row in
                     dossier.of_round(dossier.measures)],
        "related": related_cases(case, access.who),
        "repeat": repeat_ordinal(case),
        "recused": [(dossier.name(row.user_id), row) for row in dossier.recusals],
        "corrected": sum(event.verb in {"correct", "classify"} for event in dossier.events),
        "now": now,
        "masked": {
            "name": mask_name(case.reporter_name),
            "phone": mask_phone(case.reporter_phone),
            "email": mask_email(case.reporter_email),
        },
    }  # fmt: skip


def _closing_rows(dossier: Dossier) -> ClosingRows:
    return ClosingRows(**{name: getattr(dossier, name) for name in ClosingRows.__dataclass_fields__})


def _entry(access: CaseAccess) -> dict[str, Any]:
    """What a first-asked person outside the handling may follow: own entry, stage, replies."""
    case = access.case
    state = case.resume_state or case.state
    files = case.files.filter(subject="").select_related("file")
    return {
        "case": case,
        "access": access,
        "contact": access.contact,
        "stages": _stages(state),
        "replies": case.replies.order_by("-happened_at"),
        "files": [row for row in files if row.from_customer or row.by_id == access.user.pk],
    }


def _stages(state: str) -> list[dict[str, Any]]:
    """The stages as the customer sees them, too."""
    now = next(n for n, (_code, _label, states) in enumerate(CUSTOMER_STAGES) if State(state) in states)
    return [
        {"label": label, "mark": "done" if n < now else "now" if n == now else ""}
        for n, (_code, label, _states) in enumerate(CUSTOMER_STAGES)
    ]


@require_safe
def history(request: HttpRequest, number: str) -> HttpResponse:
    """Every corrected field with old and new value, who, when and why (SEC-09)."""
    access = get_case(person(request), number, "read_history")
    rows = corrections(access.case, events_of(access.case.thread), contact=access.contact)
    return render(request, "cases/case/history.html", {"case": access.case, "access": access, "rows": rows})
