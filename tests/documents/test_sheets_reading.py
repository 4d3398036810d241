"""Tables as people send them: made by Excel, WPS, a Java server, a till from 1998, or by hand."""

import codecs
import datetime as dt
import itertools
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from documents.exceptions import SheetRefused
from documents.limits import SheetLimits
from documents.sheets import (
    Column,
    Row,
    Sheet,
    Stamp,
    as_text,
    read_rows,
    read_table,
    sheets_of,
    write_csv,
    write_errors,
    write_xlsx,
)
from tests.documents import samples
from tests.documents.measuring import measured

pytestmark = pytest.mark.filterwarnings("ignore:.*marked as a date:UserWarning")
STAMP = Stamp("张三", dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC), "1")
TABLE = "客户,电话,内容\r\n王芳,13800138000,阀门漏水\r\n李四,,“很好”\r\n"


@pytest.fixture
def csv_file(tmp_path: Path):
    def write(content: bytes | str, name: str = "a.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


@pytest.fixture
def book_file(tmp_path: Path):
    def write(fill, name: str = "a.xlsx") -> Path:
        book = Workbook()
        fill(book.active)
        path = tmp_path / name
        book.save(path)
        return path

    return write


def texts(table) -> list[list[str]]:
    return [[as_text(value) for value in row.values] for row in table.rows]


# --- Characters and separators -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("gbk", b""),
        ("gb18030", b""),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
    ],
)
def test_chinese_is_read_however_it_was_written(csv_file, encoding: str, mark: bytes) -> None:
    table = read_table(csv_file(mark + TABLE.encode(encoding)))
    assert table.header == ("客户", "电话", "内容")
    assert texts(table) == [["王芳", "13800138000", "阀门漏水"], ["李四", "", "“很好”"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "，"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_the_separator_is_found(csv_file, delimiter: str, encoding: str) -> None:
    content = "\n".join(delimiter.join(row) for row in [("客户", "内容"), ("王芳", '"漏水, 很多;水"'), ("李四", "好")])
    assert texts(read_table(csv_file(content, encoding=encoding))) == [["王芳", "漏水, 很多;水"], ["李四", "好"]]


def test_a_separator_in_the_text_is_not_taken_for_one(csv_file) -> None:
    content = "内容\n很好，谢谢\n不好，漏水，没人管\n一般\n"
    assert texts(read_table(csv_file(content))) == [["很好，谢谢"], ["不好，漏水，没人管"], ["一般"]]


def test_excel_s_own_first_line_names_the_separator(csv_file) -> None:
    table = read_table(csv_file("sep=;\r\na;b\r\n1,5;2\r\n"))
    assert table.header == ("a", "b")
    assert [row.number for row in table.rows] == [3]


def test_damaged_bytes_in_utf8_are_not_taken_for_another_encoding(csv_file) -> None:
    good = ("客户,内容\n" + "王芳,阀门漏水\n" * 50).encode()
    table = read_table(csv_file(good + "李四,好".encode()[:-1]))
    rows = list(table.rows)
    assert rows[0].values == ("王芳", "阀门漏水")
    assert rows[-1].values == ("李四", "�")
    assert rows[-1].notes
    assert table.notes
    assert not rows[0].notes


@pytest.mark.parametrize("content", [b"\x80\xff\xfe\x80\xff" * 200, bytes(range(256)) * 4, b"\0" * 100])
def test_what_is_no_text_is_refused(csv_file, content: bytes) -> None:
    with pytest.raises(SheetRefused):
        list(read_rows(csv_file(content)))


def test_rows_are_numbered_as_excel_shows_them(csv_file) -> None:
    content = 'a,b\n"1\n2\n3",x\n\n,\n4,y\n'
    assert [(row.number, row.values) for row in read_table(csv_file(content)).rows] == [
        (2, ("1\n2\n3", "x")),
        (5, ("4", "y")),
    ]


def test_a_quotation_mark_that_is_never_closed_is_said_with_its_row(csv_file) -> None:
    content = "a,b\n" + "1,2\n" * 10 + '3,"open\n' + "4,5\n" * 400_000
    with pytest.raises(SheetRefused) as caught:
        list(read_rows(csv_file(content)))
    assert caught.value.row == 11


def test_a_guard_against_formulas_is_taken_away_again(csv_file) -> None:
    assert texts(read_table(csv_file("a\n'=1+1\n'not guarded\n'+86 138\n"))) == [
        ["=1+1"],
        ["'not guarded"],
        ["+86 138"],
    ]


# --- Header ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("header", "words"),
    [
        (["客户", "内容", "客户"], ["客户", "A, C"]),
        (["客户", "", "内容"], ["B"]),
    ],
)
def test_a_header_that_is_not_clear_is_refused(
    csv_file, book_file, kind: str, header: list[str], words: list[str]
) -> None:
    rows = [header, ["a", "b", "c"]]
    path = (
        csv_file("\n".join(",".join(row) for row in rows))
        if kind == "csv"
        else book_file(lambda page: [page.append(row) for row in rows])
    )
    with pytest.raises(SheetRefused) as caught:
        read_table(path)
    assert all(word in caught.value.message for word in words)


def test_blank_rows_above_the_header_are_passed_over(csv_file, book_file) -> None:
    def fill(page) -> None:
        page.append([" ", ""])
        page.append([None])
        page.append(["客户"])
        page.append(["王芳"])

    for path in (csv_file(" ,\n\n客户\n王芳\n"), book_file(fill)):
        table = read_table(path)
        assert table.header == ("客户",)
        assert list(table.rows) == [Row(4, ("王芳",))]


def test_columns_that_are_only_formatted_do_not_count(csv_file) -> None:
    table = read_table(csv_file("客户,内容,,,\n王芳,漏水,,,\n李四,好,,5,\n"))
    rows = list(table.rows)
    assert table.header == ("客户", "内容")
    assert rows[0] == Row(2, ("王芳", "漏水"))
    assert (rows[1].values, len(rows[1].notes)) == (("李四", "好"), 1)


@pytest.mark.parametrize("content", [b"", b"\n\n\n", b",,\n,,\n", codecs.BOM_UTF8])
def test_an_empty_file_is_said_to_be_empty(csv_file, content: bytes) -> None:
    with pytest.raises(SheetRefused):
        read_table(csv_file(content))


def test_a_workbook_without_rows_is_said_to_be_empty(book_file) -> None:
    with pytest.raises(SheetRefused):
        read_table(book_file(lambda page: None))


# --- Lies ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", samples.OLE),
        ("a.xlsx", samples.OLE),
        ("a.xls", samples.OLE),
        ("a.xlsx", samples.HTML),
        ("a.xlsx", b"\xef\xbb\xbf\r\n<table><tr><td>1</td></tr></table>"),
        ("a.csv", samples.HTML),
        ("a.csv", samples.SVG),
        ("a.csv", samples.XML),
        ("a.csv", samples.xlsx()),
        ("a.xlsx", TABLE.encode()),
        ("a.xlsx", samples.docx()),
        ("a.xlsx", samples.archive([("a", b"b")])),
        ("a.xlsx", samples.xlsx()[:-200]),
        ("a.xlsx", samples.locked(samples.xlsx())),
        ("a.ods", samples.archive([("content.xml", b"<a/>")])),
        ("a.numbers", b"x"),
        ("table", b"a,b"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_in_a_sentence(csv_file, name: str, content: bytes) -> None:
    with pytest.raises(SheetRefused) as caught:
        list(read_rows(csv_file(content, name)))
    assert len(caught.value.message) > 20
    assert "%" not in caught.value.message


def test_a_stored_file_without_an_ending_is_read_as_its_kind_says(csv_file) -> None:
    assert texts(read_table(csv_file(TABLE, "3f9c"), kind="csv"))[0][0] == "王芳"
    assert texts(read_table(csv_file(samples.xlsx(), "4f9c"), kind="xlsx")) == [["王芳", "阀门漏水"]]


# --- Workbooks ------------------------------------------------------------------------------------------


def test_dates_numbers_and_texts_come_as_what_they_are(book_file) -> None:
    values = [
        dt.date(2026, 3, 1),
        naive(2026, 3, 1, 8, 30),
        dt.time(8, 30),
        13800138000,
        2.5,
        True,
        "文本",
        None,
        "_x0041_",
    ]

    def fill(page) -> None:
        page.append([f"列{n}" for n in range(len(values))])
        page.append(values)

    (row,) = read_table(book_file(fill)).rows
    expected = [naive(2026, 3, 1), naive(2026, 3, 1, 8, 30), dt.time(8, 30), 13800138000, 2.5, True, "文本", None, "A"]
    assert list(row.values) == expected
    shown = [as_text(value) for value in row.values]
    assert shown[:5] == ["2026-03-01", "2026-03-01 08:30", "08:30:00", "13800138000", "2.5"]


def naive(*parts: int) -> dt.datetime:
    """A time as a spreadsheet keeps it, without a zone."""
    return dt.datetime(*parts)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("value", "expected"),
    [(5.0, "5"), (1.38e10, "13800000000"), (0.1, "0.1"), (1e300, "1e+300"), (-3, "-3"), ("a", "a")],
)
def test_a_number_reads_as_a_person_would_have_typed_it(value: object, expected: str) -> None:
    assert as_text(value) == expected


def test_a_formula_is_read_as_its_text_and_reported(book_file) -> None:
    def fill(page) -> None:
        page.append(["客户", "数量"])
        page.append(["王芳", "=1+1"])
        page.append(["李四", 3])

    formula, plain = read_table(book_file(fill)).rows
    assert formula.values == ("王芳", "=1+1")
    assert "B2" in formula.notes[0]
    assert plain.notes == ()


def test_an_error_in_a_cell_is_reported(book_file) -> None:
    def fill(page) -> None:
        page.append(["客户", "数量"])
        page.append(["王芳", "#REF!"])

    (row,) = read_table(book_file(fill)).rows
    assert "B2" in row.notes[0]
    assert "#REF!" in row.notes[0]


def test_merged_cells_are_reported_for_the_sheet_and_for_their_rows(book_file) -> None:
    def fill(page) -> None:
        for row in [["部门", "客户"], ["质量部", "王芳"], ["", "李四"], ["", "赵六"], ["销售部", "钱七"]]:
            page.append(row)
        page.merge_cells("A2:A4")

    table = read_table(book_file(fill))
    assert "A2:A4" in table.notes[0]
    rows = list(table.rows)
    assert [bool(row.notes) for row in rows] == [True, True, True, False]
    assert [row.values[0] for row in rows] == ["质量部", None, None, "销售部"]


def test_the_sheet_is_found_by_its_name_or_the_names_are_said(tmp_path: Path) -> None:
    book = Workbook()
    book.active.title = "说明"
    page = book.create_sheet("投诉 2026")
    page.append(["客户"])
    page.append(["王芳"])
    book.save(tmp_path / "a.xlsx")
    assert texts(read_table(tmp_path / "a.xlsx", sheet=" 投诉 2026 ")) == [["王芳"]]
    with pytest.raises(SheetRefused) as caught:
        read_table(tmp_path / "a.xlsx", sheet="投诉")
    assert "说明" in caught.value.message
    assert "投诉 2026" in caught.value.message


def test_a_hidden_first_sheet_is_passed_over(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["hidden"])
    book.active.sheet_state = "hidden"
    book.create_sheet("b").append(["客户"])
    book.save(tmp_path / "a.xlsx")
    assert read_table(tmp_path / "a.xlsx").header == ("客户",)


def test_rows_keep_their_numbers_over_gaps(book_file) -> None:
    def fill(page) -> None:
        page["A1"] = "客户"
        page["A5"] = "王芳"
        page["A900"] = "李四"

    assert [(row.number, row.values[0]) for row in read_table(book_file(fill)).rows] == [(5, "王芳"), (900, "李四")]


def altered(source: Path, target: Path, old: bytes, new: bytes, part: str = "xl/worksheets/sheet1.xml") -> Path:
    """The same workbook with other bytes in one of its parts."""
    with zipfile.ZipFile(source) as given, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for info in given.infolist():
            body = given.read(info)
            if info.filename == part:
                assert old in body
                body = body.replace(old, new)
            made.writestr(info, body)
    return target


def simple(page) -> None:
    page.append(["客户", "数量"])
    page.append(["王芳", 1])
    page.append(["李四", 2])


def test_a_size_that_the_workbook_states_wrongly_hides_no_rows(book_file, tmp_path: Path) -> None:
    path = altered(book_file(simple), tmp_path / "b.xlsx", b'ref="A1:B3"', b'ref="A1:A1"')
    assert len(list(read_table(path).rows)) == 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'<row r="3">', b'<row r="x">'),
        (b"</row>", b"</wor>"),
        (b'<c r="B3"', b'<c r="??"'),
        (b"<v>2</v>", b"<v>two</v>"),
        (b"<v>2</v>", b"<v>" + b"9" * 10_000 + b"</v>"),
        (b't="n"', b't="s"'),
        (b"<sheetData>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><sheetData>"),
        (b'<row r="3">', b'<row r="999999999999">'),
    ],
    ids=str,
)
def test_a_damaged_workbook_is_refused_at_its_row(book_file, tmp_path: Path, old: bytes, new: bytes) -> None:
    path = altered(book_file(simple), tmp_path / "b.xlsx", old, new)
    with pytest.raises(SheetRefused) as caught:
        list(read_rows(path))
    assert len(caught.value.message) > 20


