"""Walking every address as every person: what is asked for, and what came back."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from cases.actions import assignment, investigation, measures
from cases.actions.intake import Accused
from cases.models import Case, Draft, SavedView
from customers.actions import communications, grants, holdings, merging, people
from customers.actions.consent import Agreed, record_consent
from customers.models import ConsentText
from documents.actions import store_upload
from documents.limits import staff_limits
from feedback_system.models import Destruction
from feedback_system.privacy.holds import place_hold
from feedback_system.privacy.requests import Asked, open_request
from returns.actions import arrival, deciding, opening, refund
from returns.models import ReturnSlip
from tests import world as w
from tests.access.matrix import ADDRESSES, RETURN_READERS, STAFF, Rule
from tests.cases.visitors import picture
from tests.returns import trade
from tests.world import World

METHODS = ("get", "post")
#: Every method is tried by somebody outside and by a stranger; the others differ by permission only.
ALL_METHODS = ("get", "post", "put", "patch", "delete")
THOROUGH = frozenset({"anonymous", "finance_handler"})
#: Not a refusal and not a success: the address exists, but does not take this method.
NOT_TAKEN = 405
ABSENT = "2026-999999"
#: What the second number in an address of a customer names, by a word in the address's name; else a holding.
_PARTS = ("communication", "consent", "merge")
ABSENT_PK = 987_654_321
#: What the second number in an address of a return names.
PARTS_OF_RETURNS = {
    "api-return-explain": "line",
    "api-return-give-breach-reason": "return_clock",
    "api-return-file": "return_file",
    "return_explain": "line",
    "return_give_breach_reason": "return_clock",
    **dict.fromkeys(("return_file", "return_file_thumb", "return_file_picture"), "return_file"),
}


def is_of_return(name: str) -> bool:
    """Whether the number in the address is that of a return."""
    return name == "return" or name.startswith("return_")


def page_of(name: str) -> str:
    """The page's name for an address of the API."""
    return name.removeprefix("api-").replace("-", "_")


