"""Living the stories through the real actions, with the clock moved by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from unittest import mock

from django.utils import timezone

from audit.actor import Actor
from cases.actions import assignment, closure, correction, intake, internal, investigation, measures, reply
from cases.actions.clocks import give_breach_reason
from cases.actions.intake import Accused, Classification, Goods, Intake, Reporter
from cases.models import Case, Category, Channel, Kind, SavedView
from feedback_system.demo.people import Cast
from feedback_system.demo.stories import STORIES, Story
from notifications.models import Message
from notifications.models import State as MessageState
from organization.models import Department

#: How far a story goes; each step includes those before it.
PATH = (
    "registered",
    "acknowledged",
    "dispatched",
    "received",
    "investigating",
    "acting",
    "answered",
    "replied",
    "awaiting",
)
SHORT = frozenset({"enquiry", "praise"})


@contextmanager
def moved_clock(at: datetime) -> Iterator[None]:
    """Within it, actions read this time; only ever used to give the demo a past."""
    with mock.patch("django.utils.timezone.now", return_value=at):
        yield


@dataclass
class Teller:
    """Tells one story: every step a while after the one before, never in the future."""

    cast: Cast
    story: Story
    now: datetime
    at: datetime = field(init=False)
    case: Case = field(init=False)

    def __post_init__(self) -> None:
        self.at = self.now - timedelta(hours=self.story.hours_ago)

    @property
    def agent(self) -> Actor:
        """The hub's agent of this story."""
        return self.cast.actor("linxiao" if self.story.hours_ago % 2 else "suqing")

    def somebody_of(self, department: Department) -> Actor:
        """The department's head, or whoever works there."""
        member = department.memberships.select_related("user").order_by("-is_head", "pk").first()
        assert member is not None  # noqa: S101 - every department of a story has people
        return Actor.staff(member.user)

    @contextmanager
    def later(self, minutes: int) -> Iterator[None]:
        """Some minutes later, and never later than now."""
        self.at = min(self.at + timedelta(minutes=minutes), self.now - timedelta(seconds=30))
        with moved_clock(self.at):
            yield

    def tell(self) -> Case:
        """Live the story to where it stands."""
        reach = self.story.reach
        self.open()
        match reach:
            case "incomplete":
                with self.later(20):
                    correction.ask_completion(self.case, by=self.agent, missing="请告知产品型号、批次和具体问题。")
            case "declined":
                with self.later(45):
                    assignment.decline_case(
                        self.case,
                        by=self.agent,
                        reason="不属于本公司业务范围",
                        reply="您反映的是周边工地噪音，建议拨打 12345 反映，感谢来电。",
                    )
            case "withdrawn":
                self.go("acknowledged")
                with self.later(90):
                    end = closure.ShortEnd("withdrawn", "客户已取到件，不再追究", proof="陈先生本人来电说明")
                    closure.close_short(self.case, end, by=self.agent)
            case "closed" | "archived" | "reopened" if self.story.kind in SHORT:
                self.answer_at_once()
            case "closed" | "archived" | "reopened":
                self.go("awaiting")
                self.end()
            case "unsatisfied":
                self.go("awaiting")
                with self.later(60):
                    opinion = reply.CustomerOpinion(
                        satisfied=False, way="phone", remark="要求当月退差价，不接受下月返利。"
                    )
                    reply.record_opinion(self.case, opinion, by=self.agent)
            case _:
                self.go(reach)
        return self.case

    def go(self, reach: str) -> None:
        """Take the steps up to ``reach``."""
        for step in PATH[1 : PATH.index(reach) + 1]:
            getattr(self, step)()

    def open(self) -> None:
        """The feedback comes in."""
        story, customer = self.story, self.cast.customers[self.story.who]
        point = customer.contact_points.first()
        by = Actor.customer() if story.channel == "web_form" else self.agent
        with moved_clock(self.at):
            self.case = intake.open_case(
                Intake(
                    kind=Kind.objects.get(code=story.kind),
                    channel=Channel.objects.get(code=story.channel),
                    text=story.text,
                    reporter=Reporter(
                        name=story.who,
                        organisation=customer.organisation.name if customer.organisation else "",
                        phone=point.value if point else "",
                    ),
                    customer=customer,
                    goods=Goods(product=self.cast.products.get(story.product)),
                    accused=Accused(site=self.cast.sites.get(story.site)),
                    classification=Classification(criteria=story.criteria),
                ),
                by=by,
            )

    def acknowledged(self) -> None:
        """The hub takes it on, and verifies a complaint."""
        classification = Classification(
            category=Category.objects.get(code=self.story.category),
            criteria=self.story.criteria,
            priority=1 if self.story.criteria else 2,
            severity="P1" if self.story.criteria else "P3",
        )
        with self.later(18):
            assignment.acknowledge_case(self.case, by=self.agent, classification=classification)
        if self.story.kind in {"complaint", "dissatisfaction"}:
            with self.later(25):
                assignment.verify_case(self.case, by=self.agent, result="substantiated", basis="客户照片与订单记录一致")

    def dispatched(self) -> None:
        """The hub sends it to a department."""
        with self.later(15):
            due = self.at + timedelta(days=3)
            lead = assignment.Task(
                self.cast.departments[self.story.lead], "查明原因，提出处理意见并答复客服中心。", due
            )
            helpers = tuple(
                assignment.Task(self.cast.departments[code], "协助分析原因，核对同批次情况。", due)
                for code in [self.story.helper]
                if code
            )
            assignment.dispatch_case(self.case, lead, by=self.agent, helpers=helpers)

    def received(self) -> None:
        """The departments confirm receipt; a visit may be needed."""
        for row in self.case.assignments.select_related("department"):
            with self.later(40):
                assignment.receive_assignment(row, by=self.somebody_of(row.department))
        if self.story.visit:
            with self.later(10):
                plan = investigation.VisitPlan(
                    "客户要求上门查看", place="客户处", planned_at=self.at + timedelta(hours=4)
                )
                investigation.plan_visit(self.case, plan, by=self.lead)
        if self.story.note:
            with self.later(30):
                internal.add_note(self.case, internal.NewNote(self.story.note), by=self.cast.actor("zhaomin"))

    @property
    def lead(self) -> Actor:
        """Who acts for the lead department."""
        return Actor.staff(
            self.case.assignments.get(is_lead=True, round=self.case.round).holder or self.cast.users["sunqian"]
        )

    def investigating(self) -> None:
        """Facts, cause and responsibility."""
        for visit in self.case.visits.filter(arrived_at=None):
            with self.later(240):
                arrival = investigation.Arrival(
                    self.at - timedelta(minutes=20),
                    "现场核实情况属实，已拍照取证。",
                    customer_statement="希望尽快解决。",
                )
                investigation.record_visit(visit, arrival, by=self.cast.actor("maqi"))
        with self.later(120):
            findings = investigation.Findings(
                facts="经核对照片、批次和维修记录，客户反映的情况属实。",
                cause=self.story.cause,
                responsible_department=self.cast.departments[self.story.lead],
                severity="major",
                reason_confirmed="yes",
                minutes=60,
            )
            investigation.record_investigation(self.case, findings, by=self.lead)

    def acting(self) -> None:
        """A measure is planned."""
        if not self.story.measure:
            with self.later(20):
                investigation.start_move(self.case, "act", by=self.lead)
            return
        with self.later(60):
            plan = measures.Plan(
                "corrective",
                self.story.measure,
                self.cast.departments[self.story.lead],
                self.cast.users[self._doer()],
                timezone.localdate(self.at) + timedelta(days=5),
            )
            measures.plan_measure(self.case, plan, by=self.lead)

    def _doer(self) -> str:
        """Somebody of the lead department, by preference not its head."""
        department = self.cast.departments[self.story.lead]
        return department.memberships.order_by("is_head", "pk").values_list("user__username", flat=True)[0]

    def answered(self) -> None:
        """The measure is done and verified; the departments hand in."""
        for measure in self.case.measures.filter(state="planned"):
            with self.later(180):
                measures.complete_measure(
                    measure, measures.Completion("整改照片与记录已上传。"), by=Actor.staff(measure.owner)
                )
            with self.later(90):
                check = measures.Check(effective=True, method="现场抽查 20 件，无同类问题")
                measures.verify_measure(measure, check, by=self.cast.actor("zhaomin"))
        for row in self.case.assignments.filter(state="received").order_by("is_lead"):
            with self.later(30):
                holder = Actor.staff(row.holder) if row.holder else self.agent
                assignment.answer_assignment(row, by=holder, answer="已查明原因并完成整改，同意按方案答复客户。")

    def replied(self) -> None:
        """The customer is answered."""
        with self.later(40):
            reply.reply_to_customer(
                self.case, reply.Answer(self.story.reply or "已处理完毕，感谢您的反馈。", "phone"), by=self.agent
            )

    def awaiting(self) -> None:
        """The customer is asked."""
        with self.later(30):
            reply.ask_opinion(self.case, by=self.agent, way="phone", result="客户在忙，约明天再联系", reached=False)

    def answer_at_once(self) -> None:
        """An enquiry or praise on one screen (INT-20)."""
        self.acknowledged()
        with self.later(3):
            reply.reply_to_customer(self.case, reply.Answer(self.story.reply, "phone"), by=self.agent)
        with self.later(1):
            closure.close_case(self.case, by=self.agent, outcome="settled", summary=closure.Summary())

    def end(self) -> None:
        """The customer is satisfied; closed, perhaps archived or opened again."""
        with self.later(600):
            reply.record_opinion(
                self.case, reply.CustomerOpinion(satisfied=True, way="phone", remark="满意"), by=self.agent
            )
        with self.later(15):
            for clock in self.case.clocks.filter(breached_at__isnull=False, breach_reason=""):
                give_breach_reason(clock, by=self.agent, reason="等待供应商检测报告")
            summary = closure.Summary(
                "客户来电反映，核实属实。",
                self.story.cause or "见调查记录。",
                self.story.reply,
                self.story.measure or "无需另行采取措施。",
            )
            closure.close_case(self.case, by=self.agent, outcome="settled", summary=summary)
        if self.story.reach == "archived":
            with self.later(60):
                closure.archive_case(self.case, by=self.agent)
        if self.story.reach == "reopened":
            with self.later(2000):
                closure.reopen_case(self.case, by=self.agent, reason="客户来电：换新的一台又有划伤。")


def live_stories(cast: Cast) -> int:
    """All stories, oldest first, so that numbers follow time; returns how many."""
    now = timezone.now()
    for story in sorted(STORIES, key=lambda s: -s.hours_ago):
        Teller(cast, story, now).tell()
    # What the past would have sent has long been read; only the last day's messages wait to go out.
    Message.objects.filter(created_at__lt=now - timedelta(days=1)).update(state=MessageState.WITHDRAWN, context={})
    SavedView.objects.get_or_create(
        owner=cast.users["sunqian"], name="紧急未结", defaults={"query": "state=open&urgency=urgent", "shared": True}
    )
    return len(STORIES)
