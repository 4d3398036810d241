"""Internal notes: who reads them, and that nobody else does."""

from __future__ import annotations

import pytest

from cases.actions import internal
from cases.models import Case, Note
from notifications.models import Message
from organization import text
from tests import world as w
from tests.cases.desk import Person, fresh
from tests.world import World


def test_a_note_has_an_audience_and_optional_minutes(world: World) -> None:
    case = w.received(world)
    head = Person(world, "production_head")
    assert head.do(case, "note", {"text": "", "audience": "case"}).status_code == 422
    assert head.do(case, "note", {"text": "x", "audience": "everybody"}).status_code == 422
    head.did(case, "note", {"text": "焊机型号老旧", "audience": "department", "minutes": 5})
    note = Note.objects.get()
    assert (note.audience, note.department, note.minutes, note.by) == (
        "department", world.production, 5, world.production_head,
    )  # fmt: skip


#: Who reads a note of each audience, written by production's head; everybody here reads the case.
@pytest.mark.parametrize(
    ("audience", "readers"),
    [
        ("case", {"agent", "production_head", "production_handler", "quality_head", "manager", "auditor"}),
        ("hub", {"agent", "production_head"}),
        ("department", {"production_head", "production_handler", "manager"}),  # the manager heads the company
    ],
)
@pytest.mark.req("SEC-01")
def test_a_note_is_read_by_its_audience_and_its_author_only(world: World, audience: str, readers: set[str]) -> None:
    case = w.received(world)
    department = world.production if audience == "department" else None
    internal.add_note(case, internal.NewNote("只给自己人看", audience, department), by=world.actor("production_head"))
    everybody = ("agent", "production_head", "production_handler", "quality_head", "manager", "auditor")
    found = {name for name in everybody if "只给自己人看" in Person(world, name).text(case)}
    assert found == readers


@pytest.mark.req("SEC-01")
def test_a_note_leaves_no_word_in_search_messages_slip_or_history(world: World) -> None:
    case = w.closed(world)
    internal.add_note(case, internal.NewNote("绝密焊机甲乙丙"), by=world.actor("agent"))
    assert not Case.objects.extra(where=["search @@ %s::tsquery"], params=[text.tsquery("绝密焊机")]).exists()
    assert not Message.objects.filter(context__icontains="绝密").exists()
    hub = Person(world, "agent")
    for path in ("slip/", "history/"):
        assert "绝密" not in hub.text(case, path)


@pytest.mark.req("SEC-09")
def test_a_note_stands_in_the_audit_by_its_digest_only(world: World) -> None:
    from audit.models import Event

    case = w.received(world)
    internal.add_note(case, internal.NewNote("不可公开"), by=world.actor("agent"))
    event = Event.objects.filter(thread=case.thread, verb="note").get()
    assert event.changes == {"audience": [None, "case"]}
    assert list(event.digest) == ["note"]


def test_the_first_asked_outsider_reads_no_note(world: World) -> None:
    case = w.acknowledged(world, by="sales_handler")
    internal.add_note(fresh(case), internal.NewNote("内部讨论"), by=world.actor("agent"))
    outsider = Person(world, "sales_handler")
    assert "内部讨论" not in outsider.text(case)
    assert outsider.do(case, "note", {"text": "x", "audience": "case"}).status_code == 403