def names(resolver: URLResolver | None = None) -> Iterator[tuple[str, dict[str, type]]]:
    """Every named address with the names of its arguments."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from names(entry)
        elif isinstance(entry, URLPattern) and entry.name:
            converters = {k: type(v) for k, v in entry.pattern.converters.items()}
            groups = getattr(getattr(entry.pattern, "regex", None), "groupindex", {})
            yield entry.name, {**dict.fromkeys(groups, str), **converters}


#: The number of a destruction that is done.
DESTRUCTION = "2026-900001"
#: What stands in addresses for arguments that name no part of the case.
WORDS = {
    "number": DESTRUCTION, "type": "cases", "what": "users", "code": "manufacturing", "version": 1, "kind": "product",
}  # fmt: skip


@dataclass
class Matter:
    """The case of the matrix and its parts, by the names of their arguments."""

    case: Case
    slip: ReturnSlip
    parts: dict[str, int] = field(default_factory=dict)

    def arguments(self, name: str, wanted: dict[str, type], *, own: bool) -> dict[str, Any]:
        """Arguments that name this case, or something that does not exist."""
        found: dict[str, Any] = {}
        for key, converter in wanted.items():
            if key in {"pk", "part", "id"}:
                found[key] = self._key(name, key, converter, own=own)
            elif key == "other":
                found[key] = self.parts["other"]
            elif key == "number" and not name.startswith("privacy_"):
                found[key] = (self.slip if is_of_return(page_of(name)) else self.case).number if own else ABSENT
            else:
                found[key] = "register" if name.startswith("ledger") else WORDS.get(key, "x" * 20)
        return found

    def _key(self, name: str, key: str, converter: type, *, own: bool) -> Any:
        if key == "part":
            return self.parts[next((part for part in _PARTS if part in name), "holding")]
        if "UUID" in converter.__name__:
            return uuid.UUID(int=self.parts.get("draft", 0) or 1)
        return self._part(name) if own else ABSENT_PK

    def _part(self, name: str) -> int:
        if name.startswith("customer_import"):
            return ABSENT_PK  # one's own, and nobody has one here
        if name.removeprefix("api-").startswith("customer"):
            return self.parts["grant" if name.startswith("customer_grant_") else "customer"]
        if name == "returns_of_customer":
            return self.parts["customer"]
        if name in PARTS_OF_RETURNS:
            return self.parts[PARTS_OF_RETURNS[name]]
        if name.startswith("privacy_"):
            return self.parts["hold" if name.startswith("privacy_hold_") else "request"]
        if not name.startswith(("case_", "api-case-")):
            return ABSENT_PK
        words = {
            "measure": "measure",
            "visit": "visit",
            "extension": "extension",
            "clock": "clock",
            "escalation": "escalation",
            "approval": "approval",
            "file": "file",
            "waiver": "approval",
            "breach": "clock",
        }
        for word, part in words.items():
            if word in name:
                return self.parts.get(part, ABSENT_PK)
        return self.parts["assignment"]


def build_matter(world: World) -> Matter:
    """A complaint received by production; agent2 and the general manager are accused."""
    case = w.received(world, accused=Accused(people=(world.agent2, world.general_manager)))
    head = world.actor("production_head")
    row = case.assignments.get()
    visit = investigation.plan_visit(case, investigation.VisitPlan("客户要求"), by=head)
    plan = measures.Plan("corrective", "复检", world.production, world.production_handler, w.tomorrow())
    measure = measures.plan_measure(case, plan, by=head)
    extension = assignment.ask_extension(row, by=head, until=w.in_days(9), reason="等待报告")
    case.refresh_from_db()
    clock = case.clocks.filter(kind="resolution").get()
    customer = case.customer
    assert customer is not None
    holding = holdings.add_holding(customer, holdings.Held("product", name="热水器"), by=world.actor("agent"))
    today = timezone.now()
    talk = communications.Talk("visit", today - timedelta(hours=1), "走访")
    communication = communications.record_communication(customer, talk, by=world.actor("agent"))
    period = grants.Period(today, today + timedelta(days=1))
    other = people.open_file(people.Facts("周慧", contacts=(people.Reach("phone", "13805126634"),)), by=head)
    third = people.open_file(people.Facts("周会"), by=head)
    merge = merging.merge_customers(customer, third, by=world.hub_head)
    grant = grants.ask_to_read(customer, world.quality_head, purpose="分析", period=period)
    request = open_request(Asked("copy", "想要一份", "phone", "回拨确认"), of=customer, by=world.actor("agent"))
    hold = place_hold(case, reason="诉讼", by=world.hub_head)
    text = ConsentText.objects.get(purpose="feedback")
    agreed = Agreed(text, "phone", ("phone",), "电话中同意", today)
    consent = record_consent(customer, agreed, by=world.agent)
    Destruction.objects.create(
        number=DESTRUCTION, type="cases", ended_before=today, keys=[case.pk], position=1, spared=[case.pk], state="done",
        listed_by=world.hub_head, listed_at=today, finished_at=today,
    )  # fmt: skip
    slip = paid_return(world, case)
    Draft.objects.create(user=world.agent, created_at=case.received_at, updated_at=case.received_at)
    SavedView.objects.create(owner=world.agent, name="我的", query="mine=1")

    return Matter(
        case,
        slip,
        {
            "assignment": row.pk,
            "visit": visit.pk,
            "measure": measure.pk,
            "extension": extension.pk,
            "clock": clock.pk,
            "customer": customer.pk,
            "holding": holding.pk,
            "other": other.pk,
            "merge": merge.pk,
            "communication": communication.pk,
            "grant": grant.pk,
            "request": request.pk,
            "hold": hold.pk,
            "consent": consent.pk,
            "line": slip.lines.get().pk,
            "return_clock": slip.clocks.get().pk,
            "return_file": slip.files.get().pk,
        },
    )


def paid_return(world: World, case: Case) -> ReturnSlip:
    """Goods of the case that came back: opened by the hub with a photograph, confirmed by quality, paid by finance."""
    hub, finance = world.actor("agent"), world.actor("finance_handler")
    photograph = store_upload(picture("leak.png"), by=hub, limits=staff_limits())
    slip = opening.register_return(trade.wish(case=case, files=(photograph,)), by=hub, source="case")
    slip = arrival.receive_goods(slip, trade.all_of(slip), by=hub)
    decision = deciding.Confirmation("refund", "情况属实", trade.HUNDRED)
    slip = deciding.confirm_return(slip, decision, by=world.actor("quality_head"))
    refund.pay_refund(slip, trade.payment(), by=finance)
    return trade.fresh(slip)


@dataclass(frozen=True)
class Answer:
    """What came back for one request."""

    name: str
    method: str
    own: bool
    status: int
    location: str
    body: str


def ask(client: Client, name: str, arguments: dict[str, Any], method: str, *, own: bool) -> Answer | None:
    """One request in a savepoint that is rolled back, so that no request changes what the next one meets."""
    try:
        url = reverse(name, kwargs=arguments)
    except NoReverseMatch:
        return None
    with transaction.atomic():
        response = getattr(client, method)(url)
        if response.streaming:
            response.getvalue()  # to its end, which gives the file back
        body = response.content.decode("utf-8", "replace") if not response.streaming else ""
        changed = fingerprint()
        transaction.set_rollback(True)
    location = response.headers.get("Location", "")
    return Answer(name, method, own, response.status_code, location, f"{changed}|{neutral(body, arguments)}")


def fingerprint() -> str:
    """What any change of a case or a return leaves behind: events, versions, messages."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM audit_event), (SELECT coalesce(sum(version), 0) FROM cases_case),"
            " (SELECT coalesce(sum(version), 0) FROM returns_returnslip), (SELECT count(*) FROM returns_refundrefusal),"
            " (SELECT count(*) FROM notifications_message), (SELECT count(*) FROM organization_user),"
            " (SELECT count(*) FROM organization_department)"
        )
        return ",".join(str(n) for n in cursor.fetchone())


