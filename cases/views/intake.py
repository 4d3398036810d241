"""Log feedback: one page for calls, letters, mails and visitors, with what is already known beside it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from audit.actor import Actor
from audit.exceptions import DomainError, InvalidInput
from cases.access import CaseAccess, get_case
from cases.actions import drafts
from cases.actions.drafts import Entry, Logged, Typed
from cases.actions.intake import LONGEST_TEXT, submitted
from cases.forms.drafting import DueForm, subject_line, typed_values
from cases.forms.intake import LogForm
from cases.models import Case, Draft
from cases.queries import intake as queries
from cases.queries.intake import Caller
from cases.queries.next_step import works_for_hub
from cases.secrets import access_code
from cases.views.drafts import get_draft, parse_uuid
from cases.views.lookup import dues_of, known, only_self, same_as
from cases.views.rights import may, require
from customers.access import get_customer
from customers.queries.communications import communications_of
from documents.exceptions import StoreFull
from documents.models import File
from organization import text
from organization.forms import refusals
from organization.models import User
from organization.queries import Identity, identity_of
from organization.requests import number, person, words
from regulations.profiles import version_for

#: Where a refusal of the action is shown in the form.
_FIELDS = {"happened_at": "received_at", "contact": "caller"}


@require_http_methods(["GET", "POST"])
def log(request: HttpRequest) -> HttpResponse:
    """The form; what is posted is registered, or one of its small acts is done and the form shown again."""
    user = person(request)
    who = require(user, "log")
    if request.method == "GET":
        return _page(request, who, _initial(request, user))
    if act := request.POST.get("act", ""):
        return _act(request, who, act)
    return _register(request, who)


# Opening


def _initial(request: HttpRequest, user: User) -> Opened:
    """A draft goes on; otherwise an empty form with new keys, for a customer or kind that the link names."""
    if "draft" in request.GET:
        draft = get_draft(user, request.GET["draft"])
        return Opened(_filled({"submission_key": str(uuid.uuid4())} | draft.data | {"draft": str(draft.pk)}), draft)
    values: dict[str, Any] = {
        "draft": str(uuid.uuid4()),
        "submission_key": str(uuid.uuid4()),
        "channel": words(request, "channel") or "phone",
        "kind": words(request, "kind"),
        "acknowledge": "on",
    }
    chosen = number(request.GET.get("customer"))
    caller = queries.caller_by_id(chosen, who=identity_of(user)) if chosen else None
    if caller:
        values |= _of_caller(caller)
    talk = number(request.GET.get("communication"))
    if chosen and talk:
        values |= _of_communication(user, chosen, talk)
    return Opened(_filled(values))


#: By which channel a visit or talk came in.
_CHANNELS = {"visit": "field_service", "writing": "letter", "meeting": "visit", "event": "visit"}


@dataclass(frozen=True)
class Opened:
    """What stands in the form when it is shown, and the draft it comes from."""

    values: dict[str, Any]
    draft: Draft | None = None


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    """Every field has a value, so that a box that was not ticked stays unticked."""
    blank = dict.fromkeys(LogForm.base_fields, "")
    return blank | {"criteria": [], "accused": [], "acknowledge": False} | values


def _of_communication(user: User, customer: int, pk: int) -> dict[str, Any]:
    """What a visit or talk says already, for those who may read it."""
    access = get_customer(user, customer)
    row = communications_of(access.customer, access.who).filter(pk=pk).first() if access.sees_contacts else None
    if row is None:
        return {}
    received = timezone.localtime(row.happened_at)
    return {
        "communication": str(row.pk),
        "text": row.opinions or row.content,
        "channel": _CHANNELS.get(row.kind, "phone"),
        "received_at": received.strftime("%Y-%m-%dT%H:%M"),
    }


def _of_caller(caller: Caller) -> dict[str, Any]:
    card = caller.card
    return {
        "customer": str(card.customer.pk),
        "caller": " ".join([card.customer.name, *card.phones[:1]]),
        "reporter_name": card.customer.name,
        "reporter_phone": next(iter(card.phones), ""),
        "reporter_email": next(iter(card.emails), ""),
        "reporter_organisation": card.organisation,
    }


def _form(who: Identity, *args: Any, **kwargs: Any) -> LogForm:
    version = version_for(site=None, product=None)
    return LogForm(*args, who=who, version=version, may_acknowledge=may(only_self(who), "acknowledge"), **kwargs)


def _page(
    request: HttpRequest, who: Identity, opened: Opened, *, form: LogForm | None = None, status: int = 200
) -> HttpResponse:
    form = form or _form(who, initial=opened.values)
    values = opened.values
    context = {
        "form": form,
        "draft": opened.draft,
        "files": drafts.files_of(opened.draft) if opened.draft else [],
        "drafts": [row for row in queries.drafts_of(person(request), limit=9) if row != opened.draft],
        "dues": dues_of(DueForm(_query(values)).preview(), acknowledged=bool(values.get("acknowledge"))),
        "now": timezone.now(),
        **known(who, values),
    }
    return render(request, "cases/log.html", context, status=status)


def _query(values: dict[str, Any]) -> QueryDict:
    """Values as a form gets them."""
    query = QueryDict(mutable=True)
    for name, value in values.items():
        query.setlist(name, value if isinstance(value, list) else [str(value or "")])
    return query


# Registering


def _register(request: HttpRequest, who: Identity) -> HttpResponse:
    user = person(request)
    if known_case := _registered_already(request, user):
        return _receipt(request, who, Logged(known_case))
    form = _form(who, request.POST, request.FILES)
    if not form.is_valid():
        return _refused(request, who, form)
    try:
        logged = _log(form, user, who)
    except DomainError as refused:
        _show(form, refused)
        return _refused(request, who, form)
    return _receipt(request, who, logged)


def _registered_already(request: HttpRequest, user: User) -> Case | None:
    """The case of the first click of a double click: its receipt is this one's too."""
    key = parse_uuid(request.POST.get("submission_key"))
    return submitted(key, first_asked=user)


