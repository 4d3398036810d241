"""What staff asked or collected for a customer who cannot write (SUR-17, SUR-45)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from cases.models import Case
from surveys.actions.answering import Filled, Origin, fill_in
from surveys.models import Invitation, QuestionnaireVersion, Response


@transaction.atomic
def fill_in_for(
    case: Case, version: QuestionnaireVersion, filled: Filled, *, by: Actor, origin: Origin
) -> Response:  # fmt: skip
    """Keep such a form, and end the round's open link, so that nobody's answer counts twice.

    The same ``submission_key`` returns the first response. Raises as ``fill_in``, and ``InvalidInput`` where who asked
    must not take part in the case, or no situation is named.
    """
    if origin.asked_by is not None and -origin.asked_by.pk in case.barred:
        raise InvalidInput("asked_by", _("%(name)s must not take part in this case.") % {"name": origin.asked_by.name})
    if not origin.situation.strip():
        raise InvalidInput("situation", _("Please say on which occasion the customer was asked."))
    if filled.submission_key and (known := Response.objects.filter(submission_key=filled.submission_key).first()):
        if known.case_id == case.pk:
            return known
        raise InvalidMove(_("This page was used for another case. Nothing was saved; open it again."))
    now = timezone.now()
    link = (
        Invitation.objects.select_for_update()
        .filter(case=case, round=case.round, state=Invitation.State.OPEN)
        .first()
    )  # fmt: skip
    response = fill_in(case, version, filled, by=by, origin=origin)
    if link is not None:
        link.state, link.ended_at, link.remind_at = Invitation.State.WITHDRAWN, now, None
        link.why = Invitation.Why.ANSWERED
        link.save(update_fields=["state", "why", "ended_at", "remind_at"])
        changes = {"invitation": (None, link.pk), "response": (None, response.pk)}
        record(response.thread, "withdraw_invitation", by=by, at=now, changes=changes)
    return response
