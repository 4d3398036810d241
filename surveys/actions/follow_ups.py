"""What follows an answer: opened, looked into, done, or the case proposed to be reopened (SUR-26, SUR-27, RES-15)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from cases import lifecycle as case_life
from cases.actions.closure import open_hold, release_hold, reopen_case
from cases.models import Case
from cases.queries.people import hub_person, people_of
from organization.models import Role, User
from organization.queries import working_calendar
from organization.working_time import add_working_days
from regulations import deadlines
from surveys import notices
from surveys.models import Answer, FollowUp, Response
from surveys.policy import SurveysPart
from surveys.rights import WORKING

Reason, State = FollowUp.Reason, FollowUp.State
HOLD = "follow_up"
CHUNK = 200
SWEEP = Actor.system("survey-sweep")


def open_for(
    response: Response, answers: Iterable[Answer], *, case: Case, by: Actor, at: datetime, again: bool = False
) -> list[FollowUp]:
    """Open what a response asks for: each dissatisfied item by itself (SUR-27), that it is not solved, and once for all
    that was said in words (SUR-26). Where the case is open again, its closing waits for them.

    ``again`` after a correction: what was opened before is not opened once more.
    """
    policy = case.profile_version.part(SurveysPart)
    asks = response.version.asks
    matters = [
        (Reason.LOW, answer.item) for answer in answers if answer.value is not None and answer.value <= policy.low_up_to
    ]
    if response.band == Response.Band.DISSATISFIED and not matters:
        matters.append((Reason.GRADE, ""))
    if response.solved is False:
        matters.append((Reason.UNSOLVED, next(item.code for item in asks.items if item.solved)))
    if response.has_remark:
        matters.append((Reason.REMARK, ""))
    if again:
        known = set(response.follow_ups.values_list("reason", "item"))
        matters = [matter for matter in matters if matter not in known]
    if not matters:
        return []
    owner = _owner(case)
    if owner is None:
        raise InvalidMove(_("Nobody could look into this answer: there is neither a hub nor a manager."))
    calendar = working_calendar(case.profile_version.times.calendar)
    due_on = timezone.localdate(add_working_days(calendar, at, policy.follow_up_days))
    rows = [
        FollowUp(
            response=response, item=item, reason=reason, owner=owner, department=response.department, opened_at=at,
            due_on=due_on,
        )
        for reason, item in matters
    ]  # fmt: skip
    for row in rows:
        row.next_alert_at = deadlines.warned_at(at, row.due_at, warn=policy.follow_up_warn)
        row.save(force_insert=True)
        if case.state in case_life.OPEN:
            _hold(row, case, by=by)
        changes = {"follow_up": (None, row.pk), "reason": (None, row.reason), "item": (None, row.item)}
        record(row.thread, "open_follow_up", by=by, at=at, changes=changes | {"owner": (None, owner.pk)})
    notices.follow_ups_opened(rows, case=case, at=at)
    return rows


def _hold(row: FollowUp, case: Case, *, by: Actor) -> None:
    url = f"/surveys/follow-ups/{row.pk}/"
    row.hold = open_hold(case, by=by, kind=HOLD, label=_("Follow-up of an answer"), url=url)
    row.save(update_fields=["hold"])


def hold_reopened(*, budget: timedelta = timedelta(seconds=25)) -> int:
    """Let cases that were taken up again wait for what is still to be looked into; returns how many follow-ups.

    A sweep: the cases do not know of this room. Each in its own transaction, so that it may die and run twice.
    """
    until, done = monotonic() + budget.total_seconds(), 0
    waiting = FollowUp.objects.open().filter(hold=None, response__case__state__in=sorted(case_life.OPEN))
    for pk in list(waiting.filter(response__case__erased_at=None).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        if monotonic() > until:
            break
        done += _hold_one(pk)
    return done


@transaction.atomic
def _hold_one(pk: int) -> bool:
    row = FollowUp.objects.select_for_update(of=("self",), skip_locked=True).select_related("response__case")
    found = row.filter(pk=pk, hold=None, state__in=[State.OPEN, State.PROPOSED]).first()
    if found is None or found.response.case.state not in case_life.OPEN:
        return False
    _hold(found, found.response.case, by=SWEEP)
    return True


def _owner(case: Case) -> User | None:
    """The head of the department that handled it, else somebody of the hub; nobody who is barred from the case."""
    barred = {-principal for principal in case.barred}
    department = case.lead_department or case.receiving_department
    people = people_of(department, exclude=barred) if department else []
    managers = User.objects.filter(role=Role.MANAGER, is_active=True).exclude(pk__in=barred).order_by("pk")
    return next(iter(people), None) or hub_person(exclude=barred) or managers.first()


def lock(row: FollowUp, *states: str) -> FollowUp:
    """Take the row; ``InvalidMove`` where it is in none of the states."""
    found = (
        FollowUp.objects.select_for_update(of=("self",))
        .select_related("response__case", "response__version", "owner", "hold")
        .get(pk=row.pk)
    )
    if found.state not in states:
        raise InvalidMove(
            _("This is not possible while the follow-up is “%(state)s”. Reload the page.")
            % {"state": found.get_state_display()}
        )
    return found


@dataclass(frozen=True)
class Finding:
    """What was behind it, and what was done."""

    cause: str
    result: str


@transaction.atomic
def finish_follow_up(row: FollowUp, finding: Finding, *, by: Actor) -> FollowUp:
    """The reason was found and the matter solved (SUR-26)."""
    for name, value in vars(finding).items():
        if not value.strip():
            raise InvalidInput(name, _("Please write the cause, and what was done about it."))
    row = lock(row, State.OPEN)
    now = timezone.now()
    row.cause, row.result = finding.cause, finding.result
    _end(row, State.DONE, by=by, at=now)
    sealed = {name: (None, value) for name, value in vars(finding).items()}
    record(row.thread, "finish_follow_up", by=by, at=now, changes={"follow_up": (None, row.pk)}, sealed=sealed)
    return row


def _end(row: FollowUp, state: str, *, by: Actor, at: datetime) -> None:
    row.state, row.ended_at, row.ended_by_id, row.next_alert_at = state, at, by.id, None
    row.save()
    case = row.response.case
    filed = case.state not in case_life.NOT_FILED or case.erased_at is not None
    if row.hold is not None and row.hold.released_at is None and not filed:
        release_hold(row.hold, by=by)


@transaction.atomic
def hand_on(row: FollowUp, owner: User, *, by: Actor) -> FollowUp:
    """Give it to somebody else, who is not barred from the case."""
    row = lock(row, State.OPEN, State.PROPOSED)
    if owner.pk == row.owner_id:
        raise InvalidInput("owner", _("It is with %(name)s already.") % {"name": owner.name})
    if not owner.is_active or owner.role not in WORKING or -owner.pk in row.response.case.barred:
        raise InvalidInput("owner", _("%(name)s must not take part in this case.") % {"name": owner.name})
    now, before = timezone.now(), row.owner_id
    row.owner = owner
    row.save(update_fields=["owner"])
    changes: dict[str, Any] = {"follow_up": (None, row.pk), "owner": (before, owner.pk)}
    record(row.thread, "hand_on_follow_up", by=by, at=now, changes=changes)
    notices.follow_ups_opened([row], case=row.response.case, at=now)
    return row


@transaction.atomic
def propose_reopening(row: FollowUp, *, by: Actor, reason: str) -> FollowUp:
    """Propose that the case is taken up again; the hub confirms or refuses (RES-15)."""
    if not reason.strip():
        raise InvalidInput("reason", _("Please say why the case should be taken up again."))
    row = lock(row, State.OPEN)
    if row.response.case.state != case_life.State.CLOSED or row.response.case.round != row.response.round:
        raise InvalidMove(_("The case is not closed, or filed already; it cannot be reopened from here."))
    now = timezone.now()
    row.state, row.proposal = State.PROPOSED, reason
    row.save(update_fields=["state", "proposal"])
    changes = {"follow_up": (None, row.pk)}
    record(row.thread, "propose_reopening", by=by, at=now, changes=changes, sealed={"reason": (None, reason)})
    notices.reopening_proposed(row, at=now)
    return row


@transaction.atomic
def decide_reopening(row: FollowUp, *, by: Actor, granted: bool, reason: str = "") -> FollowUp:
    """The hub takes the case up again, or says why not; then the follow-up goes on.

    A case that was taken up again since it was answered, perhaps closed anew, is not reopened for it: the follow-up
    ends with that.
    """
    if not granted and not reason.strip():
        raise InvalidInput("reason", _("Please say why it is not reopened."))
    row = lock(row, State.PROPOSED)
    now = timezone.now()
    if granted:
        if row.response.case.state not in case_life.OPEN and row.response.case.round == row.response.round:
            reopen_case(row.response.case, by=by, reason=row.proposal)
        _end(row, State.REOPENED, by=by, at=now)
    else:
        row.state, row.refused_reason = State.OPEN, reason
        row.save(update_fields=["state", "refused_reason"])
        notices.follow_ups_opened([row], case=row.response.case, at=now)
    changes = {"follow_up": (None, row.pk), "granted": (None, granted)}
    sealed = {"reason": (None, reason)} if reason else {}
    record(row.thread, "decide_reopening", by=by, at=now, changes=changes, sealed=sealed)
    return row
