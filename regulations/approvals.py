"""Asking for and giving approval: the one mechanism; the owning room calls it inside its action."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from organization.models import User
from regulations.models import Approval, Decision


@dataclass(frozen=True)
class Question:
    """What is asked: about which thread, which permissions decide one after the other, and why."""

    thread: str
    kind: str
    steps: tuple[str, ...]
    reason: str
    subject: str = ""


def ask(question: Question, *, by: Actor, at: datetime) -> Approval:
    """Open an approval; raises ``InvalidMove`` when one of this kind is open already."""
    if Approval.objects.filter(thread=question.thread, kind=question.kind, decided_at__isnull=True).exists():
        raise InvalidMove(_("This is waiting for its approval already."))
    return Approval.objects.create(
        thread=question.thread,
        kind=question.kind,
        steps=list(question.steps),
        reason=question.reason,
        subject=question.subject,
        asked_by=User.objects.filter(pk=by.id).first() if by.id else None,
        asked_at=at,
    )


def decide(approval: Approval, *, by: User, at: datetime, granted: bool, opinion: str) -> Approval:
    """Give one signed step; the last grant, or any refusal, decides.

    Nobody approves what he or she asked for. The caller has checked the permission of
    ``approval.next_step``.
    """
    row = Approval.objects.select_for_update(of=("self",)).get(pk=approval.pk)
    if not row.is_open:
        raise InvalidMove(_("This was decided already."))
    if row.asked_by_id == by.pk:
        raise InvalidMove(_("Nobody approves his or her own request. Ask a colleague."))
    if not granted and not opinion.strip():
        raise InvalidInput("opinion", _("Please say why it is refused."))
    Decision.objects.create(approval=row, by=by, at=at, granted=granted, opinion=opinion)
    if not granted or row.decisions.count() == len(row.steps):
        row.decided_at, row.granted = at, granted
        row.save(update_fields=["decided_at", "granted"])
    return row


def withdraw(approval: Approval, *, at: datetime) -> Approval:
    """Take a question back that nobody has decided; nothing was decided then, and it may be asked again."""
    row = Approval.objects.select_for_update(of=("self",)).get(pk=approval.pk)
    if not row.is_open:
        raise InvalidMove(_("This was decided already."))
    row.decided_at, row.granted, row.details = at, False, {**row.details, Approval.WITHDRAWN: True}
    row.save(update_fields=["decided_at", "granted", "details"])
    return row


def readdress(approval: Approval, steps: tuple[str, ...]) -> None:
    """Ask others: whoever would have decided must not, or is gone."""
    approval.steps = list(steps)
    approval.save(update_fields=["steps"])


def granted(thread: str, kind: str) -> bool:
    """Whether the newest approval of that kind was granted; one that was withdrawn decides nothing."""
    decided = Approval.objects.filter(thread=thread, kind=kind, decided_at__isnull=False).order_by("-pk")
    newest = next((row for row in decided if not row.is_withdrawn), None)
    return newest is not None and bool(newest.granted)
