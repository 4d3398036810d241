"""Issued reports: the list, asking for one, reading, correcting, approving, sending, the records behind a figure."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.exceptions import DomainError, InvalidInput
from organization.paging import page_of
from organization.requests import person
from reports import tasks
from reports.access import Here, get_report, here
from reports.actions import issuing
from reports.forms.issued import AgainForm, ApproveForm, AskForm, CorrectForm, ReportsForm, SendForm
from reports.models import Report
from reports.queries import issued as queries

GET_OR_POST = ["GET", "HEAD", "POST"]


@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """All reports that one may read, the newest period first."""
    access = here(person(request))
    page = page_of(Report.objects.visible_to(access.who), "since", descending=True, after=request.GET.get("after", ""))
    context = {
        "rows": [queries.shown(report) for report in page.rows],
        "after": page.after,
        "first": not request.GET.get("after"),
        "builds": access.has("build_report"),
        "reads_ledgers": access.has("read_ledgers"),
    }
    return render(request, "reports/reports.html", context)


@require_http_methods(GET_OR_POST)
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for the report of a period; it is built in the background."""
    access = here(person(request), "build_report")
    form = AskForm(request.POST if request.method == "POST" else None)
    context = {"title": _("New report"), "button": _("Build the report"), "back": reverse("report_list")}
    return _act(
        request, form, context, lambda: issuing.ask_for_report(form.period(), by=access.actor("build_report")),
        _("The report is being built; you may leave this page."),
    )  # fmt: skip


@require_safe
def report(request: HttpRequest, number: str) -> HttpResponse:
    """One report with its chapters; every figure leads to its records."""
    access, row = get_report(person(request), number)
    if row.is_issued:
        issuing.note_opening(row, access.user)
    offers = _offers(access, row)
    context = {
        "shown": queries.shown(queries.reports_of(access.who).get(pk=row.pk)),
        "report": row,
        "chapters": queries.chapters_of(row),
        "newer": Report.objects.visible_to(access.who).filter(corrects=row).first(),
        "copies": row.copies.select_related("user"),
        "offers": offers,
        "first_is_main": len(offers) > 1,  # approving and sending; correcting is the exception
    }
    return render(request, "reports/report.html", context)


def _offers(access: Here, row: Report) -> list[tuple[str, str]]:
    """What this person may do with it now: the label and the address."""
    found = []
    corrected = Report.objects.filter(corrects=row, snapshot_at__isnull=False).exists()
    if row.state == Report.State.FAILED and access.has("build_report"):
        found.append((_("Build once more"), reverse("report_again", args=[row.number])))
    if row.state == Report.State.DRAFT and access.has("approve_report") and row.asked_by_id != access.user.pk:
        found.append((_("Approve"), reverse("report_approve", args=[row.number])))
    if row.state == Report.State.APPROVED and not corrected and access.has("build_report"):
        found.append((_("Send"), reverse("report_send", args=[row.number])))
    if row.is_issued and not corrected and access.has("build_report"):
        found.append((_("Correct"), reverse("report_correct", args=[row.number])))
    return [] if corrected and row.state == Report.State.DRAFT else found


@require_http_methods(GET_OR_POST)
def again(request: HttpRequest, number: str) -> HttpResponse:
    """Try once more to build what could not be built."""
    access, row = get_report(person(request), number)
    access.require("build_report")
    form = AgainForm(request.POST if request.method == "POST" else None)
    context = {"title": _("Build the report once more"), "button": _("Build once more")}
    return _act(
        request, form, context | _of(row),
        lambda: issuing.ask_for_report(row.period, by=access.actor("build_report")),
        _("The report is being built; you may leave this page."),
    )  # fmt: skip


@require_http_methods(GET_OR_POST)
def correct(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for the next version, with the reason."""
    access, row = get_report(person(request), number)
    access.require("build_report")
    form = CorrectForm(request.POST if request.method == "POST" else None)
    context = {"title": _("Build the report once more"), "button": _("Build the next version")}
    return _act(
        request, form, context | _of(row), lambda: issuing.correct_report(
            row, by=access.actor("build_report"), reason=form.cleaned_data["reason"]
        ),
        _("The next version is being built."),
    )  # fmt: skip


@require_http_methods(GET_OR_POST)
def approve(request: HttpRequest, number: str) -> HttpResponse:
    """Sign it."""
    access, row = get_report(person(request), number)
    access.require("approve_report")
    form = ApproveForm(request.POST if request.method == "POST" else None)
    context = {"title": _("Approve the report"), "button": _("Approve")}
    return _act(
        request, form, context | _of(row), lambda: issuing.approve_report(
            row, by=access.actor("approve_report"), user=access.user, opinion=form.cleaned_data["opinion"]
        ),
        _("The report is approved."),
    )  # fmt: skip


@require_http_methods(GET_OR_POST)
def send(request: HttpRequest, number: str) -> HttpResponse:
    """Put people on its distribution list."""
    access, row = get_report(person(request), number)
    access.require("build_report")
    before = row.corrects.copies.values_list("user", flat=True) if row.corrects else []
    form = SendForm(request.POST if request.method == "POST" else None, initial={"people": list(before)})
    context = {"title": _("Send the report"), "button": _("Send")}
    return _act(
        request, form, context | _of(row), lambda: issuing.send_report(
            row, form.cleaned_data["people"], by=access.actor("build_report")
        ) and row,
        _("The report was sent."),
    )  # fmt: skip


def _of(row: Report) -> dict[str, Any]:
    return {"number": row.number, "back": reverse("report", args=[row.number])}


def _act(
    request: HttpRequest, form: ReportsForm, context: dict[str, Any], run: Callable[[], Any], done: str
) -> HttpResponse:
    """Show the form, or do it and go to the report."""
    problem = ""
    if form.is_bound and form.is_valid():
        try:
            row = run()
        except InvalidInput as refusal:
            form.refuse(refusal)
        except DomainError as refusal:
            problem = str(refusal)
        else:
            messages.success(request, done)
            if isinstance(row, Report):
                if row.state == Report.State.WAITING:
                    transaction.on_commit(partial(tasks.build_report.delay, row.pk), robust=True)
                return redirect("report", row.number)
            return redirect(context["back"])
    context = context | {"form": form, "problem": problem}
    return render(request, "reports/act.html", context, status=409 if problem else 422 if form.errors else 200)


@require_safe
def records(request: HttpRequest, number: str) -> HttpResponse:
    """The cases or returns behind a figure, as far as the reader may see them."""
    access, row = get_report(person(request), number)
    wanted = {name: value for name, value in request.GET.items() if name != "after"}
    found = queries.records_behind(row, request.GET, access.who)
    context = {
        "report": row,
        "records": found,
        "hidden": found.places - found.visible,
        "after": urlencode(wanted | {"after": found.after}) if found.after else "",
        "first": not request.GET.get("after"),
    }
    return render(request, "reports/records.html", context)
