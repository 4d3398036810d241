"""Whether an answer is authentic, and correcting one that was entered wrongly (SUR-21)."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from cases.models import Case
from surveys.actions import follow_ups
from surveys.actions.answering import rescore
from surveys.actions.tallying import fold, untally
from surveys.models import Answer, Response
from surveys.models.response import ONE_SETTLING

Genuine = Response.Genuine


@transaction.atomic
def check_response(response: Response, genuine: str, *, by: Actor, reason: str = "") -> Response:
    """Say that it is genuine, or that it is not and why: then it counts nowhere.

    Raises ``InvalidMove`` for who filled it in or is judged by it, and where another answer has settled the round since
    it was found not genuine; ``InvalidInput`` without a reason.
    """
    if genuine not in {Genuine.GENUINE, Genuine.DOUBTFUL}:
        raise InvalidInput("genuine", _("Please choose one of the offered values."))
    if genuine == Genuine.DOUBTFUL and not reason.strip():
        raise InvalidInput("reason", _("Please say why the answer is not genuine."))
    row = _lock(response, by=by)
    if row.genuine == genuine:
        raise InvalidMove(_("It is “%(state)s” already.") % {"state": row.get_genuine_display()})
    now, before, counted = timezone.now(), row.genuine, row.tallied
    untally(row)
    row.genuine, row.genuine_reason, row.checked_by_id = genuine, reason, by.id
    _save_checked(row)
    if counted:
        fold([row.pk])
    changes = {"response": (None, row.pk), "genuine": (before, genuine)}
    sealed = {"reason": (None, reason)} if reason else {}
    record(row.thread, "check_response", by=by, at=now, changes=changes, sealed=sealed)
    return row


def _save_checked(row: Response) -> None:
    try:
        with transaction.atomic():
            row.save(update_fields=["genuine", "genuine_reason", "checked_by"])
    except IntegrityError as fault:
        if ONE_SETTLING not in str(fault):
            raise
        raise InvalidMove(_("The customer has answered again since; only one of both can count.")) from fault


@transaction.atomic
def correct_answer(answer: Answer, option: str, *, by: Actor, reason: str) -> Answer:
    """Put right what was entered wrongly: what stood there first is kept for ever, the sums follow at once.

    Raises ``InvalidInput`` for a value that the question does not have.
    """
    if not reason.strip():
        raise InvalidInput("reason", _("Please say why the answer is corrected."))
    row = _lock(answer.response, by=by)
    answers = list(row.given.select_for_update())
    found = next((one for one in answers if one.pk == answer.pk), None)
    if found is None or not found.option:
        raise InvalidInput("option", _("Only a chosen value or points can be corrected, not words."))
    if option == found.option:
        raise InvalidInput("option", _("This is what stands there already."))
    now, before, counted = timezone.now(), found.option, row.tallied
    untally(row)
    found.first, found.option = found.first or before, option
    found.corrected_by_id, found.corrected_reason = by.id, reason
    _rescore(row, answers, found, reason=reason)
    if counted:
        fold([row.pk])
    changes = {"response": (None, row.pk), "item": (None, found.item), "option": (before, option)}
    record(row.thread, "correct_answer", by=by, at=now, changes=changes, sealed={"reason": (None, reason)})
    _follow(row, found, by=by, at=now)
    return found


def _rescore(row: Response, answers: list[Answer], found: Answer, *, reason: str) -> None:
    try:
        found.value = rescore(row, answers)[found.item]
    except InvalidInput as refusal:
        raise InvalidInput("option", refusal.message) from None
    found.save(update_fields=["option", "value", "first", "corrected_by", "corrected_reason"])
    row.save(update_fields=["answers", "total", "satisfied", "points", "band", "solved"])


def _follow(row: Response, found: Answer, *, by: Actor, at: datetime) -> None:
    """A value that is low only now is followed up as if it had been given so."""
    case = Case.objects.select_for_update(of=("self",)).select_related("profile_version").get(pk=row.case_id)
    follow_ups.open_for(row, [found], case=case, by=by, at=at, again=True)


def _lock(response: Response, *, by: Actor) -> Response:
    """Take the response; who filled it in, asked, or is judged by it neither checks nor corrects it."""
    row = Response.objects.select_for_update(of=("self",)).select_related("version").get(pk=response.pk)
    if by.id is not None and by.id in {row.entered_by_id, row.asked_by_id, row.person_id}:
        raise InvalidMove(_("Who asked, entered it or handled the case does not check the answer."))
    if row.erased_at is not None:
        raise InvalidMove(_("The personal data of this answer were erased. It only counts."))
    return row
