"""A small organisation for tests: presets, departments, one person for each part in a case."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from audit.actor import Actor
from cases.actions import assignment, closure, intake, investigation, measures, reply
from cases.actions.intake import Classification, Intake, Reporter
from cases.models import Case, Category, Channel, Kind
from feedback_system import presets
from organization import text
from organization.models import Department, Function, Membership, Organisation, Product, Role, Site, User

PASSWORD = "correct horse battery"


@dataclass
class World:
    """Names for what a test needs: ``world.agent``, ``world.quality`` ..."""

    departments: dict[str, Department] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        for table in ("users", "departments"):
            if name in self.__dict__.get(table, {}):
                return self.__dict__[table][name]
        raise AttributeError(name)

    def actor(self, name: str) -> Actor:
        """The actor that a person of the world is."""
        return Actor.staff(self.users[name])

    def kind(self, code: str) -> Kind:
        return Kind.objects.get(code=code)

    def channel(self, code: str) -> Channel:
        return Channel.objects.get(code=code)

    def category(self, code: str = "product.quality") -> Category:
        return Category.objects.get(code=code)


#: code -> (name, functions, parent)
DEPARTMENTS = {
    "head_office": ("公司", (), None),
    "hub": ("客服中心", ("hub",), "head_office"),
    "quality": ("质管部", ("quality",), "head_office"),
    "production": ("生产部", (), "head_office"),
    "workshop": ("一车间", (), "production"),
    "technical": ("技术部", ("technical",), "head_office"),
    "sales": ("销售部", ("sales",), "head_office"),
    "repair": ("售后部", ("repair",), "head_office"),
    "finance": ("财务部", ("finance",), "head_office"),
}
#: username -> (name, role, department, is head, personal function)
PEOPLE = {
    "agent": ("林晓", Role.AGENT, "hub", False, ""),
    "agent2": ("苏晴", Role.AGENT, "hub", False, ""),
    "hub_head": ("孙倩", Role.HEAD, "hub", True, ""),
    "production_head": ("何强", Role.HEAD, "production", True, ""),
    "production_handler": ("吴磊", Role.HANDLER, "production", False, ""),
    "workshop_handler": ("郑凯", Role.HANDLER, "workshop", False, ""),
    "quality_head": ("赵敏", Role.HEAD, "quality", True, ""),
    "quality_handler": ("钱芳", Role.HANDLER, "quality", False, ""),
    "sales_head": ("周涛", Role.HEAD, "sales", True, ""),
    "sales_handler": ("冯娟", Role.HANDLER, "sales", False, ""),
    "finance_handler": ("蒋莉", Role.HANDLER, "finance", False, ""),
    "manager": ("陈建国", Role.MANAGER, "head_office", True, ""),
    "general_manager": ("杨帆", Role.MANAGER, "head_office", False, "general_manager"),
    "representative": ("许文", Role.HEAD, "quality", False, "management_representative"),
    "auditor": ("沈静", Role.AUDITOR, "head_office", False, ""),
    "administrator": ("韩冰", Role.ADMINISTRATOR, "head_office", False, ""),
}


def build_world() -> World:
    """Presets and people; about two hundred small inserts."""
    presets.install(organisation_name="安居电器")
    world = World()
    for code, (name, functions, parent) in DEPARTMENTS.items():
        above = world.departments.get(parent) if parent else None
        row = Department.objects.create(code=code, name=name, name_key=text.pinyin_key(name), parent=above)
        row.lineage = [*(above.lineage if above else []), row.pk]
        row.save()
        row.functions.set(Function.objects.filter(code__in=functions))
        world.departments[code] = row
    for username, (name, role, department, is_head, function) in PEOPLE.items():
        user = User.objects.create_user(
            username=username,
            password=PASSWORD,
            email=f"{username}@huiyin.example",
            name=name,
            role=role,
            name_key=text.pinyin_key(name),
            initials=text.initials(name),
        )
        Membership.objects.create(user=user, department=world.departments[department], is_head=is_head)
        if function:
            user.functions.add(Function.objects.get(code=function))
        world.users[username] = user
    Organisation.objects.update(duty_person=world.users["hub_head"], hotline="400-000-0000")
    line = Product.objects.create(code="heater", name="电热水器", name_key="dian")
    line.lineage = [line.pk]
    line.save()
    product = Product.objects.create(code="DSZF-60", name="电热水器 DSZF-60", name_key="dian re", parent=line)
    product.lineage = [line.pk, product.pk]
    product.save()
    site = Site.objects.create(code="sz", name="苏州园区店", name_key="su zhou")
    site.lineage = [site.pk]
    site.save()
    return world


CLASSIFIED = {"urgency": "important", "priority": 1}


def client_of(world: World, name: str) -> Client:
    """The browser of somebody who is signed in."""
    client = Client()
    client.force_login(world.users[name])
    return client


def log_call(world: World, *, by: str = "agent", kind: str = "complaint", **values: Any) -> Case:
    """A registered case, as an agent logs it."""
    given: dict[str, Any] = {
        "kind": world.kind(kind),
        "channel": world.channel("phone"),
        "text": "电热水器内胆漏水，上月已报修一次，这两天又漏了，要求换新机。",
        "reporter": Reporter(name="周慧", organisation="苏州安居物业", phone="13805126634"),
    }
    return intake.open_case(Intake(**(given | values)), by=world.actor(by))


def acknowledged(world: World, **values: Any) -> Case:
    """A case that the hub took on and verified."""
    case = log_call(world, **values)
    classification = Classification(category=world.category(), **CLASSIFIED)  # type: ignore[arg-type]
    case = assignment.acknowledge_case(case, by=world.actor("agent"), classification=classification)
    assignment.verify_case(case, by=world.actor("agent"), result="substantiated", basis="照片与维修记录")
    return Case.objects.get(pk=case.pk)


def task(world: World, department: str = "production", *, days: int = 3) -> assignment.Task:
    """What a department is asked to do."""
    return assignment.Task(
        world.departments[department], "查明原因，提出处理意见", timezone.now() + timedelta(days=days)
    )


def dispatched(world: World, *helpers: str, **values: Any) -> Case:
    """A case sent to production, and to any co-handling departments."""
    case = acknowledged(world, **values)
    return assignment.dispatch_case(
        case, task(world), by=world.actor("agent"), helpers=tuple(task(world, h) for h in helpers)
    )


def received(world: World, *helpers: str, **values: Any) -> Case:
    """A case that production's head has received."""
    case = dispatched(world, *helpers, **values)
    assignment.receive_assignment(case.assignments.get(is_lead=True), by=world.actor("production_head"))
    return Case.objects.get(pk=case.pk)