def test_a_workbook_that_does_not_state_its_size_is_not_walked_through_to_be_opened(book_file, tmp_path: Path) -> None:
    """Else each opening takes as long as reading all of it; a damage below would refuse its names and first rows."""
    sized = altered(book_file(simple), tmp_path / "b.xlsx", b'<row r="3">', b"</wor>")
    path = altered(sized, tmp_path / "c.xlsx", b'<dimension ref="A1:B3" />', b"")
    assert sheets_of(path) == ["Sheet"]
    assert next(read_table(path).rows).values == ("王芳", 1)


def test_an_entity_bomb_is_refused(book_file, tmp_path: Path) -> None:
    bomb = (
        b"<!DOCTYPE w ["
        + b"".join(b"<!ENTITY a%d '%s'>" % (n + 1, b"&a%d;" % n * 10) for n in range(9))
        + b"]><worksheet"
    )
    path = altered(book_file(simple), tmp_path / "b.xlsx", b"<worksheet", bomb)
    with pytest.raises(SheetRefused):
        list(read_rows(path))


@pytest.mark.parametrize(
    "filler",
    [
        b"<row>" + b"<c/>" * 300_000 + b"</row>",
        b"<x/>" * 300_000,
        b"<row r='9'/>" * 1_100_000,
        b"<c><is><t>" + b"a" * 40_000_000 + b"</t></is></c>",
    ],
    ids=["cells", "unknown tags", "empty rows", "one text"],
)
def test_a_sheet_that_would_fill_the_memory_is_refused_before_it_is_parsed(
    book_file, tmp_path: Path, filler: bytes
) -> None:
    path = altered(book_file(simple), tmp_path / "b.xlsx", b"<sheetData>", b"<sheetData>" + filler)
    limits = SheetLimits()
    assert limits.archive.ratio == 100
    with pytest.raises(SheetRefused):
        list(read_rows(path))


