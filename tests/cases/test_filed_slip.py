"""The slip of an ended round is filed with the case (RES-13): once, as it was then, and only for who may know."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from audit.models import Event
from audit.verification import verify
from cases import tasks
from cases.actions import assignment, closure, correction, slips
from cases.models import Case, CaseFile, Round
from documents.checks import missing_packages
from documents.exceptions import PdfFailed, StoreFull
from documents.models import File
from tests import world as w
from tests.cases.desk import Person, fresh
from tests.world import World

pytestmark = [
    pytest.mark.req("RES-13"),
    pytest.mark.skipif(bool(missing_packages()), reason="the libraries for PDFs are missing here"),
]


def filed(case: Case) -> list[CaseFile]:
    return list(CaseFile.objects.filter(case=case, subject__startswith=CaseFile.SLIP).select_related("file"))


def words_of(row: CaseFile, folder: Path) -> str:
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is not installed")
    path = folder / "slip.pdf"
    with row.file.original.open() as stored:
        path.write_bytes(stored.read())
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True)
    return done.stdout


def test_what_ends_owes_its_slip_and_the_next_tick_files_it(world: World, tmp_path: Path) -> None:
    case = w.closed(world)
    assert filed(case) == []
    tasks.file_owed_slips()
    [row] = filed(case)
    assert row.subject == "slip:1"
    assert case.number in row.file.claimed_name
    text = words_of(row, tmp_path)
    for said in (case.number, "用户来信、来电、来访处理单", "周慧", "13805126634", "为您换新机一台", "满意", "经办人"):
        assert said in text, said


def test_it_is_filed_once_however_often_it_is_asked(world: World) -> None:
    case = w.closed(world)
    [pk] = slips.owed()
    tasks.file_owed_slips()
    assert slips.file_slip(pk) is None
    tasks.file_owed_slips()
    assert len(filed(case)) == 1
    assert Event.objects.filter(thread=case.thread, verb="file_slip").count() == 1
    assert verify().findings == []


def test_two_workers_at_once_file_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one is quicker while the paper is made."""
    case = w.closed(world)
    [pk] = slips.owed()
    made = slips._paper

    def slow(*args: Any, **kwargs: Any) -> Any:
        paper = made(*args, **kwargs)
        with monkeypatch.context() as other:
            other.setattr(slips, "_paper", made)
            assert slips.file_slip(pk) is not None
        return paper

    monkeypatch.setattr(slips, "_paper", slow)
    assert slips.file_slip(pk) is None
    assert len(filed(case)) == 1


@pytest.mark.parametrize("failure", [PdfFailed("zu groß"), StoreFull("voll")])
def test_what_cannot_be_made_stays_owed_and_holds_nobody_up(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, failure: Exception
) -> None:
    bad, good = w.closed(world), w.closed(world)
    made = slips._paper

    def paper(row: Round, *args: Any, **kwargs: Any) -> Any:
        if row.case_id == bad.pk:
            raise failure
        return made(row, *args, **kwargs)

    with monkeypatch.context() as broken:
        broken.setattr(slips, "_paper", paper)
        tasks.file_owed_slips()
    assert (filed(bad), len(filed(good))) == ([], 1)
    assert bad.number in caplog.text
    tasks.file_owed_slips()
    assert len(filed(bad)) == 1


def test_a_worker_that_dies_on_the_way_leaves_nothing_half_done(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case = w.closed(world)
    [pk] = slips.owed()
    with monkeypatch.context() as dying:
        dying.setattr(slips, "record", lambda *args, **kwargs: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            slips.file_slip(pk)
    assert filed(case) == []
    assert not File.objects.filter(claimed_name__contains=case.number).exists()
    assert slips.file_slip(pk) is not None


@pytest.mark.req("RES-21")
def test_each_round_has_its_own_slip_which_no_later_round_changes(world: World, tmp_path: Path) -> None:
    case = w.closed(world)
    closure.reopen_case(case, by=world.actor("agent"), reason="又漏")
    tasks.file_owed_slips()  # only now: the case is in its second round
    [first] = filed(case)
    assert first.subject == "slip:1"
    text = words_of(first, tmp_path)
    assert "为您换新机一台" in text
    assert "满意" in text
    correction.correct(fresh(case), {"reporter_name": "周惠"}, by=world.actor("agent"), reason="写错了")
    end = closure.ShortEnd("withdrawn", "客户来电撤回", proof="周惠来电")
    closure.close_short(fresh(case), end, by=world.actor("agent"))
    tasks.file_owed_slips()
    first, second = filed(case)
    assert second.subject == "slip:2"
    assert "周惠" in words_of(second, tmp_path)
    assert "周惠" not in words_of(first, tmp_path)
    assert "第 2 轮" in words_of(second, tmp_path)


def test_a_declined_case_has_one_too(world: World) -> None:
    case = w.log_call(world)
    assignment.decline_case(case, by=world.actor("agent"), reason="非我司产品", reply="抱歉")
    tasks.file_owed_slips()
    assert len(filed(case)) == 1


def test_filing_raises_no_version_and_may_follow_the_archiving(world: World) -> None:
    case = w.closed(world)
    archived = closure.archive_case(case, by=world.actor("agent"))
    tasks.file_owed_slips()
    assert len(filed(case)) == 1
    assert fresh(case).version == archived.version


@pytest.mark.req("SEC-08")
def test_who_may_not_see_the_customers_number_finds_no_slip(world: World) -> None:
    case = w.closed(world)
    tasks.file_owed_slips()
    [row] = filed(case)
    agent, auditor = Person(world, "agent"), Person(world, "auditor")
    assert agent.see(case, f"files/{row.pk}/").status_code == 200
    assert auditor.see(case, f"files/{row.pk}/").status_code == 404
    assert row.file.claimed_name in agent.text(case)
    assert row.file.claimed_name not in auditor.text(case)
    assert "处理单已归档" in auditor.text(case)
