"""What staff asked or collected for a customer who cannot write (SUR-17, SUR-45)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from cases.models import Case
from surveys import notices
from surveys.actions.answering import Filled, Origin, fill_in, used_elsewhere
from surveys.models import Invitation, QuestionnaireVersion, Response
from surveys.queries.drawing import workers_of


@transaction.atomic
def fill_in_for(
    case: Case, version: QuestionnaireVersion, filled: Filled, *, by: Actor, origin: Origin
) -> Response:  # fmt: skip
    """Keep such a form, and end the round's open link, so that nobody's answer counts twice.

    Nobody who worked on the case asks for its customer (SUR-15). A paper form that staff took back is kept (SUR-45),
    and the customer is asked independently all the same.

    The same ``submission_key`` returns the first response. Raises as ``fill_in``, and ``InvalidInput`` where who asked
    must not take part in the case, or no situation is named.
    """
    if origin.asked_by is not None and -origin.asked_by.pk in case.barred:
        raise InvalidInput("asked_by", _("%(name)s must not take part in this case.") % {"name": origin.asked_by.name})
    if not origin.situation.strip():
        raise InvalidInput("situation", _("Please say on which occasion the customer was asked."))
    now, link = timezone.now(), None
    if origin.source == Response.Source.PROXY:
        rows = Invitation.objects.select_for_update().filter(state=Invitation.State.OPEN)
        link = rows.filter(case=case, round=case.round).first()
    Case.objects.select_for_update(no_key=True).only("pk").get(pk=case.pk)
    # Only under the lock: of two that come at once with one key the second finds what the first kept.
    if filled.submission_key and (known := Response.objects.filter(submission_key=filled.submission_key).first()):
        if (known.case_id, known.round) == (case.pk, case.round):
            return known
        raise used_elsewhere()
    if origin.source == Response.Source.PROXY:
        _require_independent(case, origin, by=by)
    response = fill_in(case, version, filled, by=by, origin=origin)
    if link is not None:
        link.state, link.ended_at, link.remind_at = Invitation.State.WITHDRAWN, now, None
        link.why = Invitation.Why.ANSWERED
        link.save(update_fields=["state", "why", "ended_at", "remind_at"])
        changes = {"invitation": (None, link.pk), "response": (None, response.pk)}
        notices.withdrawn([response.thread])
        record(response.thread, "withdraw_invitation", by=by, at=now, changes=changes)
    return response


def _require_independent(case: Case, origin: Origin, *, by: Actor) -> None:
    people = {by.id, by.deputy_for, origin.asked_by.pk if origin.asked_by else None} - {None}
    if people & workers_of([case.pk]).get(case.pk, set()):
        raise InvalidMove(_("Whoever worked on a case does not ask its customer. A colleague must fill this in."))
