"""Tables as people really have them: what is understood, what is refused, and in which words (quality 74)."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from audit.exceptions import InvalidInput
from customers.actions import imports
from customers.actions.file import set_field_rules
from customers.actions.people import Facts, Reach, open_file
from customers.models import Customer, CustomerImport, Holding
from customers.queries.imports import refused_lines
from documents.exceptions import SheetRefused
from documents.models import File
from documents.sheets import write_errors
from tests.customers.tables import counts, csv_of, imported, refusals, uploaded, xlsx_of
from tests.world import World

HEADER = ["姓名", "电话", "产品", "购买日期", "保修到期"]


def row_of(*values: Any) -> list[list[Any]]:
    return [HEADER, list(values)]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (13805126634.0, "13805126634"),
        ("１３８０５１２６６３４", "１３８０５１２６６３４"),
        ("138 0512 6634", "138 0512 6634"),
        ("+86 138-0512-6634", "+86 138-0512-6634"),
    ],
)
def test_a_number_is_understood_however_it_is_written(world: World, given: Any, kept: str) -> None:
    assert counts(imported(world, xlsx_of(row_of("单于明", given)))) == (1, 0, 0, 0)
    point = Customer.objects.get().contact_points.get()
    assert (point.value, point.normal, point.reversed) == (kept, "+8613805126634", "43662150831")


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (("", "13805126634"), "“姓名”是空的"),
        (("单于明", "1.38051E+10"), "1.38051E+10"),
        (("单于明", "没有"), "没有"),
        (("单于明", "1380512663413900001111138000022221"), "位数太多"),
        (("单" * 101, "13805126634"), "101"),
        (("单于明", "13805126634", "锅炉", "1900-02-29"), "1900-02-29"),
        (("单于明", "13805126634", "锅炉", "2026-02-30"), "2026-02-30"),
        (("单于明", "13805126634", "锅炉", "03/04/2026"), "03/04/2026"),
        (("单于明", "13805126634", "锅炉", "明天"), "明天"),
        (("单于明", "13805126634", "锅炉", "2026-05-01", "2025-05-01"), "保修到期"),
        (("单于明", "13805126634", "", "2026-05-01"), "产品"),
        (("单于明", ""), "无法再次识别"),
    ],
)
def test_what_cannot_be_is_refused_with_its_row_column_and_value(
    world: World, cells: tuple[Any, ...], says: str
) -> None:
    good = ["李雷", "13900001111"]
    row = imported(world, xlsx_of([HEADER, good, list(cells)]))
    assert counts(row) == (1, 0, 0, 1)
    assert says in refusals(row)[3]
    assert [each.name for each in Customer.objects.all()] == ["李雷"]


@pytest.mark.parametrize(
    ("given", "day"),
    [
        ("2026年3月1日", date(2026, 3, 1)),
        ("20260301", date(2026, 3, 1)),
        ("2026/3/1", date(2026, 3, 1)),
        (46082, date(2026, 3, 1)),
        (datetime(2026, 3, 1), date(2026, 3, 1)),  # noqa: DTZ001 - as a spreadsheet holds it
        ("1985-06-30", date(1985, 6, 30)),
    ],
)
def test_days_are_understood_as_spreadsheets_hold_them(world: World, given: Any, day: date) -> None:
    row = imported(world, xlsx_of(row_of("单于明", "13805126634", "锅炉", given)))
    assert counts(row) == (1, 0, 0, 0), refusals(row)
    assert Holding.objects.get().starts_on == day


def test_a_formula_is_refused_where_it_counts_and_left_alone_where_it_does_not(world: World) -> None:
    header = ["姓名", "电话", "合计"]
    rows = [header, ["单于明", "13805126634", "=SUM(A1:A9)"], ["李雷", '=HYPERLINK("http://x","1")', ""]]
    row = imported(world, xlsx_of(rows))
    assert counts(row) == (1, 0, 0, 1)
    assert "B3" in refusals(row)[3]


def test_rows_under_merged_cells_are_refused_because_values_are_missing(world: World) -> None:
    rows = [HEADER, ["单于明", "13805126634"], ["李雷", "13900001111"], ["韩梅梅", "13900002222"]]
    row = imported(world, xlsx_of(rows, merged="C2:C3"))
    assert counts(row) == (1, 0, 0, 2)
    assert all("C2:C3" in sentence for sentence in refusals(row).values())


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8-sig", "utf-8", "utf-16"])
def test_a_csv_is_read_in_the_characters_that_it_has(world: World, encoding: str) -> None:
    file = csv_of(
        [["客户名称", "联系电话"], ["单于明", "13805126634"], ["重庆水务集团", "023-65880011"]], encoding=encoding
    )
    assert counts(imported(world, file)) == (2, 0, 0, 0)
    assert set(Customer.objects.values_list("name", flat=True)) == {"单于明", "重庆水务集团"}


@pytest.mark.parametrize(
    "file",
    [
        SimpleUploadedFile("空.csv", b""),
        csv_of([HEADER]),
        xlsx_of([HEADER]),
        csv_of([["姓名", "姓名"], ["a", "b"]]),
        SimpleUploadedFile("a.xlsx", b"PK\x03\x04 no workbook"),
        SimpleUploadedFile("a.exe", b"MZ"),
    ],
    ids=["empty", "header only", "header only, xlsx", "header twice", "broken", "no table"],
)
def test_what_is_no_table_is_refused_before_anything_is_kept(world: World, file: SimpleUploadedFile) -> None:
    with pytest.raises((SheetRefused, InvalidInput)):
        imports.open_import(file, by=world.hub_head)
    assert not CustomerImport.objects.exists()
    assert not File.objects.exists()


def test_titles_in_the_middle_are_no_customer(world: World) -> None:
    row = imported(world, csv_of([HEADER, ["单于明", "13805126634", "", "", ""], HEADER]))
    assert counts(row) == (1, 0, 0, 1)


def test_names_keep_what_people_write_and_lose_what_nobody_sees(world: World) -> None:
    rows = [["姓名", "电话"], ["单于\x07明\u200b😀", "13805126634"], ["=cmd|' /C calc'!A0", "13900001111"]]
    row = imported(world, csv_of(rows))
    assert counts(row) == (2, 0, 0, 0), refusals(row)
    assert set(Customer.objects.values_list("name", flat=True)) == {"单于明😀", "=cmd|' /C calc'!A0"}


def test_the_same_row_twice_is_one_customer_and_another_word_is_refused(world: World) -> None:
    rows = [
        ["姓名", "电话", "备注", "车牌号"],
        ["单于明", "13805126634", "先问候", "渝A1"],
        ["单于明", "138 0512 6634", "先问候", "渝A1"],
        ["单于明", "13805126634", "先问候", "渝A2"],
        ["单于明", "13805126634", "不要打", "渝A1"],
    ]
    row = imported(world, csv_of(rows))
    assert counts(row) == (1, 1, 1, 1)
    assert list(refusals(row)) == [5]
    assert sorted(Holding.objects.values_list("serial", flat=True)) == ["渝A1", "渝A2"]


def test_two_customers_who_fit_are_refused_and_a_number_decides(world: World) -> None:
    for note in ("甲", "乙"):
        open_file(Facts("单于明", attention=note, contacts=(Reach("phone", "13805126634"),)), by=world.actor("agent"))
    row = imported(world, csv_of([["姓名", "电话"], ["单于明", "13805126634"]]))
    assert counts(row) == (0, 0, 0, 1)
    assert "单于明" in refusals(row)[2]


def test_unknown_people_kinds_and_organisations_are_named(world: World) -> None:
    header = ["姓名", "电话", "客户类别", "业务员", "所属单位", "密级"]
    rows = [
        header,
        ["单于明", "13805126634", "外星人", "无此人", "", "顶级"],
        ["李雷", "13900001111", "", "", "无此单位", ""],
    ]
    row = imported(world, csv_of(rows))
    said = refusals(row)
    assert all(word in said[2] for word in ("外星人", "无此人", "顶级", "客户类别", "业务员", "密级"))
    assert "无此单位" in said[3]


@pytest.mark.req("CUS-20")
def test_of_persons_nothing_is_kept_that_only_an_enterprise_has(world: World) -> None:
    rows = [
        ["名称", "类型", "电话", "传真"],
        ["单于明", "个人", "13805126634", "023-1"],
        ["水务", "单位", "023-65880011", "023-1"],
    ]
    row = imported(world, csv_of(rows))
    assert counts(row) == (1, 0, 0, 1)
    assert "传真" in refusals(row)[2]


@pytest.mark.req("CUS-20")
def test_a_field_that_is_switched_off_is_not_imported(world: World) -> None:
    set_field_rules({"address": (False, "")}, by=world.actor("administrator"))
    row = imported(world, csv_of([["姓名", "电话", "地址"], ["单于明", "13805126634", "江边路"]]))
    assert "address" not in row.mapping
    assert not hasattr(Customer.objects.get(), "file")


@pytest.mark.req("CUS-18")
def test_fields_of_the_whole_file_are_only_for_who_may_read_all_files(world: World) -> None:
    rows = [["姓名", "电话", "资信", "合同"], ["单于明", "13805126634", "良好", "年度合同"]]
    row = imported(world, csv_of(rows))
    assert not {"credit", "contract_name"} & set(row.mapping)
    row = imported(world, csv_of(rows), by="general_manager", whole=True)
    assert counts(row) == (0, 1, 0, 0)
    assert Customer.objects.get().file.credit == "良好"


@pytest.mark.req("CUS-07", "CUS-08")
def test_a_class_needs_its_reason_also_from_a_table(world: World) -> None:
    rows = [["姓名", "电话", "分类"], ["单于明", "13805126634", "A类"]]
    assert counts(imported(world, csv_of(rows))) == (0, 0, 0, 1)
    row = imported(world, csv_of(rows), reason="旧系统的分类")
    assert counts(row) == (1, 0, 0, 0), refusals(row)
    assert Customer.objects.get().class_changes.get().reason == "旧系统的分类"


def test_the_refused_rows_corrected_come_in_under_their_numbers(world: World, tmp_path: Any) -> None:
    row = imported(world, xlsx_of([HEADER, ["单于明", "13805126634"], ["李雷", "没有"]]))
    path = tmp_path / "x.xlsx"
    write_errors(path, row.header, [(line.row, line.values, line.message) for line in refused_lines(row)])
    book = load_workbook(path)
    assert "没有" in str(book.worksheets[0]["G2"].value)
    book.worksheets[0]["C2"].value = "13900001111"
    out = io.BytesIO()
    book.save(out)
    again = imported(world, SimpleUploadedFile("x.xlsx", out.getvalue()))
    assert counts(again) == (1, 0, 0, 0), refusals(again)
    assert set(Customer.objects.values_list("name", flat=True)) == {"单于明", "李雷"}


def test_all_or_nothing_lets_no_row_in_beside_a_refused_one(world: World) -> None:
    rows = [HEADER, ["单于明", "13805126634"], ["李雷", "没有"]]
    row = uploaded(world, xlsx_of(rows), all_or_nothing=True)
    assert counts(row) == (1, 0, 0, 1)
    assert not row.may_run
    row = imported(world, xlsx_of(rows[:2]), all_or_nothing=True)
    assert (counts(row), row.state) == ((1, 0, 0, 0), "finished")


def test_all_or_nothing_undoes_what_a_row_refused_since_the_check_stood_beside(world: World) -> None:
    row = uploaded(world, xlsx_of([HEADER, ["李雷", "13900001111"], ["单于明", "13805126634"]]), all_or_nothing=True)
    row = imports.start_import(row)
    for note in ("甲", "乙"):
        open_file(Facts("单于明", attention=note, contacts=(Reach("phone", "13805126634"),)), by=world.actor("agent"))
    assert imports.work_on(row.pk)
    row.refresh_from_db()
    assert row.state == "checked"
    assert row.problem
    assert not Customer.objects.filter(name="李雷").exists()


def test_too_many_rows_are_refused_with_the_limit(world: World, settings: Any) -> None:
    settings.CUSTOMER_IMPORT_ROWS = 2
    row = uploaded(world, csv_of([HEADER, *([f"客户{n}", f"1380512{n:04d}", "", "", ""] for n in range(3))]))
    assert row.state == "new"
    assert "3" in row.problem or "2" in row.problem
