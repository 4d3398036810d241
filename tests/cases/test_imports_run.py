"""An import as a person runs it: every row is in, known, or in the file of errors; and nothing is in twice."""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import os
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from audit.actor import Actor
from audit.models import Event, Sealed
from audit.verification import verify
from cases import readers
from cases.actions import imports
from cases.actions.imported import NO_NAME
from cases.actions.intake import Goods, Intake, Reporter, open_case
from cases.models import Access, Case, CaseClock, Import, ImportRow, Round
from documents.sheets import Column, Sheet, Stamp, write_xlsx
from notifications.models import Message
from organization import text
from organization.models import Counter, Product
from organization.queries import identity_of
from tests.world import World, log_call

TEXTS = Path(__file__).parent.parent / "data" / "texts.csv"
NOW = dt.datetime(2026, 3, 4, 2, tzinfo=dt.UTC)


def table(path: Path, rows: list[tuple[Any, ...]], *, encoding: str = "utf-8") -> Path:
    """A CSV with these rows, the first being its header."""
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def import_file(path: Path, *options: str) -> str:
    """Run the command; what it said."""
    out = io.StringIO()
    options = ("--map", "text=text", "--channel", "import", *options)
    if "--sentiment" not in options and "--kind" not in options:
        options = (*options, "--kind", "complaint")
    call_command("import_feedback", str(path), *options, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def counts(*models: Any) -> list[int]:
    return [model.objects.count() for model in models]


def texts() -> list[str]:
    return list(Case.objects.order_by("pk").values_list("text", flat=True))


# --- What cleaning changed ---


@pytest.mark.req("INT-01")
def test_what_cleaning_changed_is_listed_row_by_row(world: World, tmp_path: Path) -> None:
    rows = [("text", "who"), ("漏\u200b水", "周  慧"), ("好评", "赵工"), (" 差 ", "钱工")]
    said = import_file(table(tmp_path / "a.csv", rows), "--map", "who=name")
    listed = tmp_path / "a.cleaned.csv"
    assert str(listed) in said
    with listed.open(encoding="utf-8-sig", newline="") as file:
        lines = [(row[0], row[1], row[3], row[4]) for row in list(csv.reader(file))[1:]]
    assert lines == [
        ("2", "text", "漏\\u200b水", "漏水"),
        ("2", "who", "周  慧", "周 慧"),
        ("4", "text", " 差 ", "差"),
    ]


def test_a_long_text_is_listed_from_where_it_changed(world: World, tmp_path: Path) -> None:
    import_file(table(tmp_path / "a.csv", [("text",), ("漏" * 5_000 + "\u200b水",)]))
    line = (tmp_path / "a.cleaned.csv").read_text(encoding="utf-8-sig").splitlines()[1]
    assert "\\u200b水" in line
    assert len(line) < 300


def test_a_file_in_which_nothing_was_cleaned_leaves_no_list(world: World, tmp_path: Path) -> None:
    import_file(table(tmp_path / "a.csv", [("text",), ("漏水",)]))
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


# --- All rows are in ---


@pytest.mark.req("INT-01", "INT-05")
def test_every_row_of_a_real_looking_file_becomes_a_case_with_its_number(world: World) -> None:
    log_call(world)
    import_file(TEXTS, "--sentiment", "sentiment", "--product", "product")
    with TEXTS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    cases = list(Case.objects.filter(import_name="texts").select_related("kind").order_by("pk"))
    assert [case.text for case in cases] == [row["text"].strip() for row in rows]
    kinds = {"negative": "complaint", "positive": "praise"}
    assert [case.kind.code for case in cases] == [kinds[row["sentiment"]] for row in rows]
    last = Counter.objects.get(series="case").last
    numbers = sorted(Case.objects.values_list("number", flat=True))
    assert [int(number.partition("-")[2]) for number in numbers] == list(range(1, last + 1))
    assert last == len(rows) + 1


def test_two_rows_of_the_same_words_are_two_cases(world: World, tmp_path: Path) -> None:
    import_file(table(tmp_path / "a.csv", [("text",), ("好评",), ("差",), ("好评",)]))
    assert texts() == ["好评", "差", "好评"]


@pytest.mark.req("INT-10")
def test_a_missing_name_and_contact_are_said_to_be_missing(world: World, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [("text", "who", "tel"), ("漏水", "", ""), ("又漏水", "周慧", "13805126634")])
    import_file(path, "--map", "who=name,tel=phone")
    without, with_contact = Case.objects.order_by("pk")
    assert (without.reporter_name, without.contact_refused) == (NO_NAME, True)
    assert (with_contact.reporter_name, with_contact.contact_refused) == ("周慧", False)


def test_somebody_in_the_file_of_customers_is_recognised(world: World, tmp_path: Path) -> None:
    known = log_call(world).customer
    path = table(tmp_path / "a.csv", [("text", "who", "tel"), ("漏", "周慧", "+86 138 0512 6634"), ("漏", "周慧", "1")])
    import_file(path, "--map", "who=name,tel=phone")
    assert [case.customer for case in Case.objects.filter(import_name="a").order_by("pk")] == [known, None]


def test_products_are_found_kept_as_text_or_added(world: World, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [("text", "what"), ("漏水", "电热水器"), ("漏气", "电饭煲"), ("漏电", "电饭煲")])
    said = import_file(path, "--product", "what")
    assert [(c.product and c.product.code, c.product_text) for c in Case.objects.order_by("pk")] == [
        ("heater", ""),
        (None, "电饭煲"),
        (None, "电饭煲"),
    ]
    assert "电饭煲 (2)" in said
    import_file(path, "--product", "what", "--create-products", "--name", "b")
    added = Product.objects.get(name="电饭煲")
    assert (added.code, added.lineage) == ("dfb", [added.pk])
    assert Case.objects.filter(import_name="b", product=added).count() == 2


def test_category_and_department_are_only_suggested(world: World, tmp_path: Path) -> None:
    import_file(table(tmp_path / "a.csv", [("text",), ("质量太差，用了两天就坏了",)]))
    case = Case.objects.get()
    assert case.suggested_category is not None
    assert (case.suggested_category.code, case.category, case.state) == ("product.quality", None, "registered")
    assert case.suggested_department == world.quality


@pytest.mark.req("INT-02")
@pytest.mark.parametrize("history", [False, True])
def test_an_imported_row_is_registered_like_any_other(world: World, tmp_path: Path, history: bool) -> None:
    """The bulk writer and the action of one registration write the same columns."""
    words, received = "质量太差，用了两天就坏了。要求退货！", dt.datetime(2026, 3, 1, 1, 30, tzinfo=dt.UTC)
    path = table(
        tmp_path / "same.csv",
        [("text", "who", "tel", "what", "at"), (words, "周慧", "13805126634", "电热水器", "2026-03-01 09:30")],
    )
    with time_machine.travel(NOW, tick=False):
        columns = ("--map", "who=name,tel=phone", "--product", "what", "--received", "at")
        import_file(path, *columns, *(["--history"] if history else []))
        one = open_case(
            Intake(
                kind=world.kind("complaint"),
                channel=world.channel("import"),
                text=words,
                reporter=Reporter(name="周慧", phone="13805126634"),
                goods=Goods(product=Product.objects.get(code="heater")),
                received_at=received,
                quiet=True,
                import_name="same",
                import_key="other",
            ),
            by=Actor("import", None, "same"),
        )
    one.refresh_from_db()
    bulk = Case.objects.get(import_name="same", import_key__endswith=":1")
    own = {"id", "number", "import_key", "search"}
    if history:
        own |= {"state", "outcome", "closed_at", "version", "next_due_at", "next_due_kind", "readers"}
    for column in Case._meta.concrete_fields:
        if column.name not in own:
            assert getattr(bulk, column.attname) == getattr(one, column.attname), column.name
    assert lexemes(bulk) == lexemes(one)
    assert Access.objects.filter(case=bulk).exists()
    if not history:
        assert rows_of(CaseClock, bulk) == rows_of(CaseClock, one)
        assert rows_of(Round, bulk) == rows_of(Round, one)
    assert opening(bulk) == opening(one)


def lexemes(case: Case) -> set[str]:
    """What a case is found by, apart from its number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tsvector_to_array(search) FROM cases_case WHERE id = %s", [case.pk])
        return set(cursor.fetchone()[0]) - set(text.bigrams(case.number))


def rows_of(model: Any, case: Case) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in row.items() if name not in {"id", "case_id"}}
        for row in model.objects.filter(case=case).order_by("pk").values()
    ]


def opening(case: Case) -> tuple[Any, ...]:
    event = Event.objects.get(thread=case.thread, verb="open")
    sealed = Sealed.objects.filter(event=event).order_by("field").values_list("field", "old", "new")
    changes = {name: value for name, value in event.changes.items() if name != "number"}
    return event.actor_kind, event.actor_label, changes, list(sealed)


def test_an_imported_case_is_found_by_its_words_and_its_number(world: World, tmp_path: Path) -> None:
    import_file(table(tmp_path / "a.csv", [("text",), ("壶嘴滴水",), ("轮子掉了",)]))
    case = Case.objects.get(text="壶嘴滴水")
    for term in ("滴水", case.number):
        found = Case.objects.extra(where=["search @@ %s::tsquery"], params=[text.tsquery(term)])
        assert list(found) == [case]


def test_the_readers_of_imported_cases_are_those_that_an_action_would_write(world: World, tmp_path: Path) -> None:
    import_file(table(tmp_path / "a.csv", [("text",), ("漏水",)]))
    import_file(table(tmp_path / "b.csv", [("text",), ("漏水",)]), "--history")
    for case in Case.objects.all():
        assert (case.readers, case.barred) == readers.of_case(case)
    assert not Case.objects.visible_to(identity_of(world.production_head)).exists()
    assert Case.objects.visible_to(identity_of(world.quality_head)).count() == 1


@pytest.mark.gate(11)
def test_the_history_of_an_import_verifies(world: World) -> None:
    import_file(TEXTS, "--sentiment", "sentiment", "--product", "product", "--create-products")
    import_file(TEXTS, "--sentiment", "sentiment", "--name", "past", "--history")
    verdict = verify(files=False)
    assert verdict.ok, verdict.findings[:3]
    assert Event.objects.filter(thread="import:texts").get().changes["created"] == [None, 300]


# --- Once and no more ---


def test_the_same_file_again_changes_nothing(world: World) -> None:
    import_file(TEXTS, "--sentiment", "sentiment")
    before = counts(Case, CaseClock, Round, ImportRow, Message, Access)
    said = import_file(TEXTS, "--sentiment", "sentiment")
    assert counts(Case, CaseClock, Round, ImportRow, Message, Access) == before
    assert "300" in said
    again = Import.objects.get()
    assert (again.rows_read, again.rows_created, again.rows_known) == (300, 300, 300)


def test_an_import_that_was_cut_off_goes_on_where_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ends it: a chunk is there whole, with its numbers, or not at all."""
    calls = 0
    real = imports.register_rows

    def dies(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        stored = real(*args)
        if calls == 3:
            raise KeyboardInterrupt
        return stored

    monkeypatch.setattr(imports, "register_rows", dies)
    with pytest.raises(KeyboardInterrupt):
        import_file(TEXTS, "--sentiment", "sentiment")
    assert Case.objects.count() == 2 * imports.CHUNK == Counter.objects.get(series="case").last
    half = Import.objects.get()
    assert (half.rows_created, half.finished_at) == (2 * imports.CHUNK, None)
    monkeypatch.undo()
    import_file(TEXTS, "--sentiment", "sentiment")
    assert Case.objects.count() == 300 == Counter.objects.get(series="case").last
    assert Import.objects.get().rows_created == 300
    assert verify(files=False).ok


def test_a_key_column_tells_rows_apart(world: World, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [("no", "text"), ("A1", "漏水"), ("A2", "漏水"), ("A1", "漏电")])
    import_file(path, "--key", "no")
    assert texts() == ["漏水", "漏水"]
    refused = ImportRow.objects.get(refused=True)
    assert refused.row == 4
    table(path, [("no", "text"), ("A2", "漏水，改过"), ("A3", "新的")])
    import_file(path, "--key", "no", "--name", "a")
    assert texts() == ["漏水", "漏水", "新的"]


def test_another_file_of_the_same_name_is_not_taken_for_the_first(world: World, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [("text",), ("好评",)])
    import_file(path)
    table(path, [("text",), ("好评",), ("差",)])
    with pytest.raises(CommandError, match="--name"):
        import_file(path)
    import_file(path, "--name", "a")
    assert texts() == ["好评", "差"]


def test_an_import_is_not_continued_with_other_columns(world: World, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [("text", "who"), ("好评", "周慧")])
    import_file(path)
    with pytest.raises(CommandError, match="--name"):
        import_file(path, "--map", "who=name")


@pytest.mark.django_db(transaction=True)
def test_an_import_runs_once_at_a_time(world: World) -> None:
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended('import:texts', 0))")
            with pytest.raises(CommandError):
                import_file(TEXTS, "--sentiment", "sentiment")
            # Closing the connection would do it too, but only when the server has noticed.
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended('import:texts', 0))")
    finally:
        other.close()
    import_file(TEXTS, "--sentiment", "sentiment")
    assert Case.objects.count() == 300