def neutral(body: str, arguments: dict[str, Any]) -> str:
    """A body without what differs by request: tokens, nonces, and the reference that was asked for."""
    body = re.sub(r'nonce="[^"]*"', "", body)
    body = re.sub(r'<script id="script-words".*?</script>', "", body, flags=re.DOTALL)  # holds the time
    body = re.sub(r"[A-Za-z0-9_+/=-]{32,}", "", body)
    for value in sorted((str(v) for v in arguments.values()), key=len, reverse=True):
        body = body.replace(value, "*")
    return body


def expected(rule: Rule, person: str, method: str, *, own: bool, readers: frozenset[str]) -> str:
    """``ok``, ``refused`` (the person may know that it exists), ``absent`` or ``login``."""
    if rule.sort == "public":
        return "ok"
    if rule.sort == "secret":
        return "refused"
    if person not in STAFF:
        return "login"
    if rule.sort == "login":
        return "ok"
    if rule.sort == "people":
        return "ok" if person in rule.of(method) else "refused"
    if rule.unseen and method == "post":
        return "refused" if person not in rule.of(method) else "ok" if own else "absent"
    if not own or person not in (RETURN_READERS if rule.sort == "return" else readers):
        return "absent"
    return "ok" if person in rule.of(method) else "refused"


def judge(answer: Answer, verdict: str, before: str) -> str:
    """An empty string when the answer fits the verdict, else what is wrong."""
    changed = not answer.body.startswith(before + "|")
    if answer.status >= 500:
        return f"fault {answer.status}"
    if answer.status == NOT_TAKEN:
        return ""
    to_login = answer.status == 401 or (answer.status == 302 and "/accounts/login/?next" in answer.location)
    to_code = answer.status == 302 and answer.location.startswith("/track/")
    fits = {
        "login": to_login,
        "absent": answer.status == 404,
        "refused": answer.status in {403, 404} or to_code,
        "ok": answer.status not in {401, 403} and not to_login,
    }[verdict]
    if fits and (verdict == "ok" or not changed):
        return ""
    return f"{answer.status}{', and something changed' if changed else ''}"


def walk(world: World, matter: Matter, person: str, readers: frozenset[str]) -> Iterator[str]:
    """Every address and method as one person; what differs from the matrix, as it is met."""
    client = Client(raise_request_exception=False)
    if person in STAFF:
        client.force_login(world.users[person])
    before, cookies = fingerprint(), client.cookies.output()
    for name, wanted in sorted(names()):
        rule = ADDRESSES.get(name)
        if rule is None:
            continue
        for own in (True, False) if rule.sort in {"case", "return"} else (True,):
            arguments = matter.arguments(name, wanted, own=own)
            for method in ALL_METHODS if person in THOROUGH else METHODS:
                verdict = expected(rule, person, method, own=own, readers=readers)
                client.cookies.load(cookies.replace("Set-Cookie: ", ""))
                answer = ask(client, name, arguments, method, own=own)
                if answer and (fault := judge(answer, verdict, before)):
                    yield f"{person} {method.upper()} {name} own={own}: {fault} (expected {verdict})"
