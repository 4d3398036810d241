"""Returns by the JSON API: who finds which, what is refused with a sentence, how they are listed."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from audit.models import Event, Reading
from organization.models import Deputy
from returns.actions import arrival
from returns.models import ReturnClock, ReturnSlip, SlipFile
from returns.views.acts import SHEETS
from tests import world as w
from tests.api.returning import LIST, WISH, Api, done, post, url
from tests.documents.samples import jpeg
from tests.returns import trade as t
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(trade: World) -> World:
    """The people of returns have keys, too."""
    return trade


# --- Access ----------------------------------------------------------------------------------------------


@pytest.mark.req("SEC-01", "SEC-07")
def test_a_return_of_others_is_absent(trade: World, api: Api) -> None:
    slip = t.registered(trade)
    for name in ("finance_handler", "inspector", "production_head", "administrator"):
        client = api(name)
        foreign, absent = client.get(url(slip)), client.get(f"{LIST}TH2026-999999/")
        assert (foreign.status_code, foreign.json()) == (404, absent.json()), name
        for tail in ("correct/", "cancel/", "release/", "files/"):
            assert post(client, url(slip, tail)).status_code == 404, name
        listed = client.get(LIST)
        assert listed.status_code == 403 or slip.number not in listed.content.decode()


def test_visible_but_not_allowed_is_403_for_every_act(trade: World, api: Api) -> None:
    slip, auditor = t.scheduled(trade), api("auditor")
    clock, line = ReturnClock.objects.get().pk, slip.lines.get().pk
    tails = [f"{name}/" for name in SHEETS if name != "attach"]
    for tail in (*tails, "correct/", f"lines/{line}/explain/", f"clocks/{clock}/give_breach_reason/"):
        assert post(auditor, url(slip, tail)).status_code == 403, tail
    assert auditor.post(url(slip, "files/"), {}, format="multipart").status_code == 403
    assert auditor.get(url(slip)).json()["acts"] == []
    assert post(auditor, LIST, **WISH).status_code == 403


@pytest.mark.req("RTE-18")
def test_who_must_not_know_of_the_case_finds_nothing_by_the_api(trade: World, api: Api) -> None:
    from cases.actions.recusal import accuse

    case = w.log_call(trade)
    slip = t.of_case(trade, case)
    accuse(case.__class__.objects.get(pk=case.pk), (trade.agent2,), by=trade.actor("hub_head"), reason="亲属")
    other = api("agent2")
    assert other.get(url(slip)).status_code == 404
    assert other.get(LIST).json()["results"] == []
    assert other.get(LIST, {"q": slip.number}).json()["results"] == []
    assert post(other, LIST, **WISH, case=case.number).status_code == 400
    assert api("agent").get(url(slip)).status_code == 200


@pytest.mark.req("SEC-08")
def test_contact_data_are_masked_where_the_page_masks_them(trade: World, api: Api) -> None:
    slip = t.confirmed(trade)
    clear = api("desk_clerk").get(url(slip)).json()
    assert (clear["contact"]["name"], clear["contact"]["phone"]) == ("周慧", "13805126634")
    assert clear["contact"]["address"] == "星湖街 218 号"
    for name, known in (("finance_handler", "周慧"), ("auditor", "周**")):  # finance pays to somebody
        client = api(name)
        masked = client.get(url(slip)).json()["contact"]
        assert (masked["name"], masked["phone"], "address" in masked) == (known, "138****6634", False)
        words = client.get(url(slip)).content.decode() + client.get(LIST).content.decode()
        assert "13805126634" not in words
        assert ("周慧" in words) == (name == "finance_handler")
        assert client.get(LIST, {"q": "13805126634"}).json()["results"] == []


@pytest.mark.req("SEC-02")
def test_who_reads_a_return_is_kept(trade: World, api: Api) -> None:
    slip = t.registered(trade)
    api("desk_clerk").get(url(slip))
    row = Reading.objects.get(thread=slip.thread)
    assert (row.what, row.actor_kind, row.actor_id) == ("page", "token", trade.users["desk_clerk"].pk)


@pytest.mark.req("ORG-15")
def test_a_deputy_acts_in_the_place_of_another(trade: World, api: Api) -> None:
    slip, now = t.received(trade), timezone.now()
    Deputy.objects.create(
        principal=trade.quality_head, deputy=trade.sales_head,
        starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1),
    )  # fmt: skip
    done(api("sales_head"), url(slip, "confirm/"), handling="refund", refund_amount="1", opinion="属实")
    event = Event.objects.get(thread=slip.thread, verb="confirm")
    assert (event.actor_id, event.deputy_for) == (trade.sales_head.pk, trade.quality_head.pk)


# --- Narrow places ---------------------------------------------------------------------------------------


def test_the_same_submission_key_returns_the_first_slip_and_nothing_to_others(trade: World, api: Api) -> None:
    desk, key = api("desk_clerk"), str(uuid.uuid4())
    numbers = {done(desk, LIST, **WISH, submission_key=key)["number"] for _n in range(2)}
    assert len(numbers) == ReturnSlip.objects.count() == 1
    from cases.actions.recusal import accuse

    case, other = w.log_call(trade), str(uuid.uuid4())
    assert done(api("agent"), LIST, **WISH, submission_key=other, case=case.number)["source"] == "case"
    accuse(case.__class__.objects.get(pk=case.pk), (trade.agent2,), by=trade.actor("hub_head"), reason="亲属")
    answer = post(api("agent2"), LIST, **WISH, submission_key=other)
    assert (answer.status_code, answer.json()["field"]) == (422, "submission_key")


def test_a_stale_version_changes_nothing_and_says_what_happened(trade: World, api: Api) -> None:
    slip, desk = t.received(trade), api("desk_clerk")
    first = done(desk, url(slip, "correct/"), description="内胆和阀门都漏水", version=slip.version)
    answer = post(desk, url(slip, "correct/"), description="又改", version=slip.version)
    assert (answer.status_code, len(answer.json()["changed"])) == (409, 1)
    late = post(api("quality_head"), url(slip, "refuse/"), reason="x", version=slip.version)
    assert (late.status_code, t.fresh(slip).state, first["version"]) == (409, "received", slip.version + 1)


def test_what_the_slip_says_is_corrected_field_by_field(trade: World, api: Api) -> None:
    slip, desk = t.registered(trade), api("desk_clerk")
    detail = done(desk, url(slip, "correct/"), contact={"phone": "13912345678"}, reason="transport")
    assert (detail["contact"]["phone"], detail["contact"]["name"], detail["reason"]) == (
        "13912345678",
        "周慧",
        "transport",
    )
    assert detail["lines"][0]["serial"] == "HB60-24031177"
    lines = [{"product": "DSZF-60", "announced": 3}, {"product_text": "阀门", "announced": 1}]
    assert [line["announced"] for line in done(desk, url(slip, "correct/"), goods=lines)["lines"]] == [3, 1]
    assert post(desk, url(t.confirmed(trade), "correct/"), description="晚了").status_code == 409
    assert post(api("store_keeper"), url(slip, "correct/"), description="x").status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"goods": []}, 400), ({"goods": [{"announced": 1}]}, 422), ({"goods": [{"product_text": "x", "announced": 0}]}, 400),
        ({"goods": [{"product_text": "x", "announced": 1}] * 21}, 400), ({"reason": "whim"}, 422), ({"wish": "gift"}, 400),
        ({"contact": {"name": ""}}, 400), ({"contact": {"name": "周", "email": "x"}}, 400), ({"claimed_amount": "0"}, 400),
        ({"customer": 987654321}, 400), ({"case": "2026-999999"}, 400), ({"description": "  "}, 400),
        ({"goods": [{"product_text": "x", "announced": 1, "purchased_on": "2999-01-01"}]}, 400),
        ({"goods": [{"product_text": "x", "announced": 1, "purchased_on": "2120-01-01"}]}, 422),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_a_sentence(
    trade: World,
    api: Api,
    body: dict[str, Any],
    status: int,
) -> None:
    answer = post(api("desk_clerk"), LIST, **WISH | body)
    assert answer.status_code == status, answer.content.decode()
    assert not ReturnSlip.objects.exists()


def test_every_act_refuses_an_empty_body_or_a_wrong_state(trade: World, api: Api) -> None:
    slip = t.refunded(trade)
    before = t.fresh(slip).version
    names = ("desk_clerk", "quality_head", "repair_head", "inspector", "finance_handler", "general_manager")
    clients = [api(name) for name in names]
    for tail in (*(f"{name}/" for name in SHEETS if name != "attach"), "correct/"):
        statuses = {post(client, url(slip, tail)).status_code for client in clients}
        assert statuses <= {400, 403, 404, 409, 422}, (tail, statuses)
        assert statuses & {400, 404, 409}, (tail, statuses)
    assert t.fresh(slip).version == before


def test_a_repair_that_nobody_accepted_is_not_received(trade: World, api: Api) -> None:
    slip = t.registered(trade, "repair")
    counted = [{"line": slip.lines.get().pk, "quantity": 1}]
    assert post(api("store_keeper"), url(slip, "receive/"), counted=counted).status_code in {404, 409}
    assert post(api("desk_clerk"), url(slip, "receive/"), counted=counted).status_code == 409
    assert t.fresh(slip).received_at is None


def test_counts_are_complete_and_of_this_slip(trade: World, api: Api) -> None:
    slip, other, desk = t.registered(trade), t.registered(trade), api("desk_clerk")
    foreign = [{"line": other.lines.get().pk, "quantity": 1}]
    assert post(desk, url(slip, "receive/"), counted=foreign).status_code == 422
    line = slip.lines.get().pk
    assert post(desk, url(slip, "receive/"), counted=[{"line": line, "quantity": 0}]).status_code == 422
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    late = post(desk, url(slip, "receive/"), counted=[{"line": line, "quantity": 1}], happened_at=tomorrow)
    assert (late.status_code, late.json()["field"]) == (422, "happened_at")
    assert post(desk, url(slip, f"lines/{foreign[0]['line']}/explain/"), difference="later").status_code == 404


def test_marks_are_for_a_repair_only(trade: World, api: Api) -> None:
    slip, client = t.refunded(trade), api("callback_agent")
    assert post(client, url(slip, "call_back/"), satisfaction="satisfied", effect=5).status_code == 400
    assert post(client, url(slip, "call_back/"), satisfaction="unsatisfied").status_code == 422
    assert done(client, url(slip, "call_back/"), satisfaction="unreached", note="三次未接")["turn"] == ""


@pytest.mark.req("RET-18", "SEC-02")
def test_files_are_attached_listed_and_taken(trade: World, api: Api) -> None:
    slip, desk = t.registered(trade), api("desk_clerk")
    sent = {"files": [SimpleUploadedFile("a.jpg", jpeg())], "certificate": "true"}
    answer = desk.post(url(slip, "files/"), sent, format="multipart")
    assert (answer.status_code, answer.json()[0]["subject"]) == (201, "certificate")
    taken = desk.get(url(slip, f"files/{answer.json()[0]['id']}/"))
    assert (taken.status_code, b"".join(taken.streaming_content)[:2]) == (200, b"\xff\xd8")
    assert Reading.objects.filter(thread=slip.thread, what="attachment", actor_kind="token").count() == 1
    assert [row["name"] for row in desk.get(url(slip, "files/")).json()] == ["a.jpg"]
    assert SlipFile.objects.get().by == trade.users["desk_clerk"]
    assert desk.post(url(slip, "files/"), {}, format="multipart").status_code == 400
    foreign = t.registered(trade)
    assert desk.get(url(foreign, f"files/{answer.json()[0]['id']}/")).status_code == 404


# --- The list --------------------------------------------------------------------------------------------


@pytest.mark.form("F42")
def test_the_list_is_narrowed_like_the_account_book(trade: World, api: Api) -> None:
    slip, other = t.registered(trade), t.registered(trade, "repair", t.goods(batch="B9", serial="X-1"))
    desk, today = api("desk_clerk"), str(timezone.localdate())
    for asked, found in (
        ({"wish": "repair"}, [other]), ({"batch": "B9"}, [other]), ({"serial": "HB60-24031177"}, [slip]),
        ({"q": slip.number}, [slip]), ({"q": "13805126634"}, [other, slip]), ({"product": "heater"}, [other, slip]),
        ({"state": "ended"}, []), ({"since": today, "until": today}, [other, slip]), ({"outcome": "refunded"}, []),
        ({"reason": "quality"}, [other, slip]), ({"q": "！！"}, []),
    ):  # fmt: skip
        answer = desk.get(LIST, asked)
        assert [row["number"] for row in answer.json()["results"]] == [one.number for one in found], asked
    row = desk.get(LIST, {"q": slip.number}).json()["results"][0]
    assert (row["customer"], row["units"], row["turn"]) == ("周慧 · 苏州安居物业", 1, "warehouse")


@pytest.mark.parametrize(
    "asked", [{"state": "lost"}, {"since": "x"}, {"product": "none"}, {"wish": "gift"}, {"reason": "whim"}]
)
def test_a_filter_that_makes_no_sense_is_refused(trade: World, api: Api, asked: dict[str, str]) -> None:
    answer = api("desk_clerk").get(LIST, asked)
    assert (answer.status_code, list(answer.json())) == (400, list(asked))


def test_the_list_is_paged_by_key_and_asks_as_often_for_many_as_for_few(trade: World, api: Api) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    desk, counts = api("desk_clerk"), []
    for n in (2, 8):
        for _m in range(n):
            t.registered(trade)
        desk.get(LIST)
        with CaptureQueriesContext(connection) as seen:
            desk.get(LIST)
        counts.append(len(seen))
    assert counts[0] == counts[1]
    numbers, where = [], f"{LIST}?page_size=4"
    while where:
        page = desk.get(where).json()
        numbers += [row["number"] for row in page["results"]]
        where = page["next"]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 10


@pytest.mark.parametrize("number", ["TH2026-00000", "x", "TH2026-000001'--", "%00", "TH2026-" + "1" * 40])
def test_absurd_numbers_are_absent(trade: World, api: Api, number: str) -> None:
    assert api("desk_clerk").get(f"{LIST}{number}/").status_code == 404


def test_what_comes_later_is_a_slip_that_names_the_first(trade: World, api: Api) -> None:
    slip = t.registered(trade, "refund", t.goods(3))
    counted = [{"line": slip.lines.get().pk, "quantity": 1, "difference": "later"}]
    done(api("store_keeper"), url(slip, "receive/"), counted=counted)
    rest = ReturnSlip.objects.get(continues=slip)
    detail = api("desk_clerk").get(url(rest)).json()
    assert (detail["continues"], detail["lines"][0]["announced"], detail["state"]) == (slip.number, 2, "registered")
    assert arrival.Difference.LATER == "later"


@pytest.mark.req("SEC-01", "SEC-07")
def test_the_matrix_of_access_says_what_the_addresses_do(trade: World, api: Api) -> None:
    from cases.actions.intake import Accused
    from tests.access.matrix import ADDRESSES, STAFF

    case = w.received(trade, accused=Accused(people=(trade.agent2, trade.general_manager)))
    slip = t.of_case(trade, case)
    slip = arrival.receive_goods(slip, t.all_of(slip), by=trade.actor("store_keeper"))
    line = slip.lines.get().pk
    clock = ReturnClock.objects.create(
        slip=slip,
        kind="repair",
        started_at=timezone.now(),
        due_at=timezone.now(),
        first_due_at=timezone.now(),
        policy={},
    ).pk
    tails = {name: f"{name}/" for name in (*SHEETS, "correct") if name != "attach"}
    tails |= {"explain": f"lines/{line}/explain/", "give_breach_reason": f"clocks/{clock}/give_breach_reason/"}
    for person in sorted(STAFF):
        client = api(person)
        sees = client.get(url(slip)).status_code == 200
        for name, tail in tails.items():
            rule = ADDRESSES[f"api-return-{name.replace('_', '-')}"]
            status = post(client, url(slip, tail)).status_code
            may = person in rule.people and (sees or name == "pay")
            assert (status not in {403, 404}) == may or (may and name in {"decide_refund", "amend_refund"}), (
                person,
                name,
                status,
            )