# --- What is wrong comes back ---

BAD = [
    ("text", "at", "kind"),
    ("壶嘴滴水", "2026-03-01", "投诉"),
    ("", "2026-03-01", "投诉"),
    ("长" * 20_001, "2026-03-01", "投诉"),
    ("轮子掉了", "2099-01-01", "投诉"),
    ("房间有霉味", "03/04/2026", "投诉"),
    ("拉链坏了", "2026-03-02", "中性"),
    ("内壁\x00生锈\u200b", "2026-03-02", "投诉"),
]
BAD_OPTIONS = ("--received", "at", "--map", "kind=kind")


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_refused_rows_come_back_with_their_number_and_reason_to_be_corrected(
    world: World, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"三月{ending}"
    if ending == ".csv":
        table(path, BAD)
    else:
        rows = [[str(value).replace("\x00", "") for value in row] for row in BAD[1:]]
        write_xlsx(path, [Sheet("表", [Column(name) for name in BAD[0]], rows)], stamp=Stamp("", NOW, "1"))
    import_file(path, *BAD_OPTIONS)
    assert texts() == ["壶嘴滴水", "内壁生锈"]
    assert list(ImportRow.objects.filter(refused=True).values_list("row", flat=True)) == [3, 4, 5, 6, 7]
    errors = tmp_path / f"三月.errors{ending}"
    assert errors.exists()
    correct(errors)
    import_file(errors, *BAD_OPTIONS)
    assert len(texts()) == 7
    assert not ImportRow.objects.filter(refused=True).exists()
    again = import_file(errors, *BAD_OPTIONS)
    assert len(texts()) == 7
    assert "5" in again
    assert not (tmp_path / f"三月.errors-2{ending}").exists()


def correct(path: Path) -> None:
    """What a person does in Excel: each refused row gets what it lacked."""
    from documents.sheets.reading import read_rows

    header, *rows = [list(row.values) for row in read_rows(path)]
    for values in rows:
        values[1] = "补写的内容" if len(str(values[1] or "")) in {0, 20_001} else values[1]
        values[2], values[3] = "2026-03-02", "投诉"
    if path.suffix == ".csv":
        table(path, [tuple(header), *map(tuple, rows)])
    else:
        columns = [Column(str(name)) for name in header]
        write_xlsx(path, [Sheet("表", columns, rows)], stamp=Stamp("", NOW, "1"))


def test_a_corrected_row_that_says_the_same_as_another_is_a_case_of_its_own(world: World, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [("text", "at"), ("好评", "2026-03-01"), ("好评", "2099-03-01")])
    import_file(path, "--received", "at")
    errors = tmp_path / "a.errors.csv"
    errors.write_text(errors.read_text(encoding="utf-8").replace("2099", "2026"), encoding="utf-8")
    for _ in range(2):
        import_file(errors, "--received", "at")
        assert texts() == ["好评", "好评"]
    table(path, [("text", "at"), ("好评", "2026-03-01"), ("好评", "2026-03-01")])
    import_file(path, "--received", "at", "--name", "a")
    assert texts() == ["好评", "好评"]


def test_an_error_file_that_somebody_may_be_correcting_is_never_written_over(world: World, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", BAD)
    import_file(path, *BAD_OPTIONS)
    mine = tmp_path / "a.errors.csv"
    mine.write_text("half corrected", encoding="utf-8")
    import_file(path, *BAD_OPTIONS)
    assert mine.read_text(encoding="utf-8") == "half corrected"
    assert (tmp_path / "a.errors-2.csv").exists()


def test_a_row_that_the_database_refuses_does_not_hold_up_the_others(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cases.imports import plan

    monkeypatch.setattr(plan, "LINES", plan.LINES | {"quantity": 100})
    rows = [(f"第{n}台漏水", "4" * 50 if n == 17 else "1") for n in range(30)]
    path = table(tmp_path / "a.csv", [("text", "n"), *rows])
    import_file(path, "--map", "n=quantity")
    assert Case.objects.count() == 29 == Counter.objects.get(series="case").last
    assert ImportRow.objects.get(refused=True).row == 19


def test_what_cleaning_changed_is_counted_and_listed(world: World, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [("text",), ("漏\x00水",), ("一\r\n二 ",), ("好",)])
    said = import_file(path)
    imported = Import.objects.get()
    assert imported.cleaned == {"invisible": 1, "line_ends": 1, "trimmed": 1}
    assert list(imported.rows.values_list("row", flat=True)) == [2, 3]
    assert said.count("1") >= 3


@pytest.mark.parametrize("encoding", ["gbk", "utf-8-sig", "utf-16"])
def test_files_of_chinese_programs_are_read(world: World, tmp_path: Path, encoding: str) -> None:
    import_file(table(tmp_path / "a.csv", [("text", "备注"), ("壶嘴滴水，擦一次桌子", "无")], encoding=encoding))
    assert texts() == ["壶嘴滴水，擦一次桌子"]


def test_a_formula_is_refused(world: World, tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    assert book.active is not None
    for row in (["text"], ["=A1&A1"], ["漏水"]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    import_file(tmp_path / "a.xlsx")
    assert texts() == ["漏水"]
    assert "A2" in ImportRow.objects.get(refused=True).message


@pytest.mark.parametrize(
    "options",
    [
        ("--channel", "carrier_pigeon"),
        ("--kind", "nonsense"),
        ("--map", "text=nonsense"),
        ("--map", "missing=subject"),
        ("--by", "nobody"),
        ("--name", "长" * 61),
    ],
)
def test_what_is_not_understood_is_refused_before_anything_is_written(world: World, options: tuple[str, str]) -> None:
    with pytest.raises(CommandError):
        import_file(TEXTS, *options)
    assert counts(Case, Import) == [0, 0]


def test_a_file_that_is_no_table_is_refused_with_a_sentence(world: World, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\x00\x01\x02" * 500)
    with pytest.raises(CommandError):
        import_file(tmp_path / "a.csv")
    with pytest.raises(CommandError):
        import_file(tmp_path / "absent.csv")


# --- What it sets in motion ---


def test_a_dry_run_says_everything_and_writes_no_row(world: World, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", BAD)
    models = (Case, Import, ImportRow, Product, Event, Message, Counter)
    before = counts(*models)
    said = import_file(path, *BAD_OPTIONS, "--dry-run", "--create-products", "--product", "kind")
    assert counts(*models) == before
    assert (tmp_path / "a.errors.csv").exists()
    assert "7" in said


def test_the_hub_is_told_once_and_no_customer_at_all(world: World, tmp_path: Path) -> None:
    rows = [(f"第{n}次漏水", "周慧", f"1380512{n:04d}") for n in range(120)]
    path = table(tmp_path / "a.csv", [("text", "who", "tel"), *rows])
    import_file(path, "--map", "who=name,tel=phone")
    message = Message.objects.get()
    assert (message.kind, message.user, message.context["count"]) == ("import_digest", world.hub_head, 120)


@pytest.mark.req("SLA-01")
def test_clocks_run_from_the_time_of_receipt(world: World, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [("text", "at"), ("漏水", "2026-03-03 09:30")])
    with time_machine.travel(NOW, tick=False):
        import_file(path, "--received", "at")
    case = Case.objects.get()
    due = {clock.kind: timezone.localtime(clock.due_at) for clock in case.clocks.all()}
    assert due["acknowledgement"].isoformat() == "2026-03-04T09:30:00+08:00"
    assert due["resolution"].date().isoformat() == "2026-03-10"
    assert case.next_due_kind == "acknowledgement"
    assert case.owner == world.hub_head


def test_history_is_closed_at_once_without_clocks_and_messages(world: World, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [("text", "at"), ("漏水", "2024-03-01 09:30")])
    import_file(path, "--received", "at", "--history", "--by", "hub_head")
    case = Case.objects.get()
    round_ = case.rounds.get()
    assert (case.state, case.outcome, case.next_due_at) == ("closed", "imported", None)
    assert (round_.outcome, round_.closed_by, round_.proof) == ("imported", world.hub_head, "a")
    assert counts(CaseClock, Message) == [0, 0]
    verbs = Event.objects.filter(thread=case.thread).order_by("seq").values_list("verb", "actor_kind", "actor_id")
    assert list(verbs) == [("open", "import", world.hub_head.pk), ("close", "import", world.hub_head.pk)]


def test_the_application_role_may_import(world: World, as_application_role: None) -> None:
    import_file(TEXTS, "--sentiment", "sentiment")
    assert Case.objects.count() == 300


@pytest.mark.texts
@pytest.mark.timeout(900)
@pytest.mark.parametrize("count", [2_000, pytest.param(10**6, marks=pytest.mark.prove)])
def test_the_real_texts_are_all_in_and_stay_so(world: World, tmp_path: Path, count: int) -> None:
    path = tmp_path / "real.csv"
    with Path(os.environ["HUIYIN_TEXTS"]).open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(itertools.islice(reader, count))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    for _ in range(2):
        import_file(path, "--sentiment", "sentiment", "--product", "product", "--name", "real")
        assert Case.objects.count() == len(rows) == Counter.objects.get(series="case").last
    assert sorted(texts()) == sorted(row["text"].strip() for row in rows)
