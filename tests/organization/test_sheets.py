"""Users, departments and products from tables: checked by row, imported idempotently."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from openpyxl import Workbook, load_workbook

from audit.exceptions import InvalidInput
from audit.models import Event
from feedback_system.tasks import tidy_up
from organization import sheets
from organization.actions.people import Person, create_user
from organization.models import Department, Product, SheetUpload, User
from organization.sheets import columns
from tests.world import World


def lines(*rows: Sequence[str]) -> list[tuple[int, Sequence[str]]]:
    """Rows as a reader numbers them: the header is row 1."""
    return list(enumerate(rows, 2))


def xlsx(header: Sequence[str], *rows: Sequence[Any], name: str = "表.xlsx") -> SimpleUploadedFile:
    book = Workbook()
    for row in (header, *rows):
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return SimpleUploadedFile(name, out.getvalue())


def users_header() -> list[str]:
    with translation.override("zh-hans"):
        return [str(column.title) for column in sheets.COLUMNS["users"]]


def bring_in(world: World, what: str, header: Sequence[str], *rows: Sequence[str]) -> sheets.Outcome:
    return sheets.bring_in(what, header, lines(*rows), by=world.actor("administrator"))


# --- Departments and products -----------------------------------------------------------------------


@pytest.mark.req("ORG-02")
def test_a_tree_comes_in_whatever_the_order_of_its_rows(world: World) -> None:
    outcome = bring_in(
        world, "departments", ["code", "name", "parent", "functions"],
        ["east1", "一分厂车间", "east", ""],
        ["east", "一分厂", "公司", "质量管理；Inspection"],
    )  # fmt: skip
    assert outcome.errors == []
    assert [number for number, _name in outcome.created] == [3, 2]
    assert Department.objects.get(code="east1").lineage[:2] == [
        world.head_office.pk,
        Department.objects.get(code="east").pk,
    ]
    assert {f.code for f in Department.objects.get(code="east").functions.all()} == {"quality", "inspection"}


def test_the_same_table_once_more_changes_nothing(world: World) -> None:
    table = (["code", "name", "parent"], ["k1", "电水壶", ""], ["K-17", "电水壶 K-17", "k1"])
    assert len(bring_in(world, "products", *table).created) == 2
    events = Event.objects.count()
    again = bring_in(world, "products", *table)
    assert (again.created, again.changed, len(again.same)) == ([], [], 2)
    assert Event.objects.count() == events
    assert Product.objects.filter(code="K-17").count() == 1


def test_a_changed_row_changes_its_unit_and_an_empty_cell_leaves_it(world: World) -> None:
    outcome = bring_in(
        world, "departments", ["code", "name", "name_en", "parent", "functions", "phone"],
        ["production", "制造部", "", "", "", "8001"],
    )  # fmt: skip
    row = Department.objects.get(code="production")
    assert [name for _number, name in outcome.changed] == ["制造部"]
    assert (row.parent_id, row.phone) == (world.head_office.pk, "8001")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (["", "无编码", ""], "编码"),
        (["a b", "空格", ""], "编码只能"),
        (["x1", "", ""], "名称"),
        (["x1", "名称", "没有的部门"], "没有的部门"),
        (["x1", "名" * 101, ""], "100"),
        (["hub", "客服中心", "workshop"], ""),
    ],
)
def test_a_wrong_row_is_named_and_the_others_come_in(world: World, row: list[str], says: str) -> None:
    outcome = bring_in(world, "departments", ["code", "name", "parent"], row, ["good", "好的部门", ""])
    assert Department.objects.filter(code="good").exists()
    if says:
        assert outcome.errors[0][0] == 2
        assert says in outcome.errors[0][1]


def test_a_code_twice_in_one_table_is_taken_from_neither_row(world: World) -> None:
    outcome = bring_in(world, "products", ["code", "name"], ["d", "一"], ["d", "二"])
    assert [number for number, _ in outcome.errors] == [2, 3]
    assert not Product.objects.filter(code="d").exists()


def test_rows_below_a_wrong_row_say_why_they_stay_out(world: World) -> None:
    outcome = bring_in(
        world, "departments", ["code", "name", "parent"], ["child", "下级", "top"], ["top", "", ""], ["loop1", "甲", "loop2"],
        ["loop2", "乙", "loop1"],
    )  # fmt: skip
    assert [number for number, _ in outcome.errors] == [2, 3, 4, 5]
    assert "top" in dict(outcome.errors)[2]


# --- Users -----------------------------------------------------------------------------------------------


@pytest.mark.req("ORG-02")
def test_people_come_in_with_role_departments_and_head_mark(world: World) -> None:
    outcome = bring_in(
        world, "users", users_header(),
        ["ma.lin", "马林", "部门负责人", "销售部；repair", "销售部", "malin@huiyin.example", "13800000000", "管理者代表"],
    )  # fmt: skip
    assert outcome.errors == []
    user = User.objects.get(username="ma.lin")
    assert [(m.department, m.is_head) for m in user.memberships.order_by("-is_main")] == [
        (world.sales, True),
        (world.repair, False),
    ]
    assert not user.has_usable_password()
    assert [f.code for f in user.functions.all()] == ["management_representative"]


def test_titles_are_understood_in_both_languages_and_any_order(world: World) -> None:
    outcome = bring_in(
        world, "users", ["Role", "Login name *", "姓名"], ["Handler", "x1", "甲"], ["处理人", "x2", "乙"]
    )
    assert outcome.errors == []
    assert {user.role for user in User.objects.filter(username__in=["x1", "x2"])} == {"handler"}


def test_a_known_person_keeps_what_the_table_leaves_empty(world: World) -> None:
    outcome = bring_in(
        world, "users", ["username", "name", "role", "departments", "phone"], ["PRODUCTION_HEAD", "何强", "head", "生产部", "123"]
    )  # fmt: skip
    user = User.objects.get(username="production_head")
    assert len(outcome.changed) == 1
    assert (user.phone, user.email) == ("123", "production_head@huiyin.example")
    assert user.memberships.get().is_head
    assert user.has_usable_password()


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (["x", "甲", "皇帝", "", ""], "皇帝"),
        (["x", "甲", "head", "没有的部门", ""], "没有的部门"),
        (["x", "甲", "head", "", "no-address"], "no-address"),
        (["x", "甲", "head", "", "agent@huiyin.example"], "邮箱"),
        (["有空格 x", "甲", "head", "", ""], "登录名"),
        (["administrator", "韩冰", "agent", "", ""], "自己的角色"),
    ],
)
def test_wrong_people_are_named(world: World, row: list[str], says: str) -> None:
    outcome = bring_in(world, "users", ["username", "name", "role", "departments", "email"], row)
    assert says in outcome.errors[0][1]
    assert User.objects.get(username="administrator").role == "administrator"


def test_a_name_that_two_departments_share_names_neither(world: World) -> None:
    Department.objects.create(code="prod2", name="生产部", lineage=[0])
    outcome = bring_in(world, "users", ["username", "name", "role", "departments"], ["x", "甲", "head", "生产部"])
    assert "编码" in outcome.errors[0][1]


def test_a_header_that_lacks_columns_is_refused_as_a_whole(world: World) -> None:
    with pytest.raises(InvalidInput) as refused:
        bring_in(world, "users", ["姓名"], ["甲"])
    assert "登录名" in refused.value.message


# --- The check is the import, rolled back ---------------------------------------------------------------


def test_a_check_says_what_the_import_will_say_and_changes_nothing(world: World) -> None:
    header = ["username", "name", "role"]
    rows = lines(["x1", "甲", "head"], ["x2", "乙", "皇帝"], ["agent", "林晓", "agent"])
    before = (User.objects.count(), Event.objects.count())
    checked = sheets.check("users", header, rows, by=world.actor("administrator"))
    assert (User.objects.count(), Event.objects.count()) == before
    assert checked == sheets.bring_in("users", header, rows, by=world.actor("administrator"))


# --- Over HTTP -----------------------------------------------------------------------------------------------


def upload(client: Client, what: str, file: SimpleUploadedFile) -> Any:
    return client.post(reverse("sheet_check", args=[what]), {"file": file})


def test_a_table_is_checked_then_imported(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    table = xlsx(users_header(), ["x1", "甲", "处理人", "生产部"], ["x2", "乙", "皇帝", ""])
    answer = upload(client, "users", table)
    checked = answer.headers["Location"]
    page = client.get(checked).content.decode()
    assert "皇帝" in page
    assert "导入 1 行" in page
    assert not User.objects.filter(username="x1").exists()
    done = client.post(checked, follow=True).content.decode()
    assert "新增 1" in done
    assert User.objects.filter(username="x1").exists()
    assert not SheetUpload.objects.exists()


def test_the_wrong_rows_come_back_as_a_table_that_can_be_imported_on_top(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    table = xlsx(users_header(), ["x1", "甲", "处理人"], ["x2", "乙", "皇帝"], name="people.xlsx")
    checked = upload(client, "users", table).headers["Location"]
    errors = client.get(checked + "errors/")
    book = load_workbook(io.BytesIO(errors.content))
    sheet = book.worksheets[0]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[1][0] == 3  # its number in the first file
    sheet.cell(2, rows[1].index("皇帝") + 1).value = "处理人"
    out = io.BytesIO()
    book.save(out)
    again = upload(client, "users", SimpleUploadedFile("corrected.xlsx", out.getvalue())).headers["Location"]
    client.post(again)
    assert User.objects.filter(username="x2", role="handler").exists()


@pytest.mark.parametrize("what", ["departments", "products", "users"])
def test_the_template_of_each_table_is_read_back(world: World, client: Client, what: str) -> None:
    client.force_login(world.administrator)
    answer = client.get(reverse("sheet_template", args=[what]))
    book = load_workbook(io.BytesIO(answer.content))
    header = [cell.value for cell in next(book.worksheets[0].iter_rows())]
    assert len(header) == len(sheets.COLUMNS[what])
    assert columns.places_of(what, header).keys() == {column.code for column in sheets.COLUMNS[what]}


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (None, "请先选择文件"),
        (SimpleUploadedFile("a.xlsx", b"PK\x03\x04garbage"), ""),
        (SimpleUploadedFile("a.exe", b"MZ"), ""),
        (SimpleUploadedFile("a.csv", "登录名,姓名,角色\n".encode()), "没有内容"),
        (SimpleUploadedFile("a.csv", b""), ""),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(
    world: World, client: Client, file: SimpleUploadedFile | None, says: str
) -> None:
    client.force_login(world.administrator)
    answer = client.post(reverse("sheet_check", args=["users"]), {"file": file} if file else {})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not SheetUpload.objects.exists()


def test_a_table_of_too_many_rows_is_refused(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    body = "编码,名称\n" + "".join(f"p{n},产品{n}\n" for n in range(sheets.MAX_ROWS + 1))
    answer = upload(client, "products", SimpleUploadedFile("a.csv", body.encode()))
    assert answer.status_code == 422


@pytest.mark.req("SEC-01")
def test_a_checked_table_is_its_uploaders_own_and_does_not_lie_about(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    checked = upload(client, "users", xlsx(users_header(), ["x1", "甲", "处理人"])).headers["Location"]
    other = Client()
    other.force_login(create_user(Person("second", "另一位", "administrator"), by=world.actor("administrator")))
    assert other.get(checked).status_code == 404
    SheetUpload.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert client.get(checked).status_code == 404
    tidy_up()
    assert not SheetUpload.objects.exists()
