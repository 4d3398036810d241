"""Customers from a table: nothing doubled, nothing lost, nothing erased (CUS-29, SEC-09, quality 74)."""

from __future__ import annotations

import csv
import resource
import time
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from audit.models import Event
from audit.verification import verify
from customers.actions.classes import classify_customer
from customers.actions.file import update_file
from customers.actions.holdings import Held, add_holding
from customers.actions.merging import merge_customers
from customers.actions.people import Facts, Reach, open_file
from customers.models import ContactPoint, Customer, CustomerImport, CustomerKind, Holding
from customers.queries.search import match
from feedback_system.privacy.restriction import restrict
from organization.queries import identity_of
from tests.customers.tables import counts, imported, refusals, uploaded, xlsx_of
from tests.world import World

TABLE = [
    ["客户编号", "客户名称", "类型", "所属单位", "客户类别", "联系电话", "手机", "邮箱", "业务员", "密级", "地址", "产品名称", "序列号", "购买日期"],
    ["K-1", "单于明", "个人", "重庆水务集团", "", "023-6588 0011 转 802", 13805126634.0, "dan@example.com; m@example.com", "sales_handler", "", "渝中区", "热水锅炉", "GL-1", "2024-05-01"],
    ["K-2", "重庆水务集团", "单位", "", "项目客户", "023-65880000", "", "", "", "秘密", "", "", "", ""],
    ["K-3", "李雷", "", "K-2", "", "", "13900001111 ✕", "", "", "", "", "", "", ""],
]  # fmt: skip


@pytest.mark.req("CUS-01", "CUS-03", "CUS-22", "CUS-29")
def test_a_table_becomes_customers_with_all_that_its_columns_say(world: World) -> None:
    row = imported(world, xlsx_of(TABLE))
    assert counts(row) == (3, 0, 0, 0), (row.problem, refusals(row))
    person, firm = Customer.objects.get(name="单于明"), Customer.objects.get(name="重庆水务集团")
    assert (person.type, person.organisation, person.salesperson) == ("person", firm, world.sales_handler)
    assert (firm.type, firm.secrecy, [kind.code for kind in firm.kinds.all()]) == (
        "organisation", "confidential", ["project"],
    )  # fmt: skip
    points = {point.value: point for point in person.contact_points.all()}
    assert set(points) == {"023-6588 0011 转 802", "13805126634", "dan@example.com", "m@example.com"}
    assert points["023-6588 0011 转 802"].extension == "802"
    assert ContactPoint.objects.get(customer__name="李雷").refused
    assert Customer.objects.get(name="李雷").organisation == firm
    assert person.file.address == "渝中区"
    held = Holding.objects.get(customer=person)
    assert (held.kind, held.name, held.serial, f"{held.starts_on}") == ("product", "热水锅炉", "GL-1", "2024-05-01")
    assert [each.pk for each in match("6634", who=identity_of(world.agent))] == [person.pk]
    assert [each.pk for each in match("水务", who=identity_of(world.agent))] == [firm.pk]
    assert verify().ok


def _state(customer: Customer) -> dict[str, Any]:
    """Everything of a customer but keys and times, with the history."""
    skipped = {"id", "customer", "created_at", "file_updated_at", "recorded_at", "at", "by"}

    def plain(row: Any) -> dict[str, Any]:
        return {f.name: str(getattr(row, f.attname)) for f in row._meta.concrete_fields if f.name not in skipped}

    rows = [*customer.contact_points.order_by("type", "normal"), *customer.holdings.order_by("kind", "name")]
    rows += [*customer.class_changes.all(), *[row for row in [getattr(customer, "file", None)] if row]]
    return {
        "row": plain(Customer.objects.get(pk=customer.pk)),
        "parts": [plain(row) for row in rows],
        "kinds": sorted(customer.kinds.values_list("code", flat=True)),
        "history": [
            (event.verb, {name: value for name, value in event.changes.items() if name != "holding"}, _sealed(event))
            for event in Event.objects.filter(thread=customer.thread).order_by("seq")
        ],
    }


def _sealed(event: Event) -> list[tuple[str, Any, Any]]:
    return sorted((row.field, row.old, row.new) for row in event.sealed.all())


