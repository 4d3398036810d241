"""Why a limit was missed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.access import get_clock
from cases.actions import clocks as actions
from cases.forms.clocks import BreachReasonForm
from cases.views.acts import Sheet, open_act, perform, posted


@require_http_methods(["GET", "POST"])
def give_breach_reason(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """The reason that every missed limit owes before the case is closed (SLA-04)."""
    access = open_act(request, number, "give_breach_reason")
    clock = get_clock(access, pk)
    form = BreachReasonForm(posted(request), case=access.case)
    whose = f"{clock.assignment.department} " if clock.assignment else ""
    sheet = Sheet(
        "give_breach_reason",
        form,
        _("Why “%(limit)s” was missed") % {"limit": f"{whose}{clock.label}"},
        _("The reason is kept with the missed limit."),
        context={"clock": clock},
    )
    return perform(
        request,
        access,
        sheet,
        lambda: actions.give_breach_reason(clock, by=access.actor("give_breach_reason"), **form.cleaned_data),
    )