def handled(world: World, **values: Any) -> Case:
    """Investigated, with a measure done and verified, and the lead's answer handed in."""
    case = received(world, **values)
    head = world.actor("production_head")
    investigation.record_investigation(
        case,
        investigation.Findings(facts="内胆焊缝渗水", cause="焊接电流偏低", responsible_department=world.production),
        by=head,
    )
    measure = measures.plan_measure(
        case,
        measures.Plan(
            "corrective",
            "更换焊机并复检",
            world.production,
            world.production_handler,
            timezone.localdate() + timedelta(days=5),
        ),
        by=head,
    )
    measures.complete_measure(measure, measures.Completion("新焊机验收单"), by=world.actor("production_handler"))
    measures.verify_measure(
        measure, measures.Check(effective=True, method="抽检 20 台"), by=world.actor("quality_head")
    )
    assignment.answer_assignment(case.assignments.get(is_lead=True), by=head, answer="已换新焊机，同意换新机")
    return Case.objects.get(pk=case.pk)


def replied(world: World, **values: Any) -> Case:
    """A case with its final reply."""
    case = handled(world, **values)
    reply.reply_to_customer(case, reply.Answer(text="为您换新机一台，感谢反馈。", way="phone"), by=world.actor("agent"))
    return Case.objects.get(pk=case.pk)


def satisfied(world: World, **values: Any) -> Case:
    """A case whose customer is satisfied; ready to be closed."""
    case = replied(world, **values)
    reply.ask_opinion(case, by=world.actor("agent"), way="phone", reached=True)
    reply.record_opinion(case, reply.CustomerOpinion(satisfied=True, way="phone"), by=world.actor("agent"))
    return Case.objects.get(pk=case.pk)


SUMMARY = closure.Summary(course="客户来电", cause="焊接电流偏低", decision="换新机", lesson="每班点检焊机")


def closed(world: World, **values: Any) -> Case:
    """A closed case."""
    return closure.close_case(satisfied(world, **values), by=world.actor("agent"), outcome="settled", summary=SUMMARY)


def in_days(days: int) -> datetime:
    """A moment some days from now."""
    return timezone.now() + timedelta(days=days)


def tomorrow() -> date:
    """The next day here."""
    return timezone.localdate() + timedelta(days=1)
