"""The customers' list as a workbook, and the list of classes as a paper (SEC-13, F62)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from audit.actions import record_reading
from audit.actor import Actor
from audit.exceptions import DomainError, NotAllowed
from customers import rights
from customers.actions.export import Export, export_customers
from customers.forms.export import ExportForm
from customers.models import Tier, VisitClass
from customers.queries import export as queries
from customers.queries.classes import rules
from customers.queries.export import Selection
from customers.queries.search import Wanted
from documents.exceptions import PdfFailed
from documents.kinds import FACTS, Kind
from documents.pdf import render_paper
from documents.serving import serve_made
from documents.sheets import Sheet, Stamp, write_xlsx
from organization.forms import refusals
from organization.models import User
from organization.queries import Identity, identity_of, organisation
from organization.requests import person, words

#: More lines make a paper that nobody reads.
PAPER_ROWS = 2_000
VISITORS = {
    "general_manager": gettext_lazy("General manager or deputy"),
    "marketing_head": gettext_lazy("Head of marketing"),
    "supervisor": gettext_lazy("Responsible supervisor"),
}


def _require(user: User) -> Identity:
    who = identity_of(user)
    if not rights.exports(who):
        raise NotAllowed
    return who


def filters_of(request: HttpRequest) -> Wanted:
    """The class and the tier of an address; what is none of them is left out."""
    offered = {"visit_class": VisitClass.values, "tier": Tier.values}
    kept = {name: value for name, values in offered.items() if (value := request.GET.get(name, "")) in values}
    return Wanted(visit_class=kept.get("visit_class", ""), tier=kept.get("tier", ""))


@require_http_methods(["GET", "HEAD", "POST"])
def export(request: HttpRequest) -> HttpResponse:
    """Ask what the list is for; with the answer it is made, numbered and written down."""
    user = person(request)
    who = _require(user)
    selection = Selection(filters_of(request), words(request))
    posted = request.POST if request.method == "POST" else None
    form = ExportForm(posted)
    if posted is not None and form.is_valid():
        try:
            allowed = export_customers(selection, by=user, purpose=form.cleaned_data["purpose"])
        except DomainError as error:
            refusals.show(form, error)
        else:
            return _workbook(allowed, user, who, selection, form.cleaned_data["purpose"])
    most = settings.CUSTOMER_EXPORT_ROWS
    count = len(selection.keys(who, most=most))
    wanted = selection.wanted
    kept = {"q": selection.typed, "visit_class": wanted.visit_class, "tier": wanted.tier}
    query = urlencode({name: value for name, value in kept.items() if value})
    context = {
        "form": form, "count": count, "most": most, "too_many": count > most, "query": query,
        "chips": _chips(selection), "told_from": settings.CUSTOMER_EXPORT_TOLD_FROM,
    }  # fmt: skip
    return render(request, "customers/export.html", context, status=422 if form.errors else 200)


def _chips(selection: Selection) -> list[str]:
    wanted = selection.wanted
    found = [f"“{selection.typed}”"] if selection.typed else []
    found += [_("Class %(letter)s") % {"letter": wanted.visit_class}] if wanted.visit_class else []
    return found + ([str(Tier(wanted.tier).label)] if wanted.tier else [])


def _workbook(allowed: Export, user: User, who: Identity, selection: Selection, purpose: str) -> HttpResponse:
    notes = [(_("What for"), purpose), (_("Filters"), "、".join(_chips(selection)) or _("none"))]
    stamp = Stamp(user.name, allowed.at, allowed.number, notes)
    rows = queries.rows_of(allowed.keys, who, whole_file=allowed.whole_file)
    sheet = Sheet(_("Customers"), queries.columns(whole_file=allowed.whole_file), rows)
    with tempfile.TemporaryDirectory(prefix="huiyin-customers-") as folder:
        path = Path(folder) / "customers.xlsx"
        write_xlsx(path, [sheet], stamp=stamp)
        name = _("Customers %(number)s") % {"number": allowed.number}
        return serve_made(path.read_bytes(), filename=f"{name}.xlsx", media_type=FACTS[Kind.XLSX].media_type)


@require_safe
def classes_pdf(request: HttpRequest) -> HttpResponse:
    """The list of classes 《顾客分类表》 as A4: customer, class, criteria, visitor and visits a year (F62)."""
    user, now = person(request), timezone.now()
    who = _require(user)
    lines = queries.classified(who, filters_of(request), most=PAPER_ROWS)
    quotas = {str(quota.visit_class): (VISITORS[quota.visitor], quota.times) for quota in rules().visits}
    number = f"F62-{timezone.localtime(now):%Y%m%d-%H%M%S}"
    context = {
        "lines": [(line, quotas.get(line.customer.visit_class)) for line in lines[:PAPER_ROWS]],
        "more": len(lines) > PAPER_ROWS, "most": PAPER_ROWS, "organisation": organisation().name, "number": number,
        "signatures": (_("Made by"), _("Marketing centre"), _("Approved by")),
    }  # fmt: skip
    stamp = Stamp(user.name, now, number)
    try:
        content = render_paper("customers/classes_paper.html", context, stamp=stamp)
    except PdfFailed as error:
        messages.error(request, error.message)
        return redirect("customer_list")
    record_reading("customers", "print", by=Actor.staff(user), at=now, rows=len(lines[:PAPER_ROWS]))
    name = _("List of classes %(number)s") % {"number": number}
    return serve_made(content, filename=f"{name}.pdf", media_type="application/pdf")
