"""Who works in the demo organisation, and whom it serves."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from audit.actor import Actor
from customers.actions.people import NewCustomer, create_customer
from customers.models import Customer, CustomerType
from feedback_system import presets
from organization.actions.people import Person, Place, create_user
from organization.actions.units import Unit, create_unit, set_functions
from organization.models import Department, Organisation, Product, Role, Site, User

PASSWORD = "huiyin-demo"  # noqa: S105 - the demo's one known password; DEMO=0 has no such people
SEEDER = Actor.system("演示数据")

#: code, name, English, functions, code of the parent.
DEPARTMENTS = (
    ("company", "安居电器", "Anju Appliances", (), ""),
    ("cs", "客服中心", "Customer service", ("hub",), "company"),
    ("quality", "质管部", "Quality", ("quality", "inspection"), "company"),
    ("production", "生产部", "Production", (), "company"),
    ("workshop1", "一车间", "Workshop 1", (), "production"),
    ("workshop2", "二车间", "Workshop 2", (), "production"),
    ("technical", "技术部", "Technical", ("technical",), "company"),
    ("sales", "销售部", "Sales", ("sales",), "company"),
    ("sales_east", "华东销售处", "Sales east", (), "sales"),
    ("service", "售后部", "After-sales", ("repair", "returns_desk"), "company"),
    ("logistics", "物流部", "Logistics", ("warehouse",), "company"),
    ("finance", "财务部", "Finance", ("finance",), "company"),
    ("supervision", "服务监督室", "Service supervision", ("supervision", "callback_desk"), "company"),
)

#: login, name, role, department, head, personal function, what the person is in the demo.
PEOPLE = (
    ("linxiao", "林晓", Role.AGENT, "cs", False, "", "客服专员（汇集点）"),
    ("suqing", "苏晴", Role.AGENT, "cs", False, "", "客服专员（汇集点）"),
    ("sunqian", "孙倩", Role.HEAD, "cs", True, "", "客服中心负责人（汇集点）"),
    ("zhaomin", "赵敏", Role.HEAD, "quality", True, "", "质管部负责人（质量、检验）"),
    ("qianfang", "钱芳", Role.HANDLER, "quality", False, "", "质管员（质量）"),
    ("heqiang", "何强", Role.HEAD, "production", True, "", "生产部负责人"),
    ("wulei", "吴磊", Role.HANDLER, "production", False, "", "生产部处理人"),
    ("zhengkai", "郑凯", Role.HANDLER, "workshop2", False, "", "二车间处理人"),
    ("linong", "李浓", Role.HEAD, "technical", True, "", "技术部负责人（技术）"),
    ("zhoutao", "周涛", Role.HEAD, "sales", True, "", "销售部负责人（销售）"),
    ("fengjuan", "冯娟", Role.HANDLER, "sales_east", False, "", "华东业务员（销售）"),
    ("zhanggong", "张工", Role.HEAD, "service", True, "", "售后部负责人（维修、退货受理）"),
    ("maqi", "马琦", Role.HANDLER, "service", False, "", "售后工程师（维修）"),
    ("tangwei", "唐伟", Role.HEAD, "logistics", True, "", "物流部负责人（仓库）"),
    ("jiangli", "蒋莉", Role.HANDLER, "finance", False, "", "财务（财务）"),
    ("luyuan", "陆远", Role.HANDLER, "supervision", False, "", "监督与回访专席"),
    ("chenjianguo", "陈建国", Role.MANAGER, "company", True, "", "业务副总（管理层）"),
    ("yangfan", "杨帆", Role.MANAGER, "company", False, "general_manager", "总经理"),
    ("xuwen", "许文", Role.HEAD, "quality", False, "management_representative", "管理者代表"),
    ("shenjing", "沈静", Role.AUDITOR, "company", False, "", "审计"),
    ("admin", "韩冰", Role.ADMINISTRATOR, "company", False, "", "系统管理员"),
)

#: code, name, English, code of the line.
PRODUCTS = (
    ("heater", "电热水器", "Water heaters", ""),
    ("DSZF-60", "电热水器 DSZF-60", "Water heater DSZF-60", "heater"),
    ("DSZF-80", "电热水器 DSZF-80", "Water heater DSZF-80", "heater"),
    ("charger", "充电器", "Chargers", ""),
    ("PD-65W", "65W 快充充电器", "65 W charger", "charger"),
    ("tablet", "平板电脑", "Tablets", ""),
    ("TB-11", "平板 TB-11", "Tablet TB-11", "tablet"),
    ("kettle", "电水壶", "Kettles", ""),
    ("SH-17", "电水壶 SH-17", "Kettle SH-17", "kettle"),
)
SITES = (
    ("sz-park", "苏州园区店", "Suzhou Park store", "sales_east"),
    ("wx-center", "无锡中心店", "Wuxi Centre store", "sales_east"),
    ("nj-xjk", "南京新街口店", "Nanjing Xinjiekou store", "sales_east"),
    ("hotline", "400 热线", "Hotline", "cs"),
)
#: name, telephone, organisation, class, attention.
CUSTOMERS = (
    ("周慧", "13805126634", "苏州安居物业", "B", "要求先电话再上门"),
    ("王经理", "13912340021", "万家超市", "B", ""),
    ("周女士", "13912345678", "", "", ""),
    ("陈先生", "13770012299", "", "", ""),
    ("李女士", "13655550123", "", "", ""),
    ("赵工", "0512-65880011-802", "中原铁建", "A", "合同客户，答复须书面"),
    ("刘经理", "13801010808", "恒信商贸", "A", ""),
    ("孙先生", "15150001234", "", "", ""),
    ("吴阿姨", "13400002222", "", "", ""),
    ("郭先生", "18900001111", "", "", ""),
)


@dataclass(frozen=True)
class Cast:
    """The demo's people, by the words that the stories use."""

    users: dict[str, User]
    departments: dict[str, Department]
    products: dict[str, Product]
    sites: dict[str, Site]
    customers: dict[str, Customer]

    def actor(self, login: str) -> Actor:
        """The actor that a person is."""
        return Actor.staff(self.users[login])


