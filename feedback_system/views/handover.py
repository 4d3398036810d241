"""Hand over all open work of a person or a department: choose, look, do."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from audit.actor import Actor
from audit.exceptions import DomainError
from feedback_system import handover as work
from feedback_system import handover_run as run
from feedback_system.models import Handover
from feedback_system.tasks import hand_over
from organization import access
from organization.forms import refusals
from organization.forms.people import PersonChoice
from organization.forms.units import ParentField
from organization.models import Department, User
from organization.requests import number, person

#: So long the page waits for a small hand-over before the worker goes on with it.
MOST_WAITING = timedelta(seconds=10)
REFUSALS_SHOWN = 500


class GiverForm(forms.Form):
    """Whose work it is: a person's (also one who left), or a department's."""

    giver = PersonChoice(
        label=gettext_lazy("Work of the person"), required=False, queryset=User.objects.prefetch_related("departments")
    )
    giver_department = ParentField(Department, label=gettext_lazy("or of the department"))


class PersonTakerForm(forms.Form):
    """Who takes a person's work."""

    taker = PersonChoice(label=gettext_lazy("Goes to"))
    functions = forms.BooleanField(label=gettext_lazy("Also the personal functions"), required=False)


class DepartmentTakerForm(forms.Form):
    """Which department takes a department's work."""

    taker_department = ParentField(Department, label=gettext_lazy("Goes to"))

    def clean_taker_department(self) -> Department:
        """One must be chosen."""
        chosen: Department | None = self.cleaned_data["taker_department"]
        if chosen is None:
            raise forms.ValidationError(_("Please choose a department."))
        return chosen


@require_http_methods(["GET", "HEAD", "POST"])
def handover(request: HttpRequest) -> HttpResponse:
    """With nobody chosen: the question; with somebody: the preview; with a POST: the act, whose page comes next."""
    by = access.administrator(person(request))
    giver = _giver(request)
    if giver is None:
        return render(request, "settings/handover.html", {"choose": GiverForm(), "giver": None})
    if running := work.running(giver):
        return redirect("handover_one", running.pk)
    data = request.POST if request.method == "POST" else None
    form = PersonTakerForm(data) if isinstance(giver, User) else DepartmentTakerForm(data)
    if form.is_bound and form.is_valid():
        try:
            row = _begin(giver, form.cleaned_data, by)
        except DomainError as error:
            refusals.show(form, error)
        else:
            _go(row)
            return redirect("handover_one", row.pk)
    is_person = isinstance(giver, User)
    preview = work.preview_person(giver, by=by) if isinstance(giver, User) else work.preview_department(giver, by=by)
    context = {
        "choose": GiverForm(),
        "giver": giver,
        "is_person": is_person,
        "form": form,
        "preview": preview,
        "counts": [(work.words(what), count) for what, count in preview.counts.items()],
        "many": sum(preview.counts.values()) > run.AT_ONCE,
    }
    return render(request, "settings/handover.html", context, status=422 if form.errors else 200)


def _giver(request: HttpRequest) -> User | Department | None:
    person_key = number(request.GET.get("from") or request.GET.get("giver"))
    department_key = number(request.GET.get("from_department") or request.GET.get("giver_department"))
    if person_key:
        return access.row(User, person_key)
    return access.row(Department, department_key) if department_key else None


def _begin(giver: User | Department, data: dict[str, Any], by: Actor) -> Handover:
    if isinstance(giver, User):
        return work.begin_person(giver, data["taker"], by=by, with_functions=data["functions"])
    return work.begin_department(giver, data["taker_department"], by=by)


def _go(row: Handover) -> None:
    """What is little is done before the answer; for more the worker is asked, and beat asks it again."""
    if row.total > run.AT_ONCE or not run.carry_on(row.pk, budget=MOST_WAITING):
        transaction.on_commit(partial(hand_over.delay, row.pk), robust=True)


@require_safe
def handover_one(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a hand-over is; at its end what moved, and what stayed and why. The page asks again by itself."""
    access.administrator(person(request))
    row = access.row(Handover, pk)
    refused = list(row.refused.all()[: REFUSALS_SHOWN + 1])
    context = {
        "row": row,
        "source": row.source,
        "target": row.target,
        "moved": [(work.words(what), count) for what, count in row.moved.items() if count],
        "refused": refused[:REFUSALS_SHOWN],
        "more_refused": len(refused) > REFUSALS_SHOWN,
        "still_open": reverse("handover") + ("?from=" if row.giver_id else "?from_department="),
    }
    return render(request, "settings/handover_one.html", context)
