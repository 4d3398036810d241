"""The functions: what they are called, and who carries them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.exceptions import DomainError, StaleRecord
from organization import access
from organization.actions import functions as actions
from organization.forms import refusals
from organization.forms.functions import FunctionForms, rows_of
from organization.models import Department, Function, User
from organization.requests import person


@require_http_methods(["GET", "HEAD", "POST"])
def functions(request: HttpRequest) -> HttpResponse:
    """All of them on one page; departments and people get them on their own pages."""
    by = access.administrator(person(request))
    rows = _rows()
    data = request.POST if request.method == "POST" else None
    forms = FunctionForms(data, initial=rows_of(rows))
    refused, status = "", 200 if data is None else 422
    if data is not None and forms.is_valid():
        known = {row.pk for row in rows}
        try:
            actions.rename_functions([f.words() for f in forms if f.cleaned_data["number"] in known], by=by)
        except StaleRecord as error:
            refused, status = refusals.changed([forms.empty_form.label_of(name) for name in error.changed]), 409
        except DomainError as error:
            refused = error.message
        else:
            messages.success(request, _("Saved. Forms and lists show it from now on."))
            return redirect("functions")
    context: dict[str, Any] = {"forms": forms, "pairs": list(zip(forms, rows, strict=False)), "refused": refused}
    return render(request, "settings/functions.html", context, status=status)


def _rows() -> list[Function]:
    departments = Prefetch("departments", Department.objects.active())
    people = Prefetch("people", User.objects.filter(is_active=True))
    return list(Function.objects.prefetch_related(departments, people))
