"""Handing over everything that somebody leaves behind: cases, customers, repairs, the duty, functions."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from cases import rights
from cases.actions.handover import check_departments, check_people
from cases.queries.handover import assignments_of, counted, work_of
from customers.actions import handover as customers
from feedback_system.models import Handover, HandoverRefusal
from organization.actions.organisation import Facts, update_organisation
from organization.actions.people import Person, Place, update_user
from organization.models import Department, Function, User
from organization.queries import organisation
from regulations.models import Approval
from returns.actions import handover as returns

#: So many open decisions are looked at; more would be a fault of another sort.
MOST_DECISIONS = 500


@dataclass(frozen=True)
class Preview:
    """What would change hands: how many duties of each sort, and what goes beside the cases."""

    counts: dict[str, int]
    is_on_duty: bool = False
    functions: list[Function] = field(default_factory=list)
    decisions: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to hand over."""
        return not (self.counts or self.is_on_duty or self.functions)


def preview_person(giver: User, *, by: Actor) -> Preview:
    """What a person has in hand."""
    functions, barred = list(giver.functions.all()), by.id or 0
    return Preview(
        counts=counted(work_of(giver, barred=barred))
        | customers.in_hand(giver)
        | returns.in_hand(giver, barred=barred),
        is_on_duty=organisation().duty_person_id == giver.pk,
        functions=functions,
        decisions=_decisions({function.code for function in functions}),
    )


def _decisions(functions: set[str]) -> int:
    """Open decisions that only holders of these functions give."""
    if not functions:
        return 0
    mine = {name for name, grants in rights.PERMISSIONS.items() if any(grant.functions & functions for grant in grants)}
    rows = Approval.objects.filter(decided_at__isnull=True).prefetch_related("decisions")[:MOST_DECISIONS]
    return sum(str(row.steps[len(row.decisions.all())]) in mine for row in rows)


def preview_department(giver: Department, *, by: Actor) -> Preview:
    """What stands on a department's desk."""
    count = len(assignments_of(giver, barred=by.id or 0))
    return Preview(counts={"held": count} if count else {})


def begin_person(giver: User, taker: User, *, by: Actor, with_functions: bool) -> Handover:
    """Hand over the duty, the customers, the repairs in hand and, if wished, the personal functions; note the cases for
    ``handover_run``.

    The duty first: whatever happens to the rest, what arrives from now on has somebody. Raises ``InvalidInput``
    when ``taker`` can take no work. Where the work of ``giver`` is on its way already, that hand-over is returned.
    """
    check_people(giver, taker)
    cases = cases_of(giver, barred=by.id or 0)
    try:
        with transaction.atomic():
            row = _begin(Handover(giver=giver, taker=taker, total=len(cases)), by=by)
            if organisation().duty_person_id == giver.pk:
                _hand_over_duty(taker, by=by)
                row.moved["duty"] = 1
            if with_functions and (count := _hand_over_functions(giver, taker, by=by)):
                row.moved["functions"] = count
            row.moved |= customers.hand_over(giver, taker, by=by)
            row.moved |= _hand_over_repairs(row, giver, taker, by=by)
            row.save(update_fields=["moved"])
    except IntegrityError:
        return Handover.objects.get(giver=giver, finished_at=None)
    return row


def _hand_over_repairs(row: Handover, giver: User, taker: User, *, by: Actor) -> dict[str, int]:
    """Few are in one person's hands; those that stay are listed with the cases that do."""
    repairs = returns.hand_over(giver, taker, by=by)
    HandoverRefusal.objects.bulk_create(
        HandoverRefusal(handover=row, number=each.number, why=each.why) for each in repairs.refused
    )
    return repairs.counts


def begin_department(giver: Department, taker: Department, *, by: Actor) -> Handover:
    """Note every assignment that owes an answer, for ``handover_run``; refusals and repetition as for a person."""
    check_departments(giver, taker)
    total = len(assignments_of(giver, barred=by.id or 0))
    try:
        with transaction.atomic():
            return _begin(Handover(giver_department=giver, taker_department=taker, total=total), by=by)
    except IntegrityError:
        return Handover.objects.get(giver_department=giver, finished_at=None)


def _begin(row: Handover, *, by: Actor) -> Handover:
    now = timezone.now()
    row.by_id, row.started_at, row.progress_at = by.id or 0, now, now
    row.save()  # first of all: the second of two who begin at once waits here, and is refused
    thread = f"user:{row.giver_id}" if row.giver_id else f"department:{row.giver_department_id}"
    to = row.taker_id or row.taker_department_id
    record(thread, "hand_over", by=by, at=now, changes={"to": (None, to), "pieces": (None, row.total)})
    return row


def running(giver: User | Department) -> Handover | None:
    """The hand-over of this work that has not ended, if there is one."""
    whose = {"giver": giver} if isinstance(giver, User) else {"giver_department": giver}
    return Handover.objects.filter(finished_at=None, **whose).first()


def cases_of(giver: User, *, barred: int) -> list[int]:
    """Keys of the cases on which a person has something in hand, in order."""
    return sorted({piece.case_id for piece in work_of(giver, barred=barred)})


def _hand_over_duty(taker: User, *, by: Actor) -> None:
    ours = organisation()
    facts = Facts(ours.name, ours.short_name, ours.hotline, ours.hotline_hours, duty_person=taker)
    update_organisation(facts, by=by)


def _hand_over_functions(giver: User, taker: User, *, by: Actor) -> int:
    codes = set(giver.functions.values_list("code", flat=True))
    for user, functions in ((taker, codes | set(taker.functions.values_list("code", flat=True))), (giver, set())):
        person = Person(user.username, user.name, user.role, user.email, user.phone, user.must_use_second_factor)
        rows = user.memberships.select_related("department").order_by("-is_main", "pk")
        update_user(user, person, by=by, places=[Place(r.department, r.is_head) for r in rows], functions=functions)
    return len(codes)


def words(what: str) -> str:
    """What a sort of work is called."""
    return {
        "owned": _("cases owned"),
        "custodian": _("customer files kept"),
        "salesperson": _("customers looked after"),
        "follow_ups": _("follow-ups with customers"),
        "repairs": _("repairs to be done"),
        "hub": _("cases that come back to the person in the hub"),
        "held": _("assignments that owe an answer"),
        "passed": _("assignments passed on and not taken yet"),
        "measure": _("measures to be done"),
        "visit": _("visits to be made"),
        "duty": _("person on duty"),
        "functions": _("personal functions"),
    }[what]