def _show(form: LogForm, refused: DomainError) -> None:
    """Put a refusal into the form: beside its field, where it has one."""
    if isinstance(refused, InvalidInput):
        refused.field = _FIELDS.get(refused.field, refused.field)
    if isinstance(refused, StoreFull):
        form.add_error("files", refused.message)
    else:
        refusals.show(form, refused)


def _log(form: LogForm, user: User, who: Identity) -> Logged:
    by, data = Actor.staff(user), form.cleaned_data
    draft = Draft.objects.filter(pk=data["draft"], user=user, form="log").first()
    stored: tuple[File, ...] = tuple(drafts.files_of(draft)) if draft else ()
    repeat = Case.objects.visible_to(who).filter(number=data["repeat_of"]).first() if data["repeat_of"] else None
    with transaction.atomic():
        # Not through the draft: whoever has as many as there may be registers with photographs too.
        stored += tuple(drafts.store_files(data["files"], beside=len(stored), by=by))
        entry: Entry = form.entry(stored, repeat)
        return drafts.log_feedback(entry, by=by, draft=draft)


def _kept(data: Any, user: User, **changed: Any) -> Draft:
    """The draft of what is in the form, with some values changed; made if there is none."""
    values = typed_values(data) | changed
    key = parse_uuid(data.get("draft")) or uuid.uuid4()
    typed = Typed(values, subject_line(values))
    row = drafts.save_draft(key, typed, user=user)
    assert row is not None  # noqa: S101 - only a typed submission key finds its case
    return row


def _receipt(request: HttpRequest, who: Identity, logged: Logged) -> HttpResponse:
    for reason in logged.reasons:
        messages.warning(request, _("Registered, but not acknowledged yet: %(reason)s") % {"reason": reason})
    case = logged.case
    if Case.objects.visible_to(who).filter(pk=case.pk).exists():
        return redirect("case_logged", case.number)
    messages.success(
        request,
        _("Registered as %(number)s. You are named in it yourself, so colleagues take it from here.")
        % {"number": case.number},
    )
    return redirect("desk")


def _refused(request: HttpRequest, who: Identity, form: LogForm) -> HttpResponse:
    """The form again with its sentences; what was typed, and files that are right, are in the draft."""
    user = person(request)
    draft = _keep_refused(request, form, user)
    values = _filled(typed_values(request.POST) | {"draft": request.POST.get("draft", "")})
    return _page(request, who, Opened(values, draft), form=form, status=422)


