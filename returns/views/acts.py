"""One way for every act on a return: access, form, action, redirect; the same as page and as sheet.

A refusal of the action comes back with the form and everything that was typed: 422 with the sentence at its field or
the reasons above, 409 with what changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from audit.exceptions import Blocked, DomainError, InvalidInput, StaleRecord
from cases.views.acts import SHEET_TARGET, Problem, take_in
from documents.exceptions import StoreFull
from organization.queries import identity_of
from organization.requests import person
from returns import access as a
from returns.access import ReturnAccess, get_for_refund, get_return
from returns.actions import arrival, clocks, deciding, files, leaving, refund, repair, ties
from returns.actions.moves import require_state
from returns.forms import acts as f
from returns.models import ReturnSlip
from returns.queries.moves import ACTS, label_of

Run = Callable[[ReturnAccess, Any], object]


@dataclass(frozen=True)
class Sheet:
    """What an act's page says around its form, and what is done with it."""

    form: type[f.ReturnForm]
    run: Run
    done: str | Promise
    title: str | Promise = ""
    lead: str | Promise = ""
    danger: bool = False
    permission: str = ""


def _receive(access: ReturnAccess, form: Any) -> object:
    by, at = access.actor("receive"), form.cleaned_data["happened_at"]
    return arrival.receive_goods(access.slip, form.counted(), by=by, happened_at=at)


@transaction.atomic
def _record_inspection(access: ReturnAccess, form: Any) -> object:
    by, data = access.actor("record_inspection"), form.cleaned_data
    if data["files"]:
        files.attach_files(access.slip, take_in(data["files"], by=by), by=by)
        access.slip.expected_version = None  # the version was looked at by the act before
    return deciding.record_inspection(access.slip, by=by, passed=data["passed"], findings=data["findings"])


@transaction.atomic
def _attach(access: ReturnAccess, form: Any) -> object:
    by, data = access.actor("attach"), form.cleaned_data
    stored = take_in(data["files"], by=by)
    return files.attach_files(access.slip, stored, by=by, certificate=data["certificate"])


