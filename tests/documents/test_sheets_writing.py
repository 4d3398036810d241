"""T8: whatever stands in the database, an exported table opens, holds it as text, and calculates nothing."""

import csv
import datetime as dt
import io
import random
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import IllegalCharacterError

from documents.sheets import Column, Sheet, Stamp, clean_text, write_csv, write_xlsx, writing
from documents.sheets.cells import FORMULA_STARTS, MAX_UNITS, for_csv, for_xlsx, from_csv, from_xlsx
from tests.documents.measuring import measured

STAMP = Stamp("张三 & 李四", dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC), "导出-2026-000012")
ATTACKS = [
    "=1+1", '=HYPERLINK("http://evil.example","x")', "=cmd|'/c calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1",
    "\n=1", "\0=1", "＝1+1", "＋1", "－1", "＠SUM(1)", "  =1+1", "\u3000=1", "\u200b=1", "\ufeff=1", "'=1+1", "''=1",
    "'",
    "#N/A", "#REF!", "TRUE", "1e5", "0012", "2026-03-01", "13800138000", "https://evil.example", "mailto:a@b.cn",
    "_x0041_", "_x005F_x0041_", "_x000D_", "\ud800", "a\udfffb", "\uffff", "\ufffe", "\x0b\x0c\x1b\x7f\x85\x9f",
    "a\r\nb\rc\nd", "  spaces  ", "<b>&amp;\"'</b>", "]]>", "图" * 40_000, "😀" * 20_000, "a" * 32_767, "a" * 32_768,
    "\u202eevil", "e\u0301", "🧑‍🔧", "",
]  # fmt: skip


def anything(count: int, seed: int) -> list[str]:
    """Texts of every sort of character, with what is special to tables more often than elsewhere."""
    maker = random.Random(seed)
    special = [*FORMULA_STARTS, "'", '"', ",", ";", "_x0041_", "_x", "\ud83d", "\udc00", "\uffff", "&", "<", "\x01"]

    def character() -> str:
        if maker.random() < 0.3:
            return maker.choice(special)
        return chr(maker.choice([maker.randrange(0x80), maker.randrange(0x3000), maker.randrange(0x110000)]))

    return [
        *ATTACKS,
        *("".join(character() for _ in range(maker.randrange(1, 12))) for _ in range(count - len(ATTACKS))),
    ]


def rows_of(texts: list[str], width: int = 10) -> list[list[str]]:
    padded = texts + [""] * (-len(texts) % width)
    return [padded[start : start + width] for start in range(0, len(padded), width)]