def create_cast() -> Cast:
    """Departments, people, products, sites and customers."""
    presets.install(organisation_name="安居电器", demo=True)
    departments: dict[str, Department] = {}
    for code, name, english, functions, parent in DEPARTMENTS:
        row = create_unit(Department, Unit(code, name, english), by=SEEDER, parent=departments.get(parent))
        departments[code] = set_functions(row, functions, by=SEEDER)
    users = {login: _user(departments, row) for row in PEOPLE for login in [row[0]]}
    products: dict[str, Product] = {}
    for code, name, english, parent in PRODUCTS:
        products[code] = create_unit(Product, Unit(code, name, english), by=SEEDER, parent=products.get(parent))
    sites: dict[str, Site] = {}
    for code, name, english, department in SITES:
        sites[code] = create_unit(Site, Unit(code, name, english), by=SEEDER)
        Site.objects.filter(pk=sites[code].pk).update(department=departments[department])
    Organisation.objects.update(
        duty_person=users["sunqian"], hotline="400-000-0000", hotline_hours="9:00–17:30", is_demo=True
    )
    return Cast(users, departments, products, sites, _customers())


def _user(departments: dict[str, Department], row: tuple[str, str, str, str, bool, str, str]) -> User:
    login, name, role, department, is_head, function, _what = row
    user = create_user(
        Person(login, name, role), by=SEEDER, places=[Place(departments[department], is_head)],
        functions=[function] if function else [],
    )  # fmt: skip
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


def _customers() -> dict[str, Customer]:
    now, found, organisations = timezone.now(), {}, {}
    for name, phone, organisation, visit_class, attention in CUSTOMERS:
        if organisation and organisation not in organisations:
            organisations[organisation] = create_customer(
                NewCustomer(organisation, type=CustomerType.ORGANISATION), by=SEEDER, at=now
            )
        customer = create_customer(
            NewCustomer(name, phone=phone, organisation=organisations.get(organisation)), by=SEEDER, at=now
        )
        customer.visit_class, customer.attention = visit_class, attention
        customer.save(update_fields=["visit_class", "attention"])
        found[name] = customer
    return found