#: Every act: its form, what it does, what is said afterwards.
SHEETS: dict[str, Sheet] = {
    "accept": Sheet(
        f.AcceptForm,
        lambda x, form: deciding.accept_repair(
            x.slip, by=x.actor("accept"), opinion=form.cleaned_data["opinion"], place=form.cleaned_data["place"]
        ),
        lazy("The repair was accepted; the customer is told."),
        lead=lazy(
            "The application fits the conditions of repair. What a part or new software mends is repaired at the "
            "customer's; else the customer is asked to send the goods."
        ),
    ),
    "receive": Sheet(
        f.ReceiveForm,
        _receive,
        lazy("The goods are received and counted."),
        lead=lazy("Count what arrived. A difference is explained before anything else is decided."),
    ),
    "ask_inspection": Sheet(
        f.AskInspectionForm,
        lambda x, form: deciding.ask_inspection(
            x.slip, by=x.actor("ask_inspection"), question=form.cleaned_data["question"]
        ),
        lazy("The outgoing inspector is told."),
    ),
    "record_inspection": Sheet(f.ClaimInspectionForm, _record_inspection, lazy("The result is attached.")),
    "confirm": Sheet(
        f.ConfirmForm,
        lambda x, form: deciding.confirm_return(x.slip, form.decision(), by=x.actor("confirm")),
        lazy("The reason is confirmed."),
        lead=lazy("You decide for the function that owns the reason. A refund goes on to finance with this amount."),
    ),
    "refuse": Sheet(
        f.ReasonForm,
        lambda x, form: deciding.refuse_return(x.slip, by=x.actor("refuse"), reason=form.cleaned_data["reason"]),
        lazy("The return was refused; the customer is told."),
        lead=lazy("The customer is told the reason. Goods that are here go back."),
        danger=True,
    ),
    "redirect": Sheet(
        f.ReasonForm,
        lambda x, form: deciding.redirect_to_refund(x.slip, by=x.actor("redirect"), reason=form.cleaned_data["reason"]),
        lazy("A refund is asked for now; its reason is to be confirmed."),
        lead=lazy("What was decided is taken back: a refund needs a confirmation of its own."),
    ),
    "decide_refund": Sheet(
        f.ApprovalForm,
        lambda x, form: deciding.decide_refund(
            a.get_approval(x),
            x.slip,
            by=x.actor("approve_refund"),
            granted=form.cleaned_data["granted"],
            opinion=form.cleaned_data["opinion"],
        ),
        lazy("Decided."),
        permission="approve_refund",
    ),
    "pay": Sheet(
        f.PayForm,
        lambda x, form: refund.pay_refund(x.slip, form.payment(), by=x.actor("pay")),
        lazy("The refund is recorded; the return has ended."),
        lead=lazy("Only a confirmed slip is paid, and only its amount. What is refused here is kept."),
    ),
    "amend_refund": Sheet(
        f.AmendForm,
        lambda x, form: refund.amend_refund(
            a.get_refund(x), form.payment(), by=x.actor("amend_refund"), reason=form.cleaned_data["reason"]
        ),
        lazy("The refund was corrected."),
    ),
    "name_liable": Sheet(
        f.LiableForm,
        lambda x, form: deciding.name_liable(x.slip, form.liability(), by=x.actor("name_liable")),
        lazy("Saved."),
    ),
    "schedule": Sheet(
        f.ScheduleForm,
        lambda x, form: repair.schedule_repair(x.slip, form.plan(), by=x.actor("schedule")),
        lazy("The repair is scheduled; the customer is told."),
    ),
    "change_place": Sheet(
        f.ChangePlaceForm,
        lambda x, form: repair.change_place(
            x.slip, form.cleaned_data["place"], by=x.actor("change_place"), reason=form.cleaned_data["reason"]
        ),
        lazy("The place of repair is changed; the customer is told."),
        lead=lazy("The repair is planned again; changing the place gives no later limit."),
    ),
    "start": Sheet(
        f.PlainForm,
        lambda x, form: repair.start_repair(x.slip, by=x.actor("start")),
        lazy("The repair has begun."),
    ),
    "note_work": Sheet(
        f.NoteForm,
        lambda x, form: repair.note_work(x.slip, form.piece(), by=x.actor("note_work")),
        lazy("Noted in the work order."),
    ),
    "finish": Sheet(
        f.FinishForm,
        lambda x, form: repair.finish_repair(x.slip, form.report(), by=x.actor("finish")),
        lazy("The repair is done; quality re-inspects it."),
        lead=lazy("The cause goes to quality. Nothing leaves before the re-inspection passed."),
    ),
    "inspect": Sheet(
        f.InspectionForm,
        lambda x, form: repair.inspect_repair(
            x.slip, by=x.actor("inspect"), passed=form.cleaned_data["passed"], findings=form.cleaned_data["findings"]
        ),
        lazy("The re-inspection is recorded."),
    ),
    "release": Sheet(
        f.ReleaseForm,
        lambda x, form: leaving.release_goods(x.slip, by=x.actor("release"), shipment=form.cleaned_data["shipment"]),
        lazy("Released; the customer is told."),
    ),
    "deliver": Sheet(
        f.DeliverForm,
        lambda x, form: leaving.record_delivery(
            x.slip, by=x.actor("deliver"), happened_at=form.cleaned_data["happened_at"]
        ),
        lazy("The customer has it; the return has ended."),
    ),
    "decline_repair": Sheet(
        f.ReasonForm,
        lambda x, form: leaving.decline_repair(
            x.slip, by=x.actor("decline_repair"), reason=form.cleaned_data["reason"]
        ),
        lazy("It is repaired on; quality looks at it again."),
        lead=lazy("What is the customer not satisfied with?"),
    ),
    "cancel": Sheet(
        f.ReasonForm,
        lambda x, form: leaving.cancel_return(x.slip, by=x.actor("cancel"), reason=form.cleaned_data["reason"]),
        lazy("The return has ended."),
        lead=lazy("Who took the wish back, and when?"),
        danger=True,
    ),
    "call_back": Sheet(
        f.CallBackForm,
        lambda x, form: leaving.call_back(x.slip, form.said(), by=x.actor("call_back")),
        lazy("The answer is written down."),
    ),
    "link": Sheet(
        f.LinkForm,
        lambda x, form: ties.link_case(x.slip, form.cleaned_data["number"], by=x.actor("link")),
        lazy("The return belongs to the case now."),
    ),
    "open_case": Sheet(
        f.MatterForm,
        lambda x, form: ties.open_case_of(x.slip, form.matter(), by=x.actor("open_case")),
        lazy("The case is open. Its measures are planned there."),
        lead=lazy("The case looks for the cause, and its measures prevent the next return."),
    ),
    "detach": Sheet(
        f.ReasonForm,
        lambda x, form: ties.detach_case(x.slip, by=x.actor("detach"), reason=form.cleaned_data["reason"]),
        lazy("The case no longer waits for this return."),
        lead=lazy("The case may then be closed before the return has ended."),
    ),
    "record_contact": Sheet(
        f.ContactForm,
        lambda x, form: files.record_contact(x.slip, form.heard(), by=x.actor("record_contact")),
        lazy("Numbered and filed with the return."),
    ),
    "attach": Sheet(
        f.AttachForm,
        _attach,
        lazy("The files are attached."),
        lead=lazy("Originals are kept unchanged; pages show pictures without the place where they were taken."),
    ),
}


