"""Hand over all open work of a person or a department: choose, look, do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from audit.exceptions import DomainError
from feedback_system import handover as work
from organization import access
from organization.forms import refusals
from organization.forms.people import PersonChoice
from organization.forms.units import ParentField
from organization.models import Department, User
from organization.requests import number, person


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
    """With nobody chosen: the question; with somebody: the preview; with a POST: the act and its report."""
    by = access.administrator(person(request))
    giver, department = _giver(request)
    if giver is None and department is None:
        return render(request, "settings/handover.html", {"choose": GiverForm(), "giver": None})
    data = request.POST if request.method == "POST" else None
    form = PersonTakerForm(data) if giver else DepartmentTakerForm(data)
    report = None
    if form.is_bound and form.is_valid():
        try:
            report = _do(giver, department, form.cleaned_data, by)
        except DomainError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _("Handed over: %(count)d.") % {"count": report.count})
    preview = work.preview_person(giver, by=by) if giver else work.preview_department(department, by=by)  # type: ignore[arg-type]
    context = {
        "choose": GiverForm(),
        "giver": giver or department,
        "is_person": giver is not None,
        "form": form,
        "preview": preview,
        "counts": [(work.words(what), count) for what, count in preview.counts.items()],
        "report": report,
        "moved": [(work.words(what), count) for what, count in report.moved.items() if count] if report else [],
    }
    return render(request, "settings/handover.html", context, status=422 if form.errors else 200)


def _giver(request: HttpRequest) -> tuple[User | None, Department | None]:
    person_key = number(request.GET.get("from") or request.GET.get("giver"))
    department_key = number(request.GET.get("from_department") or request.GET.get("giver_department"))
    if person_key:
        return access.row(User, person_key), None
    return None, access.row(Department, department_key) if department_key else None


def _do(giver: User | None, department: Department | None, data: dict[str, Any], by: Any) -> work.Report:
    if giver is not None:
        return work.hand_over_person(giver, data["taker"], by=by, with_functions=data["functions"])
    assert department is not None  # noqa: S101 - one of the two is given
    return work.hand_over_department(department, data["taker_department"], by=by)