def test_long_tables_are_refused_at_the_limit(csv_file, book_file) -> None:
    limits = SheetLimits(rows=3, columns=2)
    assert len(list(read_rows(csv_file("a,b\n1,2\n3,4\n"), limits=limits))) == 3
    with pytest.raises(SheetRefused) as caught:
        list(read_rows(csv_file("a,b\n1,2\n3,4\n5,6\n"), limits=limits))
    assert caught.value.row == 4
    for path in (csv_file("a,b,c\n"), book_file(lambda page: page.append(["a", "b", "c"]))):
        with pytest.raises(SheetRefused):
            list(read_rows(path, limits=limits))


# --- Error files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_an_error_file_is_corrected_and_imported_on_top(tmp_path: Path, ending: str) -> None:
    """What the importer could not take comes back under its own numbers, values untouched."""
    values = ["=1+1", "阀门，漏水", "'quoted", "line\nbreak", "13800138000"]
    header = ("a", "b", "c", "d", "e")
    path = tmp_path / f"errors.{ending}"
    written = write_errors(path, header, ((number, values, "电话不对") for number in (7, 12)), stamp=STAMP)
    assert written.rows == 2
    table = read_table(path)
    assert table.header == header
    rows = list(table.rows)
    assert [row.number for row in rows] == [7, 12]
    assert [as_text(value) for value in rows[0].values] == values


