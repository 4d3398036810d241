"""The verifier finds every alteration, also by somebody who owns the database (threat 41)."""

from __future__ import annotations

import datetime as dt
import random
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import translation

from audit.actions import Entry, record_many
from audit.actor import Actor
from audit.checkpoints import make_checkpoint
from audit.models import Event
from audit.verification import Finding, Verdict, _sentences, verify
from tests.audit.conftest import CLERK, MORNING

pytestmark = pytest.mark.django_db
Write = Callable[..., Event]
AsOwner = Callable[..., int]


@pytest.fixture
def history(db: None, django_capture_on_commit_callbacks: Any) -> int:
    """Twelve threads of 1 to 12 events, some with sealed values, under two checkpoints. Returns how many events."""
    entries = [
        Entry(
            f"case:{thread}",
            f"verb{number}",
            CLERK if number % 2 else Actor.customer(),
            MORNING + dt.timedelta(minutes=number),
            {"state": (number, number + 1)},
            {"phone": ("", f"1380000{number:04d}")} if number % 3 == 0 else {},
        )
        for thread in range(1, 13)
        for number in range(1, thread + 1)
    ]
    with django_capture_on_commit_callbacks(execute=True):
        record_many(entries[: len(entries) // 2])
        make_checkpoint(at=MORNING)
        record_many(entries[len(entries) // 2 :])
        make_checkpoint(at=MORNING + dt.timedelta(days=1))
        record_many([Entry("case:5", "later", CLERK, MORNING), Entry("case:99", "open", CLERK, MORNING)])
    return len(entries) + 2


def _codes(verdict: Verdict) -> list[tuple[str, str, int]]:
    return [(finding.code, finding.thread, finding.seq) for finding in verdict.findings]


def test_an_untouched_history_is_in_order(history: int) -> None:
    verdict = verify()
    assert (verdict.ok, verdict.events, verdict.threads, verdict.checkpoints) == (True, history, 13, 2)


def test_an_empty_history_is_in_order() -> None:
    assert verify().ok


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "at + interval '1 microsecond'"),
        ("actor_kind", "'system'"),
        ("actor_id", "8"),
        ("actor_label", "'王五'"),
        ("deputy_for", "1"),
        ("verb", "'x'"),
        ("changes", "'{\"state\": [7, 9]}'"),
        ("digest", "'{}'"),
        ("prev", "repeat('0', 64)"),
        ("hash", "repeat('0', 64)"),
    ],
)
def test_a_change_of_any_column_is_seen_at_its_event(history: int, as_owner: AsOwner, column: str, value: str) -> None:
    as_owner(f"UPDATE audit_event SET {column} = {value} WHERE thread = 'case:9' AND seq = 6")
    findings = _codes(verify())
    assert findings[0][1:] == ("case:9", 6)


def test_only_the_first_bad_event_of_a_thread_is_named(history: int, as_owner: AsOwner) -> None:
    as_owner("UPDATE audit_event SET verb = 'x' WHERE thread = 'case:9' AND seq >= 4")
    assert _codes(verify()) == [("edited", "case:9", 4)]


def test_a_deleted_event_is_missing_where_it_was(history: int, as_owner: AsOwner) -> None:
    as_owner("DELETE FROM audit_event WHERE thread = 'case:8' AND seq = 3")
    assert ("gap", "case:8", 3) in _codes(verify())


def test_a_cut_off_end_is_seen_against_the_head(history: int, as_owner: AsOwner) -> None:
    as_owner("DELETE FROM audit_event WHERE thread = 'case:99'")
    as_owner("DELETE FROM audit_event WHERE thread = 'case:5' AND seq = 6")
    assert _codes(verify())[:2] == [("cut_tail", "case:5", 6), ("missing_thread", "case:99", 1)]


def test_a_cut_off_end_with_a_rewritten_head_is_seen_against_the_checkpoint(history: int, as_owner: AsOwner) -> None:
    as_owner("DELETE FROM audit_event WHERE thread = 'case:7' AND seq > 4")
    as_owner(
        "UPDATE audit_head SET seq = 4, hash = (SELECT hash FROM audit_event WHERE thread = 'case:7' AND seq = 4)"
        " WHERE thread = 'case:7'"
    )
    assert ("cut_tail", "case:7", 5) in _codes(verify())


def test_a_whole_thread_that_is_gone_with_its_head_is_seen_against_the_checkpoint(
    history: int, as_owner: AsOwner
) -> None:
    as_owner("DELETE FROM audit_event WHERE thread = 'case:2'")
    as_owner("DELETE FROM audit_head WHERE thread = 'case:2'")
    assert ("missing_thread", "case:2", 2) in _codes(verify())


def test_the_chain_alone_cannot_see_a_cut_off_end_and_says_so(history: int, as_owner: AsOwner) -> None:
    """Without heads and checkpoints this alteration cannot be seen: the anchors are what sees it."""
    as_owner(
        "DELETE FROM audit_sealed USING audit_event AS event"
        " WHERE event.id = event_id AND thread = 'case:7' AND seq > 4"
    )
    as_owner("DELETE FROM audit_event WHERE thread = 'case:7' AND seq > 4")
    blind = verify(anchors=False)
    assert blind.ok
    assert not blind.anchored
    assert not verify().ok
    with translation.override("en"):
        out = StringIO()
        call_command("verify_audit", "--chain-only", stdout=out)
    assert "cannot be seen this way" in out.getvalue()


def test_checkpoints_rewritten_with_the_key_are_seen_against_their_files(
    write: Write, as_owner: AsOwner, checkpoint_dir: Path, django_capture_on_commit_callbacks: Any
) -> None:
    """The worst case: somebody owns the database and the key and rewrites everything without a flaw."""
    write("case:1", changes={"state": ("a", "b")})
    with django_capture_on_commit_callbacks(execute=True):
        make_checkpoint(at=MORNING)
    kept = checkpoint_dir.with_name("kept")
    shutil.copytree(checkpoint_dir, kept)
    for table in ("audit_checkpointhead", "audit_checkpoint", "audit_event", "audit_head"):
        as_owner(f"DELETE FROM {table}")
    shutil.rmtree(checkpoint_dir)
    write("case:1", changes={"state": ("a", "c")})
    with django_capture_on_commit_callbacks(execute=True):
        make_checkpoint(at=MORNING)
    assert verify().ok
    shutil.rmtree(checkpoint_dir)
    shutil.copytree(kept, checkpoint_dir)
    assert _codes(verify()) == [("file_differs", "", 1)]


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("DELETE FROM audit_checkpoint WHERE number = 2", "checkpoint_missing"),
        ("UPDATE audit_checkpoint SET events = 1 WHERE number = 1", "checkpoint_edited"),
        ("UPDATE audit_checkpoint SET at = at - interval '1 day' WHERE number = 2", "checkpoint_edited"),
        ("UPDATE audit_checkpointhead SET seq = 1 WHERE thread = 'case:12'", "checkpoint_edited"),
        ("DELETE FROM audit_checkpointhead WHERE thread = 'case:12'", "checkpoint_edited"),
        ("DELETE FROM audit_head WHERE thread = 'case:3'", "no_head"),
        ("UPDATE audit_head SET hash = 'x' WHERE thread = 'case:3'", "head_differs"),
        ("UPDATE audit_head SET seq = 1 WHERE thread = 'case:3'", "head_differs"),
        ('UPDATE audit_sealed SET "new" = \'"x"\' WHERE id = (SELECT min(id) FROM audit_sealed)', "sealed_edited"),
        ("UPDATE audit_sealed SET field = 'name'", "sealed_missing"),
        ("DELETE FROM audit_sealed WHERE id = (SELECT min(id) FROM audit_sealed)", "sealed_missing"),
        ('UPDATE audit_sealed SET "old" = NULL, "new" = NULL, salt = \'\', erased_at = now()', "erased_unseen"),
    ],
)
def test_whatever_holds_the_chain_is_guarded_too(history: int, as_owner: AsOwner, sql: str, code: str) -> None:
    if "audit_checkpoint WHERE number" in sql and sql.startswith("DELETE"):
        as_owner("DELETE FROM audit_checkpointhead WHERE checkpoint_id = 2")
    assert as_owner(sql)
    assert code in {finding.code for finding in verify().findings}


