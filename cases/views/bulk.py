"""Acts on several cases at once, and saved views."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from audit.actor import Actor
from audit.exceptions import InvalidInput
from cases.actions import bulk, views
from cases.actions.bulk import MOST, Left, Wish
from cases.actions.views import NewView
from cases.forms.browse import CaseFilter, ViewForm
from cases.forms.bulk import BULK_MOST, BulkAcknowledgeForm, BulkDispatchForm, BulkForm, BulkVerifyForm
from cases.models import BulkAct, Case, SavedView
from cases.models.intake import CaseQuerySet
from cases.tasks import run_bulk
from cases.views.rights import require
from organization.queries import Identity, identity_of
from organization.requests import number, person

#: So many of those that were left as they are stand on the page.
REFUSALS_SHOWN = 500


@dataclass(frozen=True)
class Refusal:
    """A case that was left as it is, and why; ``url`` is empty where there is none to open."""

    number: str
    reasons: list[str]
    url: str = ""


def _refusal(reference: str, left: Left) -> Refusal:
    return Refusal(reference[:20], left.reasons, reverse("case", args=[reference]) if left.visible else "")


@require_POST
def acknowledge(request: HttpRequest) -> HttpResponse:
    """Take several cases on, each with its own or the proposed category and priority."""
    return _act(request, BulkAcknowledgeForm(request.POST))


@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Record of several cases that they are genuine, or not, on the same basis (INT-19)."""
    return _act(request, BulkVerifyForm(request.POST))


@require_POST
def dispatch(request: HttpRequest) -> HttpResponse:
    """Send several cases out with the same requirement; each to the chosen or to its suggested department."""
    return _act(request, BulkDispatchForm(request.POST))


def _act(request: HttpRequest, form: BulkForm) -> HttpResponse:
    """Do it to those that were ticked now, or to all that the filters show as a job of its own."""
    user = person(request)
    require(user, form.act)
    everything = bool(request.POST.get("all"))
    context = {
        "form": form,
        "url": reverse(f"bulk_{form.act}"),
        "ids": [] if everything else request.POST.getlist("ids")[:BULK_MOST],
        "back": _back(request),
        "all": everything,
        "count": None,
    }
    if not form.is_valid():
        return render(request, "cases/bulk_form.html", context, status=422)
    if not everything:
        return _answer(request, *_each(request, form.wish()))
    query = _query_of(_back(request))
    numbers = form.possible(_filtered(query, identity_of(user)))
    if numbers and (request.POST.get("sure") or len(numbers) > MOST):
        return _start(request, form.wish(), numbers, query)
    return render(request, "cases/bulk_form.html", context | {"count": len(numbers)})


def _filtered(query: QueryDict, who: Identity) -> CaseQuerySet:
    return CaseFilter(query, Case.objects.visible_to(who), who=who, now=timezone.now()).qs


def _query_of(back: str) -> QueryDict:
    return QueryDict(urlsplit(back).query)


def _start(request: HttpRequest, wish: Wish, numbers: list[str], query: QueryDict) -> HttpResponse:
    try:
        row = bulk.start_bulk(numbers, wish, user=person(request), query=query.urlencode())
    except InvalidInput as refused:
        messages.warning(request, refused.message)
        return redirect(_back(request))
    transaction.on_commit(partial(run_bulk.delay, row.pk), robust=True)
    return redirect("bulk_act", row.pk)


@require_GET
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far one's own act on many cases is, and what was left as it is."""
    row = BulkAct.objects.filter(pk=number(str(pk)) or 0, by=person(request)).first()
    if row is None:
        raise Http404
    refused = list(row.refusals.all()[:REFUSALS_SHOWN])
    context = {
        "row": row,
        "refused": [_refusal(each.number, Left(each.reasons, visible=each.visible)) for each in refused],
        "left": row.refusals.count(),
        "total": len(row.cases),
        "back": f"{reverse('case_list')}?{row.query}" if row.query else reverse("case_list"),
    }
    return render(
        request, "cases/bulk_progress.html" if request.headers.get("HX-Request") else "cases/bulk_act.html", context
    )


def _each(request: HttpRequest, wish: Wish) -> tuple[list[str], list[Refusal]]:
    """Do it to one case after the other, each in its own transaction; what is refused is told with its reason."""
    user = person(request)
    numbers = list(dict.fromkeys(request.POST.getlist("ids")))
    done, refused = [], []
    for reference in numbers[:BULK_MOST]:
        left = bulk.act_on(user, reference, wish)
        if left is None:
            done.append(reference)
        else:
            refused.append(_refusal(reference, left))
    refused += [Refusal(more[:20], [_("At most %(n)d at once.") % {"n": BULK_MOST}]) for more in numbers[BULK_MOST:]]
    return done, refused


def _answer(request: HttpRequest, done: list[str], refused: list[Refusal]) -> HttpResponse:
    if not done and not refused:
        messages.warning(request, _("No case was chosen. Tick the cases first."))
    if done:
        text = ngettext("%(n)d case done.", "%(n)d cases done.", len(done)) % {"n": len(done)}
        messages.success(request, text)
    if not refused:
        return redirect(_back(request))
    context = {"done": done, "refused": refused, "back": _back(request)}
    return render(request, "cases/bulk_result.html", context, status=200 if done else 422)


def _back(request: HttpRequest) -> str:
    """The list that the act came from; never somewhere else."""
    back = request.POST.get("back", "")
    ours = back.startswith(reverse("case_list")) and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return back if ours else reverse("case_list")


# Saved views


@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the filters of the list under a name."""
    user = person(request)
    form = ViewForm(request.POST)
    query = _clean_query(request)
    if not form.is_valid():
        return render(request, "cases/view_form.html", {"form": form, "query": query}, status=422)
    data = form.cleaned_data
    view = views.save_view(
        NewView(data["name"], query, shared=data["shared"], pinned=data["pinned"]), owner=user, by=Actor.staff(user)
    )
    messages.success(request, _("The view “%(name)s” was saved.") % {"name": view.name})
    return redirect(f"{reverse('case_list')}?{view.query}" if view.query else reverse("case_list"))


def _clean_query(request: HttpRequest) -> str:
    """Only filters that are right stand in a view; neither a page nor anything foreign."""
    given = QueryDict(request.POST.get("query", "")[:2000])
    who = identity_of(person(request))
    chosen = CaseFilter(given, Case.objects.none(), who=who, now=timezone.now())
    chosen.form.is_valid()
    return chosen.query()


@require_POST
def delete_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget one's own view."""
    user = person(request)
    view = SavedView.objects.filter(pk=pk, owner=user).first() if pk <= 2**63 - 1 else None
    if view is None:
        raise Http404
    views.delete_view(view, by=Actor.staff(user))
    messages.success(request, _("The view “%(name)s” was deleted.") % {"name": view.name})
    return redirect("case_list")
