"""The working calendar: hours, holidays, make-up days; every edit sends the running clocks after it (SLA-02)."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.actor import Actor
from audit.exceptions import DomainError
from audit.queries import events_of
from cases.tasks import recompute_open_clocks
from feedback_system import settings_history
from organization import access
from organization.actions import calendar as actions
from organization.forms import calendar as forms
from organization.forms import refusals
from organization.models import Calendar
from organization.queries import working_calendar
from organization.requests import number, person
from organization.time_words import WEEKDAYS
from organization.year_view import months, spans

EARLIEST, LATEST = 2020, 2100


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """The calendar's year, its hours, and up to when it is complete."""
    access.administrator(person(request))
    return _page(request, _chosen(request))


def _chosen(request: HttpRequest) -> Calendar:
    code = request.POST.get("calendar") or request.GET.get("calendar", "")
    rows = Calendar.objects.order_by("pk")
    found = rows.filter(code=code).first() if code else rows.first()
    if found is None:
        raise Http404
    return found


def _year(request: HttpRequest) -> int:
    year = number(request.POST.get("year") or request.GET.get("year")) or timezone.localdate().year
    return min(max(year, EARLIEST), LATEST)


def _page(request: HttpRequest, row: Calendar, *, status: int = 200, **forms_shown: Any) -> HttpResponse:
    today, year = timezone.localdate(), _year(request)
    exceptions = list(row.days.filter(day__year=year))
    context = {
        "row": row,
        "others": Calendar.objects.exclude(pk=row.pk).order_by("pk"),
        "year": year,
        "months": months(
            working_calendar(row.code), {each.day: each.label for each in exceptions}, year=year, today=today
        ),
        "exceptions": spans((each.day, bool(each.periods), each.label) for each in exceptions),
        "ends_soon": actions.ends_soon(row, today=today),
        "weekly": forms.WeeklyForm(calendar=row),
        "days": forms.DaysForm(),
        "list": forms.ListForm(initial={"year": year}),
        "confirm": forms.ConfirmForm(initial={"through": date(year, 12, 31)}),
        "understood": None,
        "history": settings_history.lines(events_of(f"calendar:{row.pk}").order_by("-seq")[:8]),
        "weekday_names": WEEKDAYS,
    }
    return render(request, "settings/calendar.html", context | forms_shown, status=status)


def _done(request: HttpRequest, row: Calendar, said: str) -> HttpResponse:
    """After an edit: the clocks follow once it is committed; a lost task is found by the sweep."""
    transaction.on_commit(partial(recompute_open_clocks.delay, row.code), robust=True)
    messages.success(request, said)
    return redirect(f"{reverse('calendar')}?calendar={row.code}&year={_year(request)}")


def _admit(request: HttpRequest) -> tuple[Actor, Calendar]:
    by = access.administrator(person(request))
    return by, _chosen(request)


@require_POST
def calendar_weekly(request: HttpRequest) -> HttpResponse:
    """Change the hours of an ordinary week."""
    by, row = _admit(request)
    form = forms.WeeklyForm(request.POST, calendar=row)
    if form.is_valid():
        try:
            actions.set_weekly(row, form.weekly(), by=by)
        except DomainError as error:
            refusals.show(form, error)
        else:
            return _done(request, row, _("The weekly hours were saved."))
    return _page(request, row, status=422, weekly=form)


@require_POST
def calendar_days(request: HttpRequest) -> HttpResponse:
    """Make dates holidays or make-up days."""
    by, row = _admit(request)
    form = forms.DaysForm(request.POST)
    if form.is_valid():
        count = actions.set_days(row, form.days(forms.ordinary_hours(row)), by=by)
        return _done(request, row, _("%(count)d days were changed.") % {"count": count})
    return _page(request, row, status=422, days=form)


@require_POST
def calendar_list(request: HttpRequest) -> HttpResponse:
    """Read a pasted list; shown first, taken over with the second click."""
    by, row = _admit(request)
    form = forms.ListForm(request.POST)
    if not form.is_valid():
        return _page(request, row, status=422, list=form)
    notice = form.notice()
    if notice.days and "take_over" in request.POST:
        hours = forms.ordinary_hours(row)
        days = {day: actions.Exceptional(hours if s.works else (), s.label) for day, s in notice.days.items()}
        count = actions.set_days(row, days, by=by)
        return _done(request, row, _("%(count)d days were changed.") % {"count": count})
    problems = [(line, forms.PROBLEMS[code]) for line, code in notice.problems]
    return _page(request, row, list=form, understood={"days": notice.days.items(), "problems": problems})


@require_POST
def calendar_clear(request: HttpRequest) -> HttpResponse:
    """Let the ticked dates follow the week again."""
    by, row = _admit(request)
    days = [day for value in request.POST.getlist("days")[:400] for day in _span(value)]
    count = actions.clear_days(row, days, by=by)
    return _done(request, row, _("%(count)d days follow the weekly hours again.") % {"count": count})


def _span(value: str) -> list[date]:
    """The dates of "2026-10-01/2026-10-07"; none for anything else."""
    try:
        first, last = (date.fromisoformat(part) for part in value.split("/"))
    except ValueError:
        return []
    return [first + timedelta(days=n) for n in range(min((last - first).days, 366) + 1)]


@require_POST
def calendar_confirm(request: HttpRequest) -> HttpResponse:
    """Confirm that the calendar is complete up to a date."""
    by, row = _admit(request)
    form = forms.ConfirmForm(request.POST)
    if form.is_valid():
        try:
            actions.confirm_through(row, form.cleaned_data["through"], by=by)
        except DomainError as error:
            refusals.show(form, error)
        else:
            said = _("Confirmed. Due times up to %(day)s are certain now.")
            return _done(request, row, said % {"day": form.cleaned_data["through"]})
    return _page(request, row, status=422, confirm=form)