def _keep_refused(request: HttpRequest, form: LogForm, user: User) -> Draft | None:
    try:
        with transaction.atomic():
            draft = _kept(request.POST, user)
            if form.cleaned_data.get("files"):
                drafts.add_files(draft, form.cleaned_data["files"], by=Actor.staff(user))
            return draft
    except DomainError as error:
        messages.warning(request, error.message)
        return None


# Small acts of the form, each a button that works without scripts too


def _act(request: HttpRequest, who: Identity, act: str) -> HttpResponse:
    """Find, pick or change the caller; take over; link; attach; go on with an open case."""
    user = person(request)
    name, _colon, argument = text.clean_line(act).partition(":")
    changed = _changes(who, name, argument)
    try:
        draft = _text_to_file(request, user) if name == "pdf" else _kept(request.POST, user, **changed)
    except DomainError as refused:
        return _not_kept(request, who, refused, changed)
    if name == "add":
        case = get_case(user, argument, "record_contact").case
        return redirect(f"{reverse('case_add', args=[case.number])}?draft={draft.pk}")
    _attach(request, draft, Actor.staff(user))
    if name == "unfile" and (pk := number(argument)):
        drafts.remove_file(draft, pk, by=Actor.staff(user))
    return _page(request, who, Opened(_filled(draft.data | {"draft": str(draft.pk)}), draft))


def _not_kept(request: HttpRequest, who: Identity, refused: DomainError, changed: dict[str, Any]) -> HttpResponse:
    """The form with all that was sent, when no draft can hold it; what is stored already stays beside it."""
    messages.warning(request, refused.message)
    key = request.POST.get("draft", "")
    pk = parse_uuid(key)
    draft = Draft.objects.filter(pk=pk, user=person(request), form="log").first() if pk else None
    values = _filled(typed_values(request.POST) | {"draft": key} | changed)
    return _page(request, who, Opened(values, draft), status=422)


def _attach(request: HttpRequest, draft: Draft, by: Actor) -> None:
    try:
        drafts.add_files(draft, request.FILES.getlist("files"), by=by)
    except (InvalidInput, StoreFull) as refused:
        messages.warning(request, refused.message)


@transaction.atomic
def _text_to_file(request: HttpRequest, user: User) -> Draft:
    """The draft with the text as a file; the whole text itself is never kept in it, it may be too long."""
    whole = text.clean(request.POST.get("text", ""))
    draft = _kept(request.POST, user, text=whole[:LONGEST_TEXT])
    return drafts.move_text_to_file(draft, whole, by=Actor.staff(user))


def _changes(who: Identity, name: str, argument: str) -> dict[str, Any]:
    """Which values of the form an act changes."""
    if name == "pick" and (chosen := number(argument)):
        caller = queries.caller_by_id(chosen, who=who)
        return _of_caller(caller) if caller else {}
    if name == "unpick":
        return {"customer": "", "caller": "", "reporter_name": "", "reporter_phone": "", "reporter_email": "",
                "reporter_organisation": ""}  # fmt: skip
    if name in {"same", "repeat"}:
        case = Case.objects.visible_to(who).select_related("product", "site").filter(number=argument[:20]).first()
        if case is None:
            return {}
        return same_as(case) if name == "same" else {"repeat_of": case.number}
    return {"repeat_of": ""} if name == "unrepeat" else {}


# After it


@require_GET
def logged(request: HttpRequest, number: str) -> HttpResponse:
    """The number to read out, the access code, the due times, and the way to the next one."""
    access = get_case(person(request), number)
    case = access.case
    running = case.clocks.filter(round=case.round).running()
    context = {
        "case": case,
        "code": access_code(case) if _may_read_out(access) else "",
        "clocks": list(running.order_by("due_at")),
        "may_log": may(access.who, "log"),
    }
    return render(request, "cases/logged.html", context)


def _may_read_out(access: CaseAccess) -> bool:
    """Whether this person gives the customer the code: who registered it, and the hub."""
    return access.case.first_asked_id == access.user.pk or (access.contact and works_for_hub(access.who))
