"""One act on many cases: each by its own action, with its own rights, in its own transaction.

A few are done while the page waits. All that a filter shows become a row that the worker takes up chunk by chunk;
how far it is moves in the transaction of each case, so a task that runs twice, late or in two places doubles nothing.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from audit.exceptions import Blocked, DomainError, InvalidInput, NotAllowed
from cases import notices
from cases.access import CaseAccess, get_case
from cases.actions import assignment
from cases.actions.assignment import Task
from cases.actions.drafts import proposed_priority
from cases.actions.intake import Classification
from cases.models import BulkAct, BulkRefusal, Category
from organization.models import Department, User

logger = logging.getLogger(__name__)

#: More cases than this are asked for in several steps.
MOST = 25_000
CHUNK = 200
#: Somebody else is at work while the last progress is younger than this.
LEASE = timedelta(minutes=2)


@dataclass(frozen=True)
class Wish:
    """What is to be done with each case; where it has values of its own, or proposed ones, those count.

    ``act`` is the word of the move, and of the right that it needs. ``category`` and ``priority`` are for cases
    without any; ``department`` None means the one suggested for each, ``due_at`` None the time of the regulation.
    """

    act: str
    category: Category | None = None
    priority: int | None = None
    result: str = ""
    basis: str = ""
    department: Department | None = None
    requirement: str = ""
    due_at: datetime | None = None

    def stored(self) -> dict[str, Any]:
        """As it is kept in a row."""
        return {
            "category": self.category.pk if self.category else None,
            "priority": self.priority,
            "result": self.result,
            "basis": self.basis,
            "department": self.department.pk if self.department else None,
            "requirement": self.requirement,
            "due_at": self.due_at.isoformat() if self.due_at else None,
        }

    @classmethod
    def of(cls, row: BulkAct) -> Wish:
        """As it was kept."""
        kept: dict[str, Any] = dict(row.wish)
        return cls(
            row.act,
            category=Category.objects.filter(pk=kept["category"]).first(),
            priority=kept["priority"],
            result=kept["result"],
            basis=kept["basis"],
            department=Department.objects.filter(pk=kept["department"]).first(),
            requirement=kept["requirement"],
            due_at=datetime.fromisoformat(kept["due_at"]) if kept["due_at"] else None,
        )


@dataclass(frozen=True)
class Left:
    """Why a case was left as it is; ``visible`` says whether the person may know that there is one."""

    reasons: list[str]
    visible: bool = True


def act_on(user: User, number: str, wish: Wish) -> Left | None:
    """Do it to one case, as the person could on the case's own page; None when it was done."""
    try:
        with transaction.atomic():
            _ACTS[wish.act](get_case(user, number, wish.act), wish)
    except Http404:
        return Left([_("This case is not here, or you may not see it.")], visible=False)
    except Blocked as blocked:
        return Left([str(reason) for reason in blocked.reasons])
    except DomainError as error:
        return Left([error.message])
    return None


def _acknowledge(access: CaseAccess, wish: Wish) -> None:
    case = access.case
    given = Classification(
        category=case.category or case.suggested_category or wish.category,
        priority=case.priority or wish.priority or proposed_priority(case.urgency),
    )
    assignment.acknowledge_case(case, by=access.actor("acknowledge"), classification=given)


def _verify(access: CaseAccess, wish: Wish) -> None:
    if access.case.verified_at is not None:
        raise InvalidInput("result", _("It has been verified already."))
    assignment.verify_case(access.case, by=access.actor("verify"), result=wish.result, basis=wish.basis)


def _dispatch(access: CaseAccess, wish: Wish) -> None:
    department = wish.department or access.case.suggested_department
    if department is None:
        raise InvalidInput("department", _("No department is suggested for it. Please choose one."))
    task = Task(department, wish.requirement, wish.due_at or assignment.usual_due(access.case))
    assignment.dispatch_case(access.case, task, by=access.actor("dispatch"))


_ACTS = {"acknowledge": _acknowledge, "verify": _verify, "dispatch": _dispatch}


# All that a filter shows


def start_bulk(numbers: list[str], wish: Wish, *, user: User, query: str = "") -> BulkAct:
    """Ask for an act on all these cases; the worker does it."""
    if len(numbers) > MOST:
        raise InvalidInput(
            "all", _("More than %(n)s cases fit. Please narrow the filters and go step by step.") % {"n": f"{MOST:,}"}
        )
    now = timezone.now()
    return BulkAct.objects.create(
        by=user,
        act=wish.act,
        wish=wish.stored(),
        query=query[:2000],
        cases=numbers,
        started_at=now,
        moved_at=now,
        finished_at=None if numbers else now,
    )


def pending(now: datetime) -> list[int]:
    """Acts that are not through and that nobody is at work on."""
    rows = BulkAct.objects.filter(finished_at=None, moved_at__lt=now - LEASE)
    return list(rows.order_by("moved_at").values_list("pk", flat=True))


def run_bulk(pk: int) -> bool:
    """The next cases of an act, in the language of whoever asked; True when nothing is left to do here."""
    row = BulkAct.objects.select_related("by").filter(pk=pk).first()
    if row is None:
        return True
    wish = Wish.of(row)
    with translation.override(row.by.language):
        for number in row.cases[row.position : row.position + CHUNK]:
            if not _step(row, number, wish):
                return True  # somebody else is further
    return row.finished_at is not None


@transaction.atomic
def _step(row: BulkAct, number: str, wish: Wish) -> bool:
    """One case, and the progress with it; False when the row has moved on without us."""
    mine = BulkAct.objects.filter(pk=row.pk, position=row.position, finished_at=None)
    if not mine.select_for_update(skip_locked=True).values_list("pk").first():
        return False
    if left := _done_as_asked(row, number, wish):
        BulkRefusal.objects.create(bulk=row, number=number, reasons=left.reasons, visible=left.visible)
    row.position += 1
    row.moved_at = timezone.now()
    row.finished_at = row.moved_at if row.position == len(row.cases) else None
    row.save(update_fields=["position", "moved_at", "finished_at"])
    if row.finished_at is not None:
        notices.bulk_ended(row, refused=row.refusals.count())
    return True


def _done_as_asked(row: BulkAct, number: str, wish: Wish) -> Left | None:
    user = User.objects.get(pk=row.by_id)
    if not user.is_active:
        return Left([NotAllowed().message])
    try:
        return act_on(user, number, wish)
    except Exception:  # one case must not hold up the thousands behind it
        logger.exception("An act on many cases failed on one of them")
        return Left([_("Something went wrong here. Nothing was changed; please try it on the case itself.")])
