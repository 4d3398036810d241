"""Who works in the generated organisation, and whom it serves."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from django.contrib.auth.hashers import make_password

from audit.actor import Actor
from cases.models import Category, Channel, Kind
from customers.actions.people import name_fields
from feedback_system import presets
from feedback_system.load.texts import Texts
from feedback_system.load.words import DIVISIONS, GIVEN, ORGANISATIONS, PLACES, SECTIONS, SURNAMES
from organization import text
from organization.actions.people import Person, Place, create_user
from organization.actions.units import Unit, create_unit, set_functions
from organization.copying import lexemes
from organization.models import Department, Organisation, Product, Role, Site, User
from regulations.models import ProfileVersion

LOADER = Actor.system("generate_load")
#: Everybody's password: such a database holds nobody's data and is thrown away.
PASSWORD = "huiyin-load-only"  # noqa: S105
#: login, name, role, department, head.
FIXED = (
    ("load-agent", "林晓", Role.AGENT, "hub", False),
    ("load-hub-head", "孙倩", Role.HEAD, "hub", True),
    ("load-manager", "陈建国", Role.MANAGER, "company", True),
    ("load-auditor", "沈静", Role.AUDITOR, "company", False),
    ("load-admin", "韩冰", Role.ADMINISTRATOR, "company", False),
    ("load-head2", "周涛", Role.HEAD, "share2", True),
    ("load-head01", "蒋莉", Role.HEAD, "share01", True),
    ("load-handler", "吴磊", Role.HANDLER, "five-hundred", False),
)
#: code, name, functions.
FUNCTIONAL = (
    ("hub", "客服中心", ("hub",)),
    ("quality", "质管部", ("quality", "inspection")),
    ("technical", "技术部", ("technical",)),
    ("sales", "销售部", ("sales",)),
    ("repair", "售后部", ("repair", "returns_desk")),
    ("logistics", "物流部", ("warehouse",)),
    ("finance", "财务部", ("finance",)),
    ("supervision", "服务监督室", ("supervision", "callback_desk")),
    ("share2", "苏州服务部", ()),
    ("share01", "舟山服务点", ()),
    ("five-hundred", "昆山装配班", ()),
)
HUB_AGENTS = 40
_GIVEN, _PLACES = GIVEN.split(), PLACES.split()
#: Departments in which everybody who reads has a reason: drawn by their own share, not by weight.
SPECIAL = frozenset({"hub", "share2", "share01", "five-hundred"})


@dataclass(slots=True)
class Colleague:
    """A member of staff, as rows name one."""

    pk: int
    name: str


@dataclass(slots=True)
class Office:
    """A department with its people; the first is its head."""

    pk: int
    code: str
    name: str
    people: list[Colleague] = field(default_factory=list)

    @property
    def head(self) -> Colleague:
        """Whoever answers for it."""
        return self.people[0]


@dataclass(slots=True)
class Known:
    """A customer in the file, with what cases copy of one."""

    pk: int
    name: str
    phone: str
    found_by: str


@dataclass
class Town:
    """Everything that a case refers to."""

    agents: list[Colleague]
    departments: dict[str, Office]
    weights: list[float]
    drawn: list[Office]
    products: dict[str, tuple[int, str]]
    sites: list[int]
    kinds: dict[str, Kind]
    channels: dict[str, Channel]
    categories: list[Category]
    version: ProfileVersion
    customers: list[Known] = field(default_factory=list)

    def draw(self, rng: random.Random) -> Office:
        """A department, large ones much more often than small ones."""
        return rng.choices(self.drawn, cum_weights=self.weights)[0]


def build_town(texts: Texts, rng: random.Random, *, departments: int) -> Town:
    """Presets, a tree of so many departments, their people, products and sites; through the ordinary actions."""
    presets.install()
    rows = _departments(departments)
    units = {row.code: Office(row.pk, row.code, row.name) for row in rows}
    _fixed_people(rows, units)
    for row in rows:
        _staff(row, units[row.code], rng)
    User.objects.update(password=make_password(PASSWORD))
    duty = User.objects.get(username="load-hub-head")
    Organisation.objects.update(name="负载测试公司", duty_person=duty, hotline="400-000-0000")
    drawn = [unit for unit in units.values() if unit.code not in SPECIAL | {"company"}]
    rng.shuffle(drawn)
    return Town(
        agents=[person for person in units["hub"].people if person.name],
        departments=units,
        weights=_cumulative(len(drawn)),
        drawn=drawn,
        products=_products(texts),
        sites=_sites(rows),
        kinds={kind.code: kind for kind in Kind.objects.all()},
        channels={channel.code: channel for channel in Channel.objects.all()},
        categories=[category for category in Category.objects.all() if category.depth],
        version=ProfileVersion.objects.select_related("profile").get(),
    )


def _cumulative(count: int) -> list[float]:
    """Zipf: the largest department has about a hundred times the cases of the smallest."""
    total, found = 0.0, []
    for rank in range(count):
        total += 1 / (rank + 2)
        found.append(total)
    return found


def _departments(count: int) -> list[Department]:
    root = create_unit(Department, Unit("company", "负载测试公司"), by=LOADER)
    rows = [root]
    for code, name, functions in FUNCTIONAL:
        row = create_unit(Department, Unit(code, name), by=LOADER, parent=root)
        rows.append(set_functions(row, functions, by=LOADER) if functions else row)
    for code, name, parent in _tree():
        if len(rows) >= count:
            break
        above = next((row for row in rows if row.code == parent), root)
        rows.append(create_unit(Department, Unit(code, name), by=LOADER, parent=above))
    return rows


def _tree() -> Iterator[tuple[str, str, str]]:
    """(code, name, parent): divisions, their sections, the sections' teams."""
    for d, division in enumerate(DIVISIONS):
        yield f"d{d}", f"{division}大区", "company"
    for s, section in enumerate(SECTIONS):
        for d, division in enumerate(DIVISIONS):
            yield f"d{d}s{s}", f"{division}{section}", f"d{d}"
    for team in range(1, 99):
        for d, division in enumerate(DIVISIONS):
            for s, section in enumerate(SECTIONS):
                yield f"d{d}s{s}t{team}", f"{division}{section}{team}班", f"d{d}s{s}"