def assert_only_text(content: bytes, texts: list[str]) -> None:
    """The workbook opens, holds these texts, and has no formula and no link."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    assert not [name for name in parts if "externalLink" in name or "vba" in name.lower()]
    for name, body in parts.items():
        if name.startswith("xl/worksheets/sheet"):
            assert b"<f>" not in body
            assert b"<f " not in body
            assert b"<hyperlink" not in body
    page = load_workbook(io.BytesIO(content)).worksheets[0]
    got = [cell.value or "" for row in page.iter_rows(min_row=2) for cell in row] + [""] * 10
    assert not [cell for row in page.iter_rows() for cell in row if cell.data_type == "f" or cell.hyperlink]
    assert [from_xlsx(text) for text in got][: len(texts)] == [clean_text(text).text for text in texts]


def exported(texts: list[str]) -> bytes:
    out = io.BytesIO()
    write_xlsx(out, [Sheet("台账", [Column(f"列{n}") for n in range(10)], rows_of(texts))], stamp=STAMP)
    return out.getvalue()


@pytest.mark.req("RPT-01")
def test_two_thousand_texts_come_out_as_text() -> None:
    texts = anything(2_000, seed=1)
    assert_only_text(exported(texts), texts)


@pytest.mark.prove
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(10))
def test_twenty_thousand_texts_come_out_as_text(seed: int) -> None:
    texts = anything(20_000, seed=seed)
    assert_only_text(exported(texts), texts)


def test_control_the_library_by_itself_writes_formulas_and_cannot_take_some_texts() -> None:
    def plain(texts: list[str]) -> bytes:
        book, out = Workbook(write_only=True), io.BytesIO()
        page = book.create_sheet()
        page.append([f"列{n}" for n in range(10)])
        for row in rows_of(texts):
            page.append(row)
        book.save(out)
        return out.getvalue()

    with pytest.raises(AssertionError):
        assert_only_text(plain(["=1+1"]), ["=1+1"])
    with pytest.raises(IllegalCharacterError):
        plain(["\x0b"])
    with pytest.raises(Exception, match=r"not well-formed|surrogates"):
        assert_only_text(plain(["\uffff"]), ["\uffff"])


@given(st.text(st.characters(), max_size=60))
def test_cleaning_is_done_once(text: str) -> None:
    clean = clean_text(text)
    assert clean_text(clean.text) == type(clean)(clean.text)
    assert from_xlsx(for_xlsx(clean.text)) == clean.text
    assert from_csv(for_csv(clean.text)) == clean.text
    clean.text.encode("utf-8")


def test_a_text_that_is_too_long_says_so_at_its_end() -> None:
    for text in ("图" * 40_000, "😀" * 20_000, "a" * (MAX_UNITS + 1)):
        clean = clean_text(text)
        assert clean.cut
        assert len(clean.text.encode("utf-16-le")) // 2 <= MAX_UNITS
        assert f"{len(text)}" in clean.text[-60:]
        assert clean.text[:1000] == text[:1000]
    assert clean_text("a" * MAX_UNITS).text == "a" * MAX_UNITS


# --- What a reader of the workbook gets -----------------------------------------------------------


def naive(*parts: int) -> dt.datetime:
    """A time as a spreadsheet keeps it, without a zone."""
    return dt.datetime(*parts)  # noqa: DTZ001


def opened(sheet: Sheet, stamp: Stamp = STAMP) -> Workbook:
    out = io.BytesIO()
    write_xlsx(out, [sheet], stamp=stamp)
    return load_workbook(out)


COLUMNS = [
    Column("编号"),
    Column("日期", "date"),
    Column("时间", "datetime"),
    Column("金额", "money"),
    Column("比率", "percent"),
    Column("件数", "integer"),
]


@pytest.mark.req("SEC-13")
def test_a_workbook_says_who_made_it_when_and_under_which_number() -> None:
    book = opened(Sheet("台账", COLUMNS, []))
    assert book.properties.creator == "张三 & 李四"
    assert book.worksheets[0].oddFooter.left.text == "张三 && 李四 · 2026-11-21 17:30 · 导出-2026-000012"
    about = [[cell.value for cell in row] for row in book.worksheets[-1].iter_rows()]
    assert [row[1] for row in about][:3] == ["张三 & 李四", "2026-11-21 17:30:00", "导出-2026-000012"]


def test_dates_and_numbers_are_real_and_columns_wide_enough() -> None:
    at = dt.datetime(2026, 3, 1, 16, 5, 9, 123, tzinfo=dt.UTC)
    book = opened(Sheet("台账", COLUMNS, [["A-1", dt.date(2026, 3, 1), at, Decimal("12.50"), 0.25, 3]]))
    page = book.worksheets[0]
    number, day, moment, money, rate, count = page[2]
    assert number.data_type == "s"
    assert (day.value, day.number_format) == (naive(2026, 3, 1), "yyyy-mm-dd")
    assert (moment.value, moment.number_format) == (naive(2026, 3, 2, 0, 5, 9), "yyyy-mm-dd hh:mm")
    assert (money.value, money.number_format) == (12.5, "#,##0.00")
    assert (rate.value, rate.number_format) == (0.25, "0.0%")
    assert (count.value, count.number_format) == (3, "0")
    assert page.column_dimensions["C"].width >= 18
    assert (page.freeze_panes, page.auto_filter.ref) == ("A2", "A1:F2")
    assert page.print_title_rows in ("1:1", "$1:$1")
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (10**15, "1000000000000000"),
        (999_999_999_999_999, 999_999_999_999_999),
        (Decimal("1.2345678901234567"), "1.2345678901234567"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (Decimal("Infinity"), "Infinity"),
        (dt.date(1899, 12, 31), "1899-12-31"),
        (naive(1900, 1, 1, 8, 0), "1900-01-01 08:00"),
        (None, None),
        ("", None),
        (dt.timedelta(hours=2), "2:00:00"),
        ({"a": 1}, "{'a': 1}"),
    ],
)
def test_what_a_spreadsheet_would_change_silently_is_written_as_text(value: object, expected: object) -> None:
    page = opened(Sheet("t", [Column("a", "number"), Column("b")], [[value, "x"]])).worksheets[0]
    assert page["A2"].value == expected


def test_truth_is_written_as_a_word(settings) -> None:
    settings.LANGUAGE_CODE = "en"
    page = opened(Sheet("t", [Column("a"), Column("b")], [[True, False]])).worksheets[0]
    assert [page["A2"].value, page["B2"].value] == ["Yes", "No"]


def test_what_looks_like_a_formula_stays_text_when_it_is_edited() -> None:
    page = opened(Sheet("t", [Column("a"), Column("b")], [["=1+1", "plain"]])).worksheets[0]
    assert page["A2"].quotePrefix
    assert not page["B2"].quotePrefix


def test_titles_of_sheets_and_columns_may_be_anything() -> None:
    title = "=[坏]:*?/\\'" + "长" * 50 + "\x0b\ud800"
    book = opened(Sheet(title, [Column(title)], [["x"]]))
    assert len(book.sheetnames[0]) <= 31
    assert book.worksheets[0]["A1"].data_type == "s"


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MAX_ROWS", 11)
    out = io.BytesIO()
    written = write_xlsx(out, [Sheet("台账", [Column("n", "integer")], ([n] for n in range(25)))], stamp=STAMP)
    book = load_workbook(out)
    values = [row[0].value for page in book.worksheets[:3] for row in page.iter_rows(min_row=2)]
    assert values == list(range(25))
    assert [page["A1"].value for page in book.worksheets[:3]] == ["n"] * 3
    assert (written.rows, written.sheets[:3]) == (25, ["台账", "台账 (2)", "台账 (3)"])


def test_what_had_to_be_changed_is_counted_and_said() -> None:
    out = io.BytesIO()
    written = write_xlsx(out, [Sheet("t", [Column("a")], [["a\x0b"], ["b" * 40_000], ["c"]])], stamp=STAMP)
    assert (written.rows, written.cleaned, written.cut) == (3, 2, 1)
    about = [cell.value for row in load_workbook(out).worksheets[-1].iter_rows() for cell in row]
    assert any("1" in str(text) and len(str(text)) > 12 for text in about[8:])


def test_a_row_of_another_width_is_a_fault_of_the_program() -> None:
    with pytest.raises(ValueError, match="argument"):
        opened(Sheet("t", [Column("a"), Column("b")], [["only one"]]))


# --- CSV -------------------------------------------------------------------------------------------


def csv_of(texts: list[str]) -> bytes:
    out = io.BytesIO()
    write_csv(out, Sheet("t", [Column(f"列{n}") for n in range(10)], rows_of(texts)))
    return out.getvalue()


def test_a_csv_opens_in_excel_and_calculates_nothing() -> None:
    texts = anything(2_000, seed=2)
    content = csv_of(texts)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    cells = [cell for row in rows[1:] for cell in row]
    assert not [
        cell for cell in cells if cell.startswith(FORMULA_STARTS) or cell.lstrip(" \u3000").startswith(FORMULA_STARTS)
    ]
    assert [from_csv(cell) for cell in cells][: len(texts)] == [clean_text(text).text for text in texts]


def test_control_a_plain_csv_would_calculate() -> None:
    out = io.StringIO()
    csv.writer(out).writerows(rows_of(ATTACKS))
    cells = [cell for row in csv.reader(io.StringIO(out.getvalue())) for cell in row]
    assert [cell for cell in cells if cell.startswith(FORMULA_STARTS)]


def test_numbers_and_dates_of_a_csv_are_plain(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    at = dt.datetime(2026, 3, 1, 0, 0, tzinfo=dt.UTC)
    write_csv(path, Sheet("t", COLUMNS, [["-1", dt.date(2026, 3, 1), at, Decimal("-12.50"), None, -3]]))
    assert path.read_text("utf-8-sig").splitlines()[1] == '"\'-1","2026-03-01","2026-03-01 08:00:00",-12.50,"",-3'


# --- Memory ----------------------------------------------------------------------------------------


MEASURE = """
import datetime as dt
from documents.sheets import Column, Sheet, Stamp, write_csv, write_xlsx
stamp = Stamp("x", dt.datetime(2026, 11, 21, tzinfo=dt.UTC), "1")
columns = [Column("a"), Column("b", "date"), Column("c", "datetime"), Column("d", "money"), Column("e"), Column("f")]
def rows(count):
    for n in range(count):
        yield [f"2026-{n:06d}", dt.date(2026, 3, 1), stamp.at, 12.5, f"一条不短也不长的客户反馈内容 {n}" * 5, n]
folder = Path(sys.argv[1])
def write(count):
    write_xlsx(folder / "a.xlsx", [Sheet("t", columns, rows(count))], stamp=stamp)
    write_csv(folder / "a.csv", Sheet("t", columns, rows(count)))
write(10)
before = peak()
write(int(sys.argv[2]))
print(json.dumps(peak() - before))
"""


@pytest.mark.parametrize("count", [3_000, pytest.param(100_000, marks=[pytest.mark.prove, pytest.mark.timeout(900)])])
def test_many_rows_need_no_more_memory_than_ten(tmp_path: Path, count: int) -> None:
    assert measured(MEASURE, str(tmp_path), str(count), seconds=800) < 40


@settings(max_examples=50)
@given(st.lists(st.text(st.characters(), max_size=20), min_size=1, max_size=10))
def test_any_texts_at_all_come_out_as_text(texts: list[str]) -> None:
    assert_only_text(exported(texts), texts)