RICH = [
    ["姓名", "类型", "客户类别", "电话", "邮箱", "备注", "销售人员", "档案保管人", "密级", "分类", "层级", "分类依据", "地址", "资信", "产品", "序列号", "合同", "合同编号", "合同金额", "签订日期"],
    ["远洋石化", "单位", "项目客户；供应商", "0512-65880011 转 802 ✕；13805126634", "a@example.com", "先问候", "sales_handler", "sales_head", "机密", "B", "重要客户", "十年合作", "江边路 1 号", "良好", "锅炉", "S1", "年度合同", "HT1", "￥12,000,000.5", "2026-03-01"],
]  # fmt: skip


def _by_hand(world: World) -> Customer:
    by = world.actor("general_manager")
    facts = Facts(
        "远洋石化", "organisation", None,
        tuple(CustomerKind.objects.filter(code__in=["project", "supplier"])), world.sales_handler, "先问候",
        (Reach("phone", "0512-65880011 转 802", refused=True), Reach("phone", "13805126634"), Reach("email", "a@example.com")),
        world.sales_head, "secret",
    )  # fmt: skip
    row = open_file(facts, by=by)
    update_file(row, {"address": "江边路 1 号", "credit": "良好"}, by=by)
    add_holding(row, Held("product", "锅炉", serial="S1"), by=by)
    amount = Decimal("12000000.50")
    add_holding(row, Held("contract", "年度合同", serial="HT1", amount=amount, starts_on=date(2026, 3, 1)), by=by)
    classify_customer(row, "B", "key", reason="十年合作", by=world.general_manager)
    return row


@pytest.mark.req("SEC-09", "CUS-29")
def test_a_row_writes_exactly_what_the_pages_write(world: World) -> None:
    wanted = _state(_by_hand(world))
    Customer.objects.update(name="另一家", folded_name="另一家")
    row = imported(world, xlsx_of(RICH), by="general_manager", whole=True)
    assert counts(row) == (1, 0, 0, 0), refusals(row)
    assert _state(Customer.objects.get(name="远洋石化")) == wanted


@pytest.mark.req("SEC-09", "CUS-29")
def test_a_changed_row_is_an_update_as_on_the_page(world: World) -> None:
    imported(world, xlsx_of(RICH), by="general_manager", whole=True)
    customer = Customer.objects.get(name="远洋石化")
    before = _state(customer)
    changed = [
        RICH[0],
        [
            "远洋石化",
            "",
            "供应商",
            "13805126634；13900002222",
            "",
            "",
            "",
            "",
            "秘密",
            "",
            "",
            "",
            "",
            "一般",
            "锅炉",
            "S1",
            "",
            "HT1",
            "13000000",
            "",
        ],
    ]
    row = imported(world, xlsx_of(changed), by="general_manager", whole=True)
    assert counts(row) == (0, 1, 0, 0), refusals(row)
    after = _state(customer)
    assert after["kinds"] == ["supplier"]
    assert [(verb, changes) for verb, changes, _sealed_ in after["history"][len(before["history"]) :]] == [
        ("update", {"kinds": [["project", "supplier"], ["supplier"]], "secrecy": ["secret", "confidential"]}),
        ("update_file", {}),
        ("change_holding", {"kind": [None, "contract"]}),
    ]
    sealed = [_sealed(event) for event in Event.objects.filter(thread=customer.thread).order_by("seq")]
    assert sealed[-2] == [("credit", "良好", "一般")]
    assert sealed[-1] == [("amount", "12000000.50", "13000000.00")]
    assert after["row"]["attention"] == "先问候"
    assert len(customer.contact_points.all()) == 4
    assert customer.contact_points.get(value__startswith="0512").refused


@pytest.mark.req("CUS-29")
def test_the_same_table_once_more_changes_nothing(world: World) -> None:
    for table, whole in ((TABLE, False), (RICH, True)):
        by = "general_manager" if whole else "hub_head"
        imported(world, xlsx_of(table), by=by, whole=whole)
        before = Event.objects.count()
        again = uploaded(world, xlsx_of(table), by=by, whole=whole)
        assert counts(again) == (0, 0, len(table) - 1, 0), refusals(again)
        assert not again.may_run
        assert Event.objects.count() == before + 1  # the upload itself


