"""An erasure that somebody asked for: approved by somebody else, carried out, proved (PIPL 47, SEC-05)."""

from __future__ import annotations

import logging

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import Blocked, InvalidMove
from customers.actions.living import lock_customers
from customers.queries.merging import parts_of
from feedback_system.models import Ask, DataRequest, RequestState
from feedback_system.privacy import notices
from feedback_system.privacy.erasure import erase, residue
from feedback_system.privacy.hindrances import hindrances
from feedback_system.privacy.requests import locked, require_identity, subject_of
from feedback_system.privacy.rights import STEP
from organization.models import User
from regulations import approvals

logger = logging.getLogger(__name__)


@transaction.atomic
def ask_erasure(row: DataRequest, *, by: User) -> DataRequest:
    """Ask the general manager to approve; raises ``Blocked`` with everything that stands in the way."""
    now = timezone.now()
    found = locked(row, RequestState.OPEN)
    if found.kind != Ask.ERASE:
        raise InvalidMove(_("Nobody asked for an erasure."))
    require_identity(found)
    if reasons := hindrances(subject_of(found), now=now, besides=found):
        raise Blocked(reasons)
    reason = found.words or str(Ask.ERASE.label)
    question = approvals.Question(found.thread, f"erase:{found.pk}", (STEP,), reason)
    found.approval = approvals.ask(question, by=Actor.staff(by), at=now)
    found.state = RequestState.APPROVING
    found.save(update_fields=["approval", "state"])
    record(found.thread, "ask_erasure", by=Actor.staff(by), at=now, changes={"request": (None, found.pk)})
    notices.erasure_asked(found, by=by)
    return found


@transaction.atomic
def decide_erasure(row: DataRequest, *, granted: bool, opinion: str, by: User) -> DataRequest:
    """Approve or refuse; an approved one is carried out by ``carry_out``, at once or by the clock after a crash."""
    now = timezone.now()
    found = locked(row, RequestState.APPROVING)
    assert found.approval is not None  # noqa: S101 - set by ask_erasure
    approvals.decide(found.approval, by=by, at=now, granted=granted, opinion=opinion)
    found.state = RequestState.ERASING if granted else RequestState.OPEN
    found.save(update_fields=["state"])
    verb = "approve_erasure" if granted else "refuse_erasure"
    changes = {"request": (None, found.pk)}
    record(found.thread, verb, by=Actor.staff(by), at=now, changes=changes, sealed={"opinion": (None, opinion)})
    what = _("approved") if granted else _("refused")
    if found.approval.asked_by is not None:
        notices.erasure_decided(found, to=found.approval.asked_by, what=what)
    return found


def carry_out(row: DataRequest) -> DataRequest:
    """Erase what was approved, and write down where words still stand; twice harms nothing.

    What came between approval and erasure, such as a new case, sends the request back to whoever answers it.
    """
    try:
        return _erase(row)
    except Blocked:
        with transaction.atomic():
            found = locked(row, RequestState.ERASING)
            found.state = RequestState.OPEN
            found.save(update_fields=["state"])
        raise


def approved() -> list[DataRequest]:
    """Erasures that were approved and are not done: a process died in between."""
    return list(DataRequest.objects.filter(state=RequestState.ERASING).order_by("pk")[:50])


def try_again(row: DataRequest) -> None:
    """Carry out what was left; what stands in the way now sends it back, and who answers sees it in the list.

    One that fails otherwise is reported and tried again later; it must not keep the others waiting.
    """
    try:
        carry_out(row)
    except (Blocked, InvalidMove):
        pass
    except Exception:
        logger.exception("request %s could not be carried out", row.pk)


def _erase(row: DataRequest) -> DataRequest:
    with transaction.atomic():
        found = locked(row, RequestState.ERASING)
        assert found.approval is not None  # noqa: S101 - a request that is erasing was approved
        decision = found.approval.decisions.select_related("by").latest("pk")
        if found.customer is not None:  # before it is known what there is: a new case waits until we are through
            lock_customers({found.customer.pk, *parts_of(found.customer)})
        subject = subject_of(found)
        proof = erase(subject, by=Actor.staff(decision.by), request=found)
        found.refresh_from_db()
        found.state, found.answered_by, found.answered_at = RequestState.DONE, decision.by, proof.at
        found.save(update_fields=["state", "answered_by", "answered_at"])
    proof.residue = residue(subject.words)
    proof.save(update_fields=["residue"])
    return found