def _fixed_people(rows: list[Department], units: dict[str, Office]) -> None:
    by_code = {row.code: row for row in rows}
    for login, name, role, department, is_head in FIXED:
        user = create_user(Person(login, name, role), by=LOADER, places=[Place(by_code[department], is_head)])
        if role in {Role.AGENT, Role.HEAD, Role.HANDLER}:
            units[department].people.append(Colleague(user.pk, name))


def _staff(row: Department, unit: Office, rng: random.Random) -> None:
    """A head where there is none yet, and some handlers; the hub has its agents."""
    if unit.code in {"company", "five-hundred"}:
        return
    if unit.code == "hub":
        for n in range(HUB_AGENTS):
            _add(row, unit, f"agent{n:03d}", person_name(rng), Role.AGENT)
        return
    if not unit.people:
        _add(row, unit, f"{unit.code}-head", person_name(rng), Role.HEAD, is_head=True)
    for n in range(rng.randint(2, 7)):
        _add(row, unit, f"{unit.code}-{n}", person_name(rng), Role.HANDLER)


def _add(row: Department, unit: Office, login: str, name: str, role: str, *, is_head: bool = False) -> None:
    user = create_user(Person(login, name, role), by=LOADER, places=[Place(row, is_head)])
    unit.people.append(Colleague(user.pk, name))


def _products(texts: Texts) -> dict[str, tuple[int, str]]:
    """Product line of a text -> key and what cases of it are found by."""
    found = {}
    for n, name in enumerate(texts.products):
        row = create_unit(Product, Unit(f"line-{n}", name), by=LOADER)
        found[name] = (row.pk, lexemes(text.bigrams(f"{row} {row.code}")))
    return found


def _sites(rows: list[Department]) -> list[int]:
    found = []
    for n, place in enumerate(_PLACES):
        site = create_unit(Site, Unit(f"site-{n}", f"{place}门店"), by=LOADER)
        Site.objects.filter(pk=site.pk).update(department=rows[n % len(rows)])
        found.append(site.pk)
    return found


def person_name(rng: random.Random) -> str:
    """A name that somebody could have."""
    return rng.choice(SURNAMES) + rng.choice(_GIVEN)


def organisation_name(rng: random.Random) -> str:
    """A small customer organisation."""
    return rng.choice(_PLACES) + rng.choice(SURNAMES) + rng.choice(_GIVEN)[-1] + rng.choice(ORGANISATIONS)


@lru_cache(maxsize=100_000)
def keys_of(name: str) -> dict[str, str]:
    """The stored keys of a name; many people share one."""
    return name_fields(name)


@lru_cache(maxsize=100_000)
def words_of(name: str) -> str:
    """What a name is found by, ready for COPY."""
    return lexemes(text.bigrams(name))