@pytest.mark.req("CUS-29")
def test_who_was_made_one_with_another_is_known_by_the_old_name_and_number(world: World) -> None:
    header = ["客户编号", "客户名称", "类型", "电话", "地址"]
    rows = [
        ["K-1", "苏州安居", "单位", "0512-67662200", ""],
        ["K-2", "安居物业", "单位", "0512-67660000；0512-67662200", ""],
        ["K-3", "园区安居", "单位", "", ""],
    ]
    imported(world, xlsx_of([header, *rows]), system="ERP")
    kept, second, third = (Customer.objects.get(name=row[1]) for row in rows)
    merge_customers(second, third, by=world.hub_head)
    merge_customers(kept, Customer.objects.get(pk=second.pk), by=world.hub_head)
    again = imported(world, xlsx_of([header, *rows]), system="ERP")
    another = "第 2 行是同一客户，但编号不同。"
    assert counts(again) == (0, 0, 1, 2)
    assert refusals(again) == {3: another, 4: another}
    for number, (key, name, reached) in enumerate(
        [
            ("K-3", "园区安居", ""),
            ("", "安居物业", "0512-67660000"),
            ("", "安居物业", "0512-67662200"),
            ("", "园区安居", ""),
        ]
    ):
        table = [header, [key, name, "单位", reached, f"星湖街 {number} 号"]]
        row = imported(world, xlsx_of(table), system="ERP" if key else "")
        assert counts(row) == (0, 1, 0, 0), (number, refusals(row))
        kept = Customer.objects.get(pk=kept.pk)
        assert (kept.name, kept.file.address) == ("苏州安居", f"星湖街 {number} 号")
    assert Customer.objects.count() == 3


@pytest.mark.req("CUS-29", "SEC-09")
def test_nothing_is_written_to_whose_data_are_only_kept(world: World) -> None:
    imported(world, xlsx_of(TABLE))
    person = Customer.objects.get(name="单于明")
    restrict(person, by=world.actor("hub_head"), reason="本人要求")
    table = [TABLE[0], [*TABLE[1][:-4], "昆山", *TABLE[1][-3:]], TABLE[3]]
    before = _state(person)
    row = imported(world, xlsx_of(table))
    assert counts(row) == (0, 0, 1, 1)
    assert list(refusals(row).values()) == ["该客户资料已限制处理，不再登记任何内容。"]
    assert _state(person) == before


@pytest.mark.req("CUS-29")
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("count", [1_500, pytest.param(100_000, marks=pytest.mark.prove)])
def test_a_large_table_is_in_once_and_needs_little_memory(world: World, tmp_path: Path, count: int) -> None:
    path, out = tmp_path / "many.csv", StringIO()
    header = ["客户编号", "客户名称", "类型", "所属单位", "手机", "邮箱", "地址", "产品", "序列号", "购买日期"]
    with path.open("w", encoding="gbk", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for n in range(count):
            phone, mail = f"13{n:09d}", f"c{n}@example.com"
            if n % 10 == 0:
                writer.writerow([f"K{n}", f"第{n}水务公司", "单位", "", phone, mail, f"江边路 {n} 号", "", "", ""])
            else:
                firm = f"K{n // 10 * 10}"
                row = [f"K{n}", f"客户{n}", "个人", firm, phone, mail, "", "热水锅炉", f"SN{n}", "2025-03-01"]
                writer.writerow(row)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, spent = time.perf_counter(), time.process_time()
    call_command("import_customers", str(path), "--by", "hub_head", "--system", "old", stdout=out, stderr=out)
    spent_s, grown_mb = (
        time.process_time() - spent,
        (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
    )
    print(f"\nfigure | customers imported | {count:,} in {time.perf_counter() - began:.0f} s | {spent_s:.0f} s of one"
          f" processor, {grown_mb:.0f} MB more")  # fmt: skip
    assert Customer.objects.filter(external_numbers__system="old").count() == count, out.getvalue()[-500:]
    assert Customer.objects.filter(organisation__isnull=False).count() == count - len(range(0, count, 10))
    assert grown_mb < 200
    call_command("import_customers", str(path), "--by", "hub_head", "--system", "old", stdout=out, stderr=out)
    assert Customer.objects.filter(external_numbers__system="old").count() == count
    assert not CustomerImport.objects.exclude(state="finished").exists()
