"""From the first keystroke to the number: drafts on the server, and the one step that registers them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.base import File as Content
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.actor import Actor
from audit.exceptions import Blocked, InvalidInput, InvalidMove
from cases.actions.assignment import acknowledge_case
from cases.actions.closure import Summary, close_case
from cases.actions.contacts import NewContact, record_contact
from cases.actions.intake import LONGEST_TEXT, Classification, Intake, open_case
from cases.actions.reply import Answer, reply_to_customer
from cases.lifecycle import SHORT_KINDS, Outcome, State
from cases.models import Case, Contact, Draft
from cases.models.intake import Priority, Urgency
from cases.models.reply import Way
from documents.actions import erase_file, store_upload
from documents.limits import staff_limits
from documents.models import File
from documents.pdf import render_paper
from documents.sheets.writing import Stamp
from organization.models import User

MOST_DRAFTS = 50
#: Characters, as they are kept.
LARGEST_DRAFT = 2_000_000
SUBJECT_LENGTH = 60
FORGOTTEN_AT_ONCE = 200
#: What stays in the text when the whole of it becomes a file.
KEPT_OF_LONG_TEXT = 2_000
#: In ``Draft.data``: files stored so far; never taken from a request.
FILES = "files"


@dataclass(frozen=True)
class Typed:
    """What stands in a form that is not finished: clean values by field, and a line to recognise it by."""

    values: Mapping[str, Any]
    subject: str = ""
    submission_key: uuid.UUID | None = None


@transaction.atomic
def save_draft(pk: uuid.UUID, typed: Typed, *, user: User, form: str = "log", keep: bool = False) -> Draft | None:
    """Keep what is being typed; None when it was registered meanwhile and nothing is left to keep.

    ``keep``: beside what the draft holds already, instead of in its place.

    ``pk`` is chosen by the page, so that a repeated request never makes a second draft. Somebody
    else's number is answered as if there were too many drafts: nothing is learned by trying.
    """
    if typed.submission_key and _is_used(typed.submission_key):
        return None
    if len(json.dumps(typed.values, ensure_ascii=False)) > LARGEST_DRAFT:
        raise InvalidInput("text", _("This is too much for a draft. Please attach the text as a file."))
    now = timezone.now()
    row = Draft.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        row = _new_draft(pk, user=user, form=form)
    elif row.user_id != user.pk or row.form != form:
        raise InvalidMove(_("This draft cannot be saved here. Please open the form anew."))
    row.data = (row.data if keep else {}) | dict(typed.values) | {FILES: row.data.get(FILES, [])}
    row.subject, row.updated_at = typed.subject[:SUBJECT_LENGTH], now
    row.save()
    return row


def _is_used(key: uuid.UUID) -> bool:
    return any(model._default_manager.filter(submission_key=key).exists() for model in (Case, Contact))


def _new_draft(pk: uuid.UUID, *, user: User, form: str) -> Draft:
    if Draft.objects.filter(user=user, form=form).count() >= MOST_DRAFTS:
        raise InvalidMove(
            _("You have %(n)d drafts already. Please register or discard one of them first.") % {"n": MOST_DRAFTS}
        )
    return Draft(pk=pk, user=user, form=form, created_at=timezone.now())


@transaction.atomic
def discard_draft(draft: Draft, *, by: Actor) -> None:
    """Throw a draft away, with the files that were stored for it."""
    for file in files_of(draft):
        erase_file(file, by=by)
    draft.delete()


def forget_drafts(*, before: datetime, by: Actor) -> int:
    """Throw away what its author has not touched since then; each in its own transaction."""
    stale = list(Draft.objects.filter(updated_at__lt=before).values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
    return sum(_forget(pk, before=before, by=by) for pk in stale)


@transaction.atomic
def _forget(pk: uuid.UUID, *, before: datetime, by: Actor) -> bool:
    row = Draft.objects.select_for_update().filter(pk=pk, updated_at__lt=before).first()
    if row is None:  # registered, or gone on with, meanwhile
        return False
    discard_draft(row, by=by)
    return True


def files_of(draft: Draft) -> list[File]:
    """The files stored for a draft so far."""
    return list(File.objects.filter(pk__in=draft.data.get(FILES, []), erased_at=None).order_by("pk"))


@transaction.atomic
def add_files(draft: Draft, uploads: Iterable[Content[Any]], *, by: Actor) -> list[File]:
    """Store files for a draft, so that a refused form or a lost session does not lose them.

    Raises ``FileRefused`` or ``StoreFull`` for the first that cannot be taken; none is kept then.
    """
    row = Draft.objects.select_for_update().get(pk=draft.pk)
    stored = store_files(uploads, beside=len(row.data.get(FILES, [])), by=by)
    row.data[FILES] = [*row.data.get(FILES, []), *(file.pk for file in stored)]
    row.save(update_fields=["data"])
    draft.data[FILES] = row.data[FILES]
    return stored


def store_files(uploads: Iterable[Content[Any]], *, beside: int, by: Actor) -> list[File]:
    """Store the files of one form, where so many are stored for it already; raises as ``add_files``."""
    limits = staff_limits()
    uploads = list(uploads)
    if len(uploads) > limits.files - beside:
        raise InvalidInput(
            "files",
            _("At most %(n)d files can be attached at once. Please send the rest afterwards.") % {"n": limits.files},
        )
    return [store_upload(upload, by=by, limits=limits) for upload in uploads]


@transaction.atomic
def remove_file(draft: Draft, pk: int, *, by: Actor) -> None:
    """Take a file out of a draft again; a number that is not of this draft does nothing."""
    row = Draft.objects.select_for_update().get(pk=draft.pk)
    if pk not in row.data.get(FILES, []):
        return
    row.data[FILES] = [number for number in row.data[FILES] if number != pk]
    row.save(update_fields=["data"])
    draft.data[FILES] = row.data[FILES]
    erase_file(File.objects.get(pk=pk), by=by)


@transaction.atomic
def move_text_to_file(draft: Draft, whole: str, *, by: Actor) -> Draft:
    """Keep a text that is too long for a record as a PDF, word for word; its beginning stays in the draft's text.

    The text is handed over and not read from the draft, because it may be too long for that too. Raises
    ``PdfFailed`` when the paper cannot be made; the draft is unchanged then.
    """
    if len(whole) <= LONGEST_TEXT:
        return draft
    now = timezone.now()
    stamp = Stamp(by.label, now, f"{len(whole)}")
    page = render_paper("cases/long_text.html", {"paragraphs": whole.splitlines(), "length": len(whole)}, stamp=stamp)
    name = f"{_('Complete text')} {timezone.localtime(now):%Y-%m-%d %H%M}.pdf"
    add_files(draft, [ContentFile(page, name=name)], by=by)
    note = ngettext(
        "(The complete text of %(n)d character is attached as a file.)",
        "(The complete text of %(n)d characters is attached as a file.)",
        len(whole),
    ) % {"n": len(whole)}
    draft.data["text"] = f"{whole[:KEPT_OF_LONG_TEXT].rstrip()}…\n{note}"
    draft.updated_at = now
    draft.save(update_fields=["data", "updated_at"])
    return draft


@dataclass(frozen=True)
class Entry:
    """A finished log form: the intake, and what happens in the same step.

    ``acknowledge``: take it on at once. ``answer``: what an enquirer was told on the spot, which
    closes it (INT-20). ``original`` and ``kept_at`` say where the paper of the files lies (INT-11).
    """

    intake: Intake
    acknowledge: bool = False
    answer: str = ""
    original: bool = False
    kept_at: str = ""


@dataclass(frozen=True)
class Logged:
    """The registered case, and why it was not acknowledged although that was wanted."""

    case: Case
    reasons: tuple[str, ...] = ()


@transaction.atomic
def log_feedback(entry: Entry, *, by: Actor, draft: Draft | None = None) -> Logged:
    """Register what was typed; acknowledge it, and close an answered enquiry, in the same step (INT-20).

    All in one transaction. Registering never fails for want of a classification: what keeps it from
    being acknowledged is told instead. The draft is gone afterwards. A repeated submission finds
    the case of the first one and changes nothing.
    """
    if entry.answer and entry.intake.kind.code not in SHORT_KINDS:
        raise InvalidInput("answer", _("Only enquiries and praise are closed at once. Please dispatch the others."))
    case = open_case(entry.intake, by=by)
    if case.first_asked_id != by.id:
        raise InvalidInput("submission_key", _("The form was damaged on its way. Please send it again."))
    if draft is not None:
        draft.delete()
    if case.state != State.REGISTERED or case.version > 1:
        return Logged(case)
    if entry.original or entry.kept_at:
        kept = case.files.filter(file__in=entry.intake.files)
        kept.update(is_original=entry.original, original_kept_at=entry.kept_at)
    if not (entry.acknowledge or entry.answer):
        return Logged(case)
    reasons = _acknowledge(case, by=by)
    if entry.answer:
        _answer_at_once(case, entry.answer, reasons, by=by)
    case.refresh_from_db()
    return Logged(case, reasons)


def _acknowledge(case: Case, *, by: Actor) -> tuple[str, ...]:
    if by.id is not None and -by.id in case.barred:
        return (_("You are named in it yourself; a colleague decides about it."),)
    proposed = Classification(
        category=case.category or case.suggested_category,
        priority=case.priority or proposed_priority(case.urgency),
    )
    try:
        with transaction.atomic():
            acknowledge_case(case, by=by, classification=proposed)
    except Blocked as refused:
        return tuple(str(reason) for reason in refused.reasons)
    return ()


def proposed_priority(urgency: str) -> int:
    """The priority offered for an urgency; a person may choose another (CLS-06)."""
    return {Urgency.URGENT: Priority.HIGH, Urgency.IMPORTANT: Priority.MEDIUM}.get(Urgency(urgency), Priority.LOW)


_WAYS = {
    "email": Way.EMAIL,
    "letter": Way.LETTER,
    "visit": Way.ON_SITE,
    "counter": Way.ON_SITE,
    "field_service": Way.ON_SITE,
}


def _answer_at_once(case: Case, answer: str, reasons: tuple[str, ...], *, by: Actor) -> None:
    if reasons:
        raise InvalidInput("category", _("To close it at once: %(reasons)s") % {"reasons": " ".join(reasons)})
    way = _WAYS.get(case.channel.code, Way.PHONE)
    if way == Way.EMAIL and not case.reporter_email:
        way = Way.PHONE
    reply_to_customer(case, Answer(text=answer, way=way), by=by)
    close_case(case, by=by, outcome=Outcome.SETTLED, summary=Summary())


@transaction.atomic
def add_to_case(case: Case, contact: NewContact, *, by: Actor, draft: Draft | None = None) -> Contact:
    """Keep what was typed as a further contact of an open case instead of a second case (RTE-08).

    The draft is gone afterwards.
    """
    row = record_contact(case, contact, by=by)
    if draft is not None:
        draft.delete()
    return row
