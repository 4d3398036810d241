"""Where the stories take from and put to: tables, numbers, the hands that a case passes through."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django.db import connection

from cases.models import (
    Access,
    Alert,
    Assignment,
    Case,
    CaseClock,
    Contact,
    Investigation,
    Measure,
    MeasureCheck,
    Opinion,
    OpinionRequest,
    Recusal,
    Reply,
    Round,
    Verification,
)
from cases.policy import CasesPart
from cases.secrets import access_code, digest, link_token
from customers.models import ContactPoint, Customer
from feedback_system.load.history import History
from feedback_system.load.people import Office, Town
from feedback_system.load.running import rules_of
from feedback_system.load.tables import Table
from feedback_system.load.texts import Texts
from notifications.models import Message
from organization import numbering
from organization.queries import working_calendar

if TYPE_CHECKING:
    from feedback_system.load.story import Story

#: Of the cases that reach a department; see ``choose_lead``.
SHARE_2, SHARE_01 = 0.02, 0.001
HANDLER_CASES = 500
#: About so many of all cases reach a department.
DISPATCHED = 0.66
#: At least so many of those that are left, whatever the share of open ones.
SURELY_DISPATCHED = 0.3
#: Only messages of the last days are kept.
MESSAGE_DAYS = 30
IMPORT_NAME = "历史台账"


class Numbers:
    """Case numbers by the year of registration, without a gap."""

    def __init__(self) -> None:
        self.last: dict[int, int] = {}

    def next(self, at: datetime) -> str:
        """The next one."""
        year = numbering.year_of(at)
        self.last[year] = self.last.get(year, 0) + 1
        return numbering.format_number(at, self.last[year])

    def keep(self) -> None:
        """Let the program's own counter go on behind them."""
        with connection.cursor() as cursor:
            for year, last in self.last.items():
                cursor.execute(
                    "INSERT INTO organization_counter (series, year, last) VALUES ('case', %s, %s)"
                    " ON CONFLICT (series, year) DO UPDATE SET last = EXCLUDED.last",
                    [year, last],
                )


class Shelf:
    """All of it, for one run."""

    def __init__(self, town: Town, texts: Texts, rng: random.Random, *, now: datetime, count: int) -> None:
        self.town, self.texts, self.rng, self.now = town, texts, rng, now
        self.times = town.version.times
        self.policy = town.version.part(CasesPart)
        self.calendar = working_calendar(self.times.calendar)
        self.rules = rules_of(self.times)
        self.urgency = {kind: rule.urgency for kind, rule in self.policy.kinds.items()}
        self.duty_person = town.departments["hub"].people[1].pk
        self.import_name = IMPORT_NAME
        self.numbers = Numbers()
        self.history = History(rng)
        self.waiting_measures: list[dict[str, Any]] = []
        self._make_tables()
        self.first_case = self.cases.peek()
        self.for_handler = min(HANDLER_CASES, count // 4)
        self.left = count

    def _make_tables(self) -> None:
        found = {"search", "contact_search"}
        self.cases, self.accused = Table(Case, rendered=found), Table(Case.accused.through)
        self.customers, self.points = Table(Customer, rendered={"search"}), Table(ContactPoint)
        self.access, self.rounds, self.clocks, self.alerts = Table(Access), Table(Round), Table(CaseClock), Table(Alert)
        self.assignments, self.contacts, self.replies = Table(Assignment), Table(Contact), Table(Reply)
        self.requests, self.opinions, self.recusals = Table(OpinionRequest), Table(Opinion), Table(Recusal)
        self.investigations, self.measures, self.checks = Table(Investigation), Table(Measure), Table(MeasureCheck)
        self.verifications, self.messages = Table(Verification), Table(Message)
        self.tables = [
            *(value for value in vars(self).values() if isinstance(value, Table)),
            *self.history.tables,
        ]

    def choose_lead(self) -> Office:
        """Who gets the case: exactly five hundred for the one handler, two shares for the two heads, else by size."""
        if self.rng.random() * self.left * SURELY_DISPATCHED < self.for_handler:
            self.for_handler -= 1
            return self.town.departments["five-hundred"]
        chance = self.rng.random() * DISPATCHED
        if chance < SHARE_2:
            return self.town.departments["share2"]
        if chance < SHARE_2 + SHARE_01:
            return self.town.departments["share01"]
        return self.town.draw(self.rng)

    def grant(self, case: int, number: str, at: datetime) -> None:
        """The customer's way in, as ``cases.actions.access``."""
        row: Any = SimpleNamespace(pk=case, number=number)  # a model with all its fields would cost more than the rest
        self.access.add(
            case_id=case, link_hash=digest(link_token(row)), code_hash=digest(access_code(row)), created_at=at
        )

    def tell(self, story: Story, unit: Office) -> None:
        """The department's head finds a recent case in the inbox."""
        if self.now - story.at > timedelta(days=MESSAGE_DAYS):
            return
        number, subject = story.case["number"], story.case["subject"]
        self.messages.add(
            dedupe_key=f"case:{story.pk}:assignment:{story.assignments[-1]['id']}:{unit.head.pk}:in_app",
            kind="assignment_sent", template="assignment_sent", thread=f"case:{story.pk}", user_id=unit.head.pk,
            channel="in_app", language="zh-hans", path=f"/cases/{number}/", state="sent", attempts=1,
            not_before=story.at, next_try_at=story.at, created_at=story.at, sent_at=story.at,
            read_at=story.at if self.rng.random() < 0.9 else None, body=subject,
            subject=f"{number} 已派发到{unit.name}",
        )  # fmt: skip

    def write_measures(self) -> None:
        """Measures are written when their case is, because they change until then."""
        for row in self.waiting_measures:
            self.measures.add(**row)
        self.waiting_measures.clear()