def view_of(name: str) -> Callable[..., HttpResponse]:
    """The view of one act."""

    @require_http_methods(["GET", "POST"])
    def view(request: HttpRequest, number: str) -> HttpResponse:
        sheet = SHEETS[name]
        access = _open(request, number, name, sheet)
        return perform(request, access, name, sheet)

    return view


def _open(request: HttpRequest, number: str, name: str, sheet: Sheet) -> ReturnAccess:
    """The return for this act: 404, 403; on opening the page also 409 where the state does not allow it.

    Who pays may try any slip: the gate refuses it, and the refusal is kept.
    """
    version = request.POST.get("version")
    if name == "pay" and request.method == "POST":
        return get_for_refund(person(request), number)
    access = get_return(person(request), number, sheet.permission or name, version=version)
    if request.method != "POST":
        require_state(access.slip, ACTS[name].sources)
    return access


def perform(request: HttpRequest, access: ReturnAccess, name: str, sheet: Sheet) -> HttpResponse:
    """Show the form, or carry the act out and go back to the return."""
    posted = request.POST if request.method == "POST" else None
    form = sheet.form(posted, request.FILES or None, slip=access.slip, who=access.who)
    if posted is None:
        return _show(request, access, name, sheet, form)
    if not form.is_valid():
        return _show(request, access, name, sheet, form, Problem("", [], 422))
    try:
        sheet.run(access, form)
    except InvalidInput as refusal:
        form.refuse(refusal)
        return _show(request, access, name, sheet, form, Problem("", [], 422))
    except (DomainError, StoreFull) as refusal:
        return _show(request, access, name, sheet, form, problem_of(refusal))
    messages.success(request, str(sheet.done))
    return back(request, access.slip)


def problem_of(refusal: Exception) -> Problem:
    """Why nothing was done, for the top of the page."""
    if isinstance(refusal, Blocked):
        return Problem(_("This is not possible yet:"), [str(reason) for reason in refusal.reasons], 422, "red")
    if isinstance(refusal, StaleRecord):
        sentence = _("The return was changed while this page was open. Nothing was done, and your entry is still here.")
        return Problem(sentence, list(refusal.changed), 409)
    return Problem(str(refusal), [], 503 if isinstance(refusal, StoreFull) else 409, "red")


def _show(
    request: HttpRequest, access: ReturnAccess, name: str, sheet: Sheet, form: Any, problem: Problem | None = None
) -> HttpResponse:
    in_sheet = getattr(request, "htmx", False) and request.htmx.target in {SHEET_TARGET, "act"}  # type: ignore[attr-defined]
    label = label_of(ACTS[name], access.slip) if name in ACTS else sheet.title
    context = {
        "slip": access.slip,
        "sheet": sheet,
        "title": sheet.title or label,
        "button": label,
        "form": form,
        "problem": problem,
        # The version of this moment: who has read what changed may send the same entry again.
        "version": ReturnSlip.objects.values_list("version", flat=True).get(pk=access.slip.pk),
        "in_sheet": in_sheet and request.htmx.target == SHEET_TARGET,  # type: ignore[attr-defined]
        "url": request.path,
    }
    template = "returns/act_form.html" if in_sheet else "returns/act.html"
    return render(request, template, context, status=problem.status if problem else 200)


def back(request: HttpRequest, slip: ReturnSlip) -> HttpResponse:
    """To the return's page: a redirect, which htmx follows as a whole page. Who may not read it goes to the board."""
    visible = ReturnSlip.objects.visible_to(identity_of(person(request))).filter(pk=slip.pk).exists()
    url = reverse("return", args=[slip.number]) if visible else reverse("return_board")
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


@require_http_methods(["GET", "POST"])
def explain(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """What became of the difference of one line (RET-03)."""
    access = get_return(person(request), number, "explain", version=request.POST.get("version"))
    line = a.get_line(access, pk)
    words = {"goods": line, "announced": line.announced, "counted": line.counted if line.counted is not None else "—"}
    sheet = Sheet(
        f.ExplainForm,
        lambda x, form: arrival.explain_difference(x.slip, line, form.counted(), by=x.actor("explain")),
        lazy("The difference is explained."),
        title=_("Explain the difference"),
        lead=_("%(goods)s: announced %(announced)s, counted %(counted)s.") % words,
    )
    return perform(request, access, "explain", sheet)


@require_http_methods(["GET", "POST"])
def give_breach_reason(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Why a limit was not kept (SLA-04)."""
    access = get_return(person(request), number, "give_breach_reason", version=request.POST.get("version"))
    clock = a.get_clock(access, pk)
    sheet = Sheet(
        f.ReasonForm,
        lambda x, form: clocks.give_breach_reason(
            clock, by=x.actor("give_breach_reason"), reason=form.cleaned_data["reason"]
        ),
        lazy("The reason is kept."),
        title=_("Reason of the missed limit"),
    )
    return perform(request, access, "give_breach_reason", sheet)