def test_an_error_file_is_read_in_the_other_language_too(tmp_path: Path) -> None:
    from django.utils import translation

    with translation.override("zh-hans"):
        write_errors(tmp_path / "a.csv", ("客户",), [(3, ["王芳"], "缺少内容")])
    with translation.override("en"):
        assert list(read_table(tmp_path / "a.csv").rows) == [Row(3, ("王芳",))]


def test_an_error_file_says_what_is_wrong_beside_the_row(tmp_path: Path) -> None:
    write_errors(tmp_path / "a.csv", ("客户",), [(3, ["王芳"], "缺少内容")])
    rows = list(read_rows(tmp_path / "a.csv"))
    assert rows[1].values == ("3", "王芳", "缺少内容")


def test_dates_of_an_error_file_stay_dates_and_long_rows_lose_nothing(tmp_path: Path) -> None:
    errors = [(2, [naive(2026, 3, 1), "a", "b", "c"], "zu lang"), (3, [], "leer")]
    write_errors(tmp_path / "a.xlsx", ("日期", "内容"), errors, stamp=STAMP)
    (row,) = read_table(tmp_path / "a.xlsx").rows
    assert row.values == (naive(2026, 3, 1), "a | b | c")


# --- Round trip and memory --------------------------------------------------------------------------------


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=15), min_size=2, max_size=8)
)
def test_what_we_export_we_can_import(values: list[str]) -> None:
    import tempfile

    if any(not value.strip() or "\uffff" in value or "\ufffe" in value for value in values):
        return
    with tempfile.TemporaryDirectory() as folder:
        for ending, write in (("csv", write_csv), ("xlsx", lambda path, sheet: write_xlsx(path, [sheet], stamp=STAMP))):
            path = Path(folder) / f"a.{ending}"
            write(path, Sheet("t", [Column("x"), Column("y")], [[value, "·"] for value in values]))
            assert [row.values[0] for row in read_table(path).rows] == values


