"""Acts on several cases at once, and saved views."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from audit.actor import Actor
from audit.exceptions import Blocked, DomainError, InvalidInput
from cases.access import CaseAccess, get_case
from cases.actions import assignment, views
from cases.actions.assignment import Task
from cases.actions.drafts import proposed_priority
from cases.actions.intake import Classification
from cases.actions.views import NewView
from cases.forms.assignment import usual_due
from cases.forms.browse import BULK_MOST, BulkDispatchForm, CaseFilter, ViewForm
from cases.models import Case, SavedView
from cases.views.rights import require
from organization.queries import identity_of
from organization.requests import person


@dataclass(frozen=True)
class Refusal:
    """A case that was left as it is, and why; ``url`` is empty where there is none to open."""

    number: str
    reasons: list[str]
    url: str = ""


@require_POST
def acknowledge(request: HttpRequest) -> HttpResponse:
    """Take several cases on, each with its own or the proposed category and priority."""
    user = person(request)
    require(user, "acknowledge")

    def act(access: CaseAccess) -> None:
        case = access.case
        proposed = Classification(
            category=case.category or case.suggested_category,
            priority=case.priority or proposed_priority(case.urgency),
        )
        assignment.acknowledge_case(case, by=access.actor("acknowledge"), classification=proposed)

    return _answer(request, *_each(request, "acknowledge", act))


@require_POST
def dispatch(request: HttpRequest) -> HttpResponse:
    """Send several cases out with the same requirement; each to the chosen or to its suggested department."""
    require(person(request), "dispatch")
    form = BulkDispatchForm(request.POST)
    if not form.is_valid():
        context = {"form": form, "ids": request.POST.getlist("ids")[:BULK_MOST], "back": _back(request)}
        return render(request, "cases/bulk_dispatch.html", context, status=422)
    data = form.cleaned_data

    def act(access: CaseAccess) -> None:
        case = access.case
        department = data["department"] or case.suggested_department
        if department is None:
            raise InvalidInput("department", _("No department is suggested for it. Please choose one."))
        task = Task(department, data["requirement"], data["due_at"] or usual_due(case))
        assignment.dispatch_case(case, task, by=access.actor("dispatch"))

    return _answer(request, *_each(request, "dispatch", act))


def _each(request: HttpRequest, permission: str, act: Callable[[CaseAccess], None]) -> tuple[list[str], list[Refusal]]:
    """Do it to one case after the other, each in its own transaction; what is refused is told with its reason."""
    user = person(request)
    numbers = list(dict.fromkeys(request.POST.getlist("ids")))
    done, refused = [], []
    for number in numbers[:BULK_MOST]:
        try:
            act(get_case(user, number, permission))
            done.append(number)
        except Http404:
            refused.append(Refusal(number[:20], [_("This case is not here, or you may not see it.")]))
        except Blocked as blocked:
            refused.append(Refusal(number, [str(reason) for reason in blocked.reasons], reverse("case", args=[number])))
        except DomainError as error:
            refused.append(Refusal(number, [error.message], reverse("case", args=[number])))
    refused += [
        Refusal(number[:20], [_("At most %(n)d at once.") % {"n": BULK_MOST}]) for number in numbers[BULK_MOST:]
    ]
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