@pytest.mark.parametrize("damage", ["remove", "cut", "edit"])
def test_a_damaged_file_is_named(history: int, checkpoint_dir: Path, damage: str) -> None:
    path = checkpoint_dir / "checkpoint-000001.txt"
    text = path.read_bytes()
    path.unlink()
    if damage == "cut":
        path.write_bytes(text[: len(text) // 2])
    elif damage == "edit":
        path.write_bytes(text.replace(b"case:1\t1", b"case:1\t2"))
    findings = verify().findings
    assert [(finding.code, finding.seq) for finding in findings] == [
        ("file_differs" if damage == "edit" else "file_missing", 1)
    ]
    assert verify(files=False).ok


def test_a_file_without_its_checkpoint_is_named(history: int, checkpoint_dir: Path) -> None:
    shutil.copy(checkpoint_dir / "checkpoint-000002.txt", checkpoint_dir / "checkpoint-000003.txt")
    assert _codes(verify()) == [("checkpoint_missing", "", 3)]


def _mutate(dice: random.Random, as_owner: AsOwner) -> str:
    """One random alteration by the owner of the database. Says which thread it hit."""
    thread, seq, pk = dice.choice(list(Event.objects.values_list("thread", "seq", "pk")))
    kind = dice.choice(["edit", "delete", "insert", "swap", "truncate", "rewrite_head", "drop_thread"])
    columns = "actor_kind, actor_id, actor_label, deputy_for, verb, changes, digest, prev, hash"
    if kind == "edit":
        column, value = dice.choice(
            [
                ("verb", "verb || 'x'"),
                ("at", f"at - interval '{dice.randint(1, 10**6)} seconds'"),
                ("actor_label", "actor_label || ' '"),
                ("actor_id", "coalesce(actor_id, 0) + 1"),
                ("changes", "changes || '{\"state\": [1, 99]}'"),
                ("changes", "'{\"other\": [1, 2]}'"),
                ("prev", "md5(prev)"),
                ("hash", "md5(hash)"),
                ("seq", "seq + 1000"),
                ("thread", "thread || '0000'"),
            ]
        )
        as_owner(f"UPDATE audit_event SET {column} = {value} WHERE id = %s", [pk])
    elif kind == "delete":
        as_owner("DELETE FROM audit_event WHERE id = %s", [pk])
    elif kind == "insert":
        as_owner(
            f"INSERT INTO audit_event (thread, seq, at, {columns}) SELECT thread, (SELECT max(seq) + 1 FROM audit_event"
            f" WHERE thread = %s), at, {columns} FROM audit_event WHERE id = %s",
            [thread, pk],
        )
    elif kind == "swap":
        other = Event.objects.exclude(pk=pk).order_by("?").values_list("pk", flat=True)[0]
        as_owner(
            f"UPDATE audit_event AS one SET ({columns}) = (SELECT {columns} FROM audit_event AS two WHERE two.id ="
            " CASE one.id WHEN %s THEN %s::bigint ELSE %s::bigint END) WHERE one.id IN (%s, %s)",
            [pk, other, pk, pk, other],
        )
    elif kind == "truncate":
        as_owner("DELETE FROM audit_event WHERE thread = %s AND seq >= %s", [thread, seq])
    elif kind == "rewrite_head":
        as_owner("UPDATE audit_head SET hash = md5(hash) WHERE thread = %s", [thread])
    else:
        as_owner("DELETE FROM audit_event WHERE thread = %s", [thread])
        if dice.random() < 0.5 and thread != "case:99":  # touched after the last checkpoint: nothing else knows it
            as_owner("DELETE FROM audit_head WHERE thread = %s", [thread])
    return thread


def _prove(count: int, seed: int, as_owner: AsOwner) -> None:
    dice, missed = random.Random(seed), []
    for number in range(count):
        with transaction.atomic():
            thread = _mutate(dice, as_owner)
            verdict = verify()
            if not any(finding.thread.startswith(thread) for finding in verdict.findings):
                missed.append((number, thread, _codes(verdict)))
            transaction.set_rollback(True)
    assert missed == []
    assert verify().ok


def test_three_hundred_random_alterations_are_all_found(history: int, as_owner: AsOwner) -> None:
    _prove(300, 1, as_owner)


@pytest.mark.prove
@pytest.mark.timeout(1800)
def test_ten_thousand_random_alterations_are_all_found(history: int, as_owner: AsOwner) -> None:
    _prove(10_000, 2, as_owner)


class TestCommand:
    def test_it_says_that_nothing_was_altered(self, history: int) -> None:
        out = StringIO()
        with translation.override("en"):
            call_command("verify_audit", stdout=out)
        assert f"{history} events in 13 threads, 2 checkpoints" in out.getvalue()
        assert "Nothing was altered." in out.getvalue()

    def test_it_ends_with_an_error_and_names_the_first_bad_event(self, history: int, as_owner: AsOwner) -> None:
        as_owner("UPDATE audit_event SET verb = 'x' WHERE thread = 'case:9' AND seq = 4")
        err = StringIO()
        with translation.override("en"), pytest.raises(CommandError) as caught:
            call_command("verify_audit", stdout=StringIO(), stderr=err)
        assert caught.value.returncode == 1
        assert "case:9: event 4 was changed after it was written." in err.getvalue()

    def test_it_names_twenty_and_counts_the_rest(self, history: int, as_owner: AsOwner) -> None:
        record_many([Entry(f"case:1{n}", "open", CLERK, MORNING) for n in range(100, 125)])
        as_owner("UPDATE audit_event SET verb = 'x' WHERE thread LIKE 'case:1___' OR thread LIKE 'case:1__'")
        err = StringIO()
        with translation.override("en"), pytest.raises(CommandError):
            call_command("verify_audit", stdout=StringIO(), stderr=err)
        assert "… and 5 more." in err.getvalue()

    def test_it_speaks_chinese(self) -> None:
        with translation.override("zh-hans"):
            untranslated = [text for text in _sentences().values() if text.isascii()]
            assert untranslated == []
            assert Finding("edited", "case:9", 4).text == "case:9：第 4 条记录在写入后被改动。"

    @pytest.mark.django_db(transaction=True)
    def test_it_reads_in_one_snapshot_while_others_write(self) -> None:
        with transaction.atomic():
            record_many([Entry("case:1", "open", CLERK, MORNING)])
        out = StringIO()
        call_command("verify_audit", stdout=out)
        assert not connection.in_atomic_block
        assert out.getvalue()
