"""Issuing reports: asked for, built in one snapshot, approved by somebody else, sent (RPT-05, RPT-21)."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from documents.snapshots import snapshot
from organization import numbering
from organization.models import Role, User
from reports import facts, notices, progress
from reports.definition import Material, sections_of
from reports.figures import figures_of
from reports.models import Fact, Report, ReportCopy
from reports.models.report import LANGUAGE
from reports.periods import Period, month_before, quarter_before
from reports.tables import as_json

logger = logging.getLogger(__name__)
State = Report.State
#: A claimed report is left alone for so long; a worker that died with it is followed by the next one.
LEASE = timedelta(minutes=10)
MOST_ATTEMPTS = 3
LONGEST_DAYS = 366


@transaction.atomic
def ask_for_report(period: Period, *, by: Actor) -> Report:
    """Ask for the report of a period; it is built in the background.

    One that could not be built is tried again. Raises ``InvalidInput`` for a period that has not ended or is longer
    than a year, ``InvalidMove`` where there is one already: then a correction is asked for, with its reason.
    """
    now = timezone.now()
    _require_past(period, now)
    known = Report.objects.select_for_update(of=("self",)).filter(
        kind=period.kind, since=period.since, until=period.until
    )  # fmt: skip
    newest = known.order_by("-version").first()
    if newest is None:
        return _make(period, by=by, at=now)
    if newest.state == State.FAILED:
        return _again(newest, by=by, at=now)
    raise InvalidMove(_already())


def _already() -> str:
    return _("There is a report of this period already. Open it, and correct it where it is wrong.")


def _again(report: Report, *, by: Actor, at: datetime) -> Report:
    """What could not be built waits once more. The caller holds its lock."""
    report.state, report.attempts, report.claimed_at = State.WAITING, 0, None
    report.save(update_fields=["state", "attempts", "claimed_at"])
    record(report.thread, "ask_report", by=by, at=at, changes={"state": (State.FAILED.value, State.WAITING.value)})
    return report


@transaction.atomic
def correct_report(report: Report, *, by: Actor, reason: str) -> Report:
    """Ask for the next version, built anew from what is recorded now; the old one stays as it is.

    Raises ``InvalidInput`` without a reason, ``InvalidMove`` where it was corrected already or is not built.
    """
    now = timezone.now()
    locked = Report.objects.select_for_update(of=("self",)).get(pk=report.pk)
    if not reason.strip():
        raise InvalidInput("reason", _("Please say why it is built once more; it stands in the new version."))
    if not locked.is_issued:
        raise InvalidMove(_("This report is not built yet."))
    if (known := Report.objects.select_for_update(of=("self",)).filter(corrects=locked).first()) is not None:
        if known.state == State.FAILED:
            return _again(known, by=by, at=now)
        raise InvalidMove(_corrected())
    return _make(locked.period, by=by, at=now, corrects=locked, reason=reason)


def _corrected() -> str:
    return _("This version was corrected already. Open the newest one.")


def _require_past(period: Period, now: datetime) -> None:
    if period.until >= timezone.localdate(now):
        raise InvalidInput("until", _("A report is built of days that are over."))
    if (period.until - period.since).days >= LONGEST_DAYS:
        raise InvalidInput("until", _("A report is about a year at most."))
    if period.since > period.until:
        raise InvalidInput("until", _("The last day comes after the first one."))


def _make(period: Period, *, by: Actor, at: datetime, corrects: Report | None = None, reason: str = "") -> Report:
    report = Report(
        number=f"BB{numbering.next_number('report', at=at)}", kind=period.kind, since=period.since, until=period.until,
        version=corrects.version + 1 if corrects else 1, corrects=corrects, reason=reason, asked_at=at,
        asked_by=User.objects.filter(pk=by.id).first() if by.kind in {"staff", "token"} and by.id else None,
    )  # fmt: skip
    try:
        with transaction.atomic():
            report.save(force_insert=True)
    except IntegrityError:  # somebody else asked at the same moment
        raise InvalidMove(_corrected() if corrects else _already()) from None
    changes = {"number": (None, report.number), "since": (None, str(period.since)), "until": (None, str(period.until))}
    record(
        report.thread, "ask_report", by=by, at=at, changes=changes,
        sealed={"reason": (None, reason)} if reason else {},
    )  # fmt: skip
    return report


def ask_for_due(today: date | None = None) -> list[Report]:
    """The month before, and on the first month of a quarter the quarter before, where nobody asked for them yet.

    Asked every hour, so that a machine that was off on the first of the month makes up for it (SLA-39, SLA-40).
    """
    day = today or timezone.localdate()
    wanted = [month_before(day)] + ([quarter_before(day)] if day.month % 3 == 1 else [])
    made = []
    for period in wanted:
        try:
            made.append(ask_for_report(period, by=Actor.system("report")))
        except InvalidMove:
            continue
    return made


def pending() -> list[int]:
    """Reports that wait to be built, or whose worker was lost; the oldest first."""
    now = timezone.now()
    waiting = Q(state=State.WAITING) | Q(state=State.RUNNING, claimed_at__lt=now - LEASE)
    return list(Report.objects.filter(waiting).order_by("id").values_list("pk", flat=True)[:20])


def build_report(pk: int) -> Report | None:
    """Build one report, once, however often it is asked; None where nothing is to be done.

    All of it is read in one snapshot of the database and written in one transaction: a worker that dies leaves nothing.
    """
    report = _claim(pk)
    if report is None:
        return None
    try:
        with translation.override(LANGUAGE), snapshot():
            return _build(report)
    except Exception:
        logger.exception("the report %s could not be built", report.number)
        _give_up(report)
        return None


@transaction.atomic
def _claim(pk: int) -> Report | None:
    now = timezone.now()
    free = Q(state=State.WAITING) | Q(state=State.RUNNING, claimed_at__lt=now - LEASE)
    report = Report.objects.select_for_update(skip_locked=True, of=("self",)).filter(free, pk=pk).first()
    if report is None:
        return None
    if report.attempts >= MOST_ATTEMPTS:  # its workers died with it
        _fail(report)
        return None
    report.state, report.claimed_at, report.attempts = State.RUNNING, now, report.attempts + 1
    report.save(update_fields=["state", "claimed_at", "attempts"])
    return report


@transaction.atomic
def _give_up(report: Report) -> None:
    mine = Report.objects.select_for_update(of=("self",)).filter(
        pk=report.pk, state=State.RUNNING, attempts=report.attempts
    )  # fmt: skip
    row = mine.first()
    if row is None:  # somebody else builds it, or has built it
        return
    if row.attempts >= MOST_ATTEMPTS:
        _fail(row)
        return
    row.state = State.WAITING
    row.save(update_fields=["state"])


def _fail(report: Report) -> None:
    report.state = State.FAILED
    report.save(update_fields=["state"])
    notices.tell("report_failed", report, _signers(report), title=report.title)


def _build(report: Report) -> Report:
    now, period = timezone.now(), report.period
    steps = progress.of(report)
    for select in facts.SELECTS:
        facts.write(report, period, select, now=now)
        next(steps)
    figures = figures_of(report)
    before = facts.add_up(period.before(), now=now)
    next(steps)
    material = Material(period, figures, before, facts.add_up(period.year_before(), now=now))
    next(steps)
    report.tables = {"sections": as_json(sections_of(material))}
    report.snapshot_at, report.state = now, State.DRAFT
    report.save(update_fields=["tables", "snapshot_at", "state"])
    changes = {"facts": (None, Fact.objects.filter(report=report).count())}
    record(report.thread, "build_report", by=Actor.system("report"), at=now, changes=changes)
    notices.tell("report_built", report, _signers(report), title=report.title)
    return report


def _signers(report: Report) -> list[User]:
    asked_by = [report.asked_by] if report.asked_by else []
    managers = User.objects.filter(role=Role.MANAGER, is_active=True).exclude(pk__in=[user.pk for user in asked_by])
    return [*managers, *asked_by]


@transaction.atomic
def approve_report(report: Report, *, by: Actor, user: User, opinion: str = "") -> Report:
    """Sign it: from then on it can be sent. Never by who asked for it. Raises ``InvalidMove`` otherwise."""
    now = timezone.now()
    locked = Report.objects.select_for_update(of=("self",)).get(pk=report.pk)
    if locked.state != State.DRAFT:
        raise InvalidMove(_("Only a report that is built and not approved yet is approved."))
    if locked.asked_by_id is not None and locked.asked_by_id in {user.pk, by.deputy_for}:
        raise InvalidMove(_("Nobody approves his or her own report. Ask a colleague."))
    if Report.objects.filter(corrects=locked).exists():
        raise InvalidMove(_corrected())
    locked.state, locked.approved_by, locked.approved_at, locked.opinion = State.APPROVED, user, now, opinion
    locked.save(update_fields=["state", "approved_by", "approved_at", "opinion"])
    record(
        locked.thread, "approve_report", by=by, at=now, changes={"state": (State.DRAFT.value, State.APPROVED.value)},
        sealed={"opinion": (None, opinion)} if opinion else {},
    )  # fmt: skip
    return locked


@transaction.atomic
def send_report(report: Report, people: Iterable[User], *, by: Actor) -> list[ReportCopy]:
    """Put people on the distribution list and tell them; who is on it already is not told again.

    Raises ``InvalidMove`` before it is approved, ``InvalidInput`` without anybody.
    """
    now = timezone.now()
    locked = Report.objects.select_for_update(of=("self",)).get(pk=report.pk)
    if locked.state != State.APPROVED:
        raise InvalidMove(_("A report is sent once it is approved."))
    if Report.objects.filter(corrects=locked, state__in=[State.DRAFT, State.APPROVED]).exists():
        raise InvalidMove(_corrected())
    known = set(locked.copies.values_list("user", flat=True))
    found = list({user.pk: user for user in people}.values())
    if not found:
        raise InvalidInput("people", _("Please choose whom it is sent to."))
    fresh = [user for user in found if user.pk not in known]
    if not fresh:
        raise InvalidInput("people", _("They have it already."))
    rows = ReportCopy.objects.bulk_create([ReportCopy(report=locked, user=user, sent_at=now) for user in fresh])
    record(locked.thread, "send_report", by=by, at=now, changes={"people": (None, sorted(user.pk for user in fresh))})
    notices.tell("report_sent", locked, fresh, title=locked.title)
    return rows


@transaction.atomic
def note_opening(report: Report, user: User) -> None:
    """Remember that somebody on the distribution list opened it."""
    ReportCopy.objects.filter(report=report, user=user, opened_at=None).update(opened_at=timezone.now())