CSV_MEASURE = """
from documents.sheets import read_table
path = Path(sys.argv[1])
encoding = sys.argv[3]
row = "王芳{},13800138000,\\"阀门漏水，已经三次来电，没有人来看\\",2026-03-01\\n"
with path.open("w", encoding=encoding) as out:
    out.write("客户,电话,内容,日期\\n")
    out.writelines(row.format(n) for n in range(int(sys.argv[2])))
small = path.with_name("small.csv")
small.write_text("a,b\\n1,2\\n", encoding="gb18030")
list(read_table(small).rows)
before = peak()
count = sum(1 for row in read_table(path).rows)
print(json.dumps([count, peak() - before]))
"""
XLSX_MEASURE = """
import datetime as dt
from documents.sheets import Column, Sheet, Stamp, read_table, write_xlsx
stamp = Stamp("x", dt.datetime(2026, 11, 21, tzinfo=dt.UTC), "1")
def rows(count):
    return ([f"王芳{n}", "阀门漏水，已经三次来电", n] for n in range(count))
def write(name, count):
    columns = [Column("a"), Column("b"), Column("c")]
    write_xlsx(Path(sys.argv[1]) / name, [Sheet("t", columns, rows(count))], stamp=stamp)
    return Path(sys.argv[1]) / name
small, large = write("small.xlsx", 10), write("large.xlsx", int(sys.argv[2]))
list(read_table(small).rows)
before = peak()
count = sum(1 for row in read_table(large).rows)
print(json.dumps([count, peak() - before]))
"""


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-16"])
@pytest.mark.parametrize(
    "count", [20_000, pytest.param(1_000_000, marks=[pytest.mark.prove, pytest.mark.timeout(900)])]
)
def test_a_long_csv_is_read_as_a_stream(tmp_path: Path, count: int, encoding: str) -> None:
    rows, rise = measured(CSV_MEASURE, str(tmp_path / "a.csv"), str(count), encoding, seconds=600)
    assert rows == count
    assert rise < 30


@pytest.mark.parametrize("count", [5_000, pytest.param(200_000, marks=[pytest.mark.prove, pytest.mark.timeout(600)])])
def test_a_long_workbook_is_read_as_a_stream(tmp_path: Path, count: int) -> None:
    """Of each row openpyxl keeps one empty element; a full sheet of a million rows stays under 200 MB."""
    rows, rise = measured(XLSX_MEASURE, str(tmp_path), str(count), seconds=550)
    assert rows == count
    assert rise < 50 + count / 10_000


def test_reading_can_be_left_in_the_middle(csv_file, book_file) -> None:
    for path in (csv_file(TABLE), book_file(simple)):
        assert len(list(itertools.islice(read_rows(path), 1))) == 1
        read_table(path)


def test_a_refused_file_is_closed_at_once(book_file) -> None:
    path = book_file(lambda page: page.append(["客户", "客户"]))
    with pytest.raises(SheetRefused) as caught:
        read_table(path)
    opened = [link for link in Path("/proc/self/fd").iterdir() if link.exists() and link.resolve() == path.resolve()]
    assert caught.value is not None
    assert opened == []
