"""The files of the demo's customers: a custodian each, what they have, who asks to read, who is there twice."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone

from customers.actions import grants
from customers.actions.classes import Said, classify_customer, say_standing
from customers.actions.communications import FollowUp, Talk, record_communication
from customers.actions.duplicates import look_for_duplicates
from customers.actions.file import update_file
from customers.actions.holdings import Held, add_holding
from customers.actions.merging import merge_customers
from customers.actions.people import Facts, Reach, open_file, update_customer
from customers.models import Customer, CustomerKind, CustomerType, HoldingKind, Secrecy
from feedback_system.demo.people import Cast

#: organisation -> kind, secrecy, numbers, fields of the file.
FILES: dict[str, tuple[str, str, tuple[str, ...], dict[str, str]]] = {
    "苏州安居物业": ("group", Secrecy.INTERNAL, ("0512-6766 2200",), {
        "address": "苏州工业园区星湖街 218 号", "postcode": "215123", "legal_representative": "高建明",
        "registered_capital": "5,000 万元", "business_scope": "住宅和写字楼物业管理，自有维修队。",
        "credit": "月结三十天，三年内无逾期。", "dealings": "2019 年起采购电热水器，累计 1,240 台。",
        "opinions": "希望维修配件到货更快。",
    }),
    "万家超市": ("channel", Secrecy.INTERNAL, ("0510-8270 5566",), {
        "address": "无锡市梁溪区人民中路 66 号", "postcode": "214002", "legal_representative": "许国平",
        "credit": "账期六十天，2025 年逾期一次。", "dealings": "小家电渠道客户，门店 18 家。",
    }),
    "中原铁建": ("project", Secrecy.CONFIDENTIAL, ("0371-6823 9000",), {
        "address": "郑州市中原区建设西路 11 号", "postcode": "450007", "legal_representative": "马志远",
        "registered_capital": "30 亿元", "qualifications": "建筑工程施工总承包特级。",
        "credit": "按合同节点付款，质保金 5%。", "finances": "2025 年营业收入 410 亿元，现金流平稳。",
        "analysis": "在建项目 6 个，明年计划采购热水机组约 2,000 台。",
    }),
}  # fmt: skip
#: organisation -> kind, name, product, serial, begins, ends, yuan.
HOLDINGS = (
    ("苏州安居物业", "product", "", "DSZF-60", "HB60-24031177", "2024-04-02", "2027-04-01", ""),
    ("苏州安居物业", "contract", "2026 年度采购合同", "", "AJ-2026-018", "2026-01-05", "2026-12-31", "1680000"),
    ("万家超市", "order", "电水壶 SH-17 三千只", "", "DD-260911", "2026-09-11", "", "237000"),
    ("中原铁建", "project", "郑州北站职工宿舍", "", "", "2025-10-01", "2027-03-31", ""),
    ("中原铁建", "contract", "热水机组供货及安装合同", "", "AJ-2025-207", "2025-09-20", "2027-09-19", "12600000"),
)


def create_files(cast: Cast) -> None:
    """Fill the files, note down what the customers have, let one colleague read and another ask."""
    keeper = cast.actor("fengjuan")
    for name, (kind, secrecy, phones, values) in FILES.items():
        customer = Customer.objects.get(name=name)
        facts = Facts(
            name, customer.type, kinds=tuple(CustomerKind.objects.filter(code=kind)), secrecy=secrecy,
            contacts=tuple(Reach("phone", phone) for phone in phones), custodian=cast.users["fengjuan"],
            salesperson=cast.users["zhoutao"],
        )  # fmt: skip
        update_customer(customer, facts, by=cast.actor("sunqian"))
        update_file(customer, values, by=keeper)
    for name, kind, what, product, serial, begins, ends, yuan in HOLDINGS:
        held = Held(
            kind, what, cast.products.get(product), serial, _day(begins), _day(ends), Decimal(yuan) if yuan else None
        )
        add_holding(Customer.objects.get(name=name), held, by=keeper)
    _classes(cast)
    _talks(cast)
    _readers(cast)
    _twins(cast)


def _classes(cast: Cast) -> None:
    """Two confirmed classes, and one that the rules propose."""
    railway, market = (Customer.objects.get(name=name) for name in ("中原铁建", "万家超市"))
    say_standing(railway, Said(("key_project",), national_rank=6), by=cast.actor("fengjuan"))
    classify_customer(railway, "A", "key", reason="国家重点项目，铁路系统战略客户。", by=cast.users["sunqian"])
    classify_customer(market, "C", "stable", reason="连续三年供货，年订货额低于一千万元。", by=cast.users["sunqian"])


def _talks(cast: Cast) -> None:
    """Two visits and a call, one with something to follow up."""
    now = timezone.now()
    trust, market = (Customer.objects.get(name=name) for name in ("苏州安居物业", "万家超市"))
    sales, agent = cast.users["fengjuan"], cast.users["linxiao"]
    visit = Talk(
        "visit", now - timedelta(days=3), "走访三个小区的使用情况，查看热水器运行记录。", place="星湖街 218 号会议室",
        persons_met="高建明、周慧", visitors=(sales, cast.users["zhoutao"]), opinions="配件到货慢，两台机器等了一周。",
        handling="请售后部建立常用配件库存。", follow_up=FollowUp("回复配件备货方案", agent, _in_days(2)),
    )  # fmt: skip
    call = Talk(
        "call", now - timedelta(days=1), "确认年度对账时间。", persons_met="周慧", result="约定 12 月 5 日前完成。"
    )
    event = Talk(
        "event", now - timedelta(days=20), "渠道客户秋季交流会。", place="无锡", persons_met="许国平", visitors=(sales,)
    )
    for customer, talk, by in ((trust, visit, "fengjuan"), (trust, call, "linxiao"), (market, event, "fengjuan")):
        record_communication(customer, talk, by=cast.actor(by))


def _twins(cast: Cast) -> None:
    """An organisation and a person who are in the file twice, a number of two persons, and two files made one."""
    agent, now = cast.actor("linxiao"), timezone.now()
    twin = Facts(
        "苏州安居物业有限公司", CustomerType.ORGANISATION, attention="月底前不安排上门",
        kinds=tuple(CustomerKind.objects.filter(code="project")),
        contacts=(Reach("phone", "0512 6766 2200"), Reach("email", "wuye@suzhou-anju.example")),
    )  # fmt: skip
    row = open_file(twin, by=agent)
    update_file(row, {"address": "苏州工业园区星湖街 218 号 3 楼"}, by=agent)
    add_holding(row, Held(HoldingKind.PRODUCT, "电热水器二十台", None, "HB60-24031901"), by=agent)
    talk = Talk("call", now - timedelta(days=9), "询问滤芯更换周期。", persons_met="前台")
    record_communication(row, talk, by=agent)
    for name, phone in (("李女士", "136 5555 0123"), ("许国平", "13912340021")):
        open_file(Facts(name, contacts=(Reach("phone", phone),)), by=agent)
    before = open_file(Facts("孙先生", contacts=(Reach("phone", "0512-6258 1100"),)), by=agent)
    merge_customers(cast.customers["孙先生"], before, by=cast.users["linxiao"])
    look_for_duplicates()


def _in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def _readers(cast: Cast) -> None:
    today = timezone.make_aware(datetime.combine(timezone.localdate(), time()))
    period = grants.Period(today, today + timedelta(days=1))
    trust, railway = (Customer.objects.get(name=name) for name in ("苏州安居物业", "中原铁建"))
    grants.give_grant(trust, cast.users["jiangli"], purpose="核对应收账款", period=period, by=cast.users["yangfan"])
    grants.ask_to_read(railway, cast.users["chenjianguo"], purpose="合同续签前了解资信和履约情况", period=period)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
