"""One generated case: opened, and led step by step as far as its time or its fate allows.

Each step does to a handful of dictionaries what the action of the same name does to rows. What the actions compute
(due times, alerts, readers, lexemes, the chain) is computed by the same functions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from types import SimpleNamespace
from typing import Any

from audit.actor import Actor
from cases.readers import readers_of
from feedback_system.load.people import Colleague, Known, keys_of, organisation_name, person_name, words_of
from feedback_system.load.running import Clocks
from feedback_system.load.shelf import Shelf
from feedback_system.load.texts import Said
from organization import text
from organization.copying import lexemes

KINDS = (
    ("complaint", 38), ("service_request", 14), ("enquiry", 15), ("suggestion", 7), ("praise", 14),
    ("dissatisfaction", 6), ("requirement", 2), ("return_request", 3), ("adverse_event", 1),
)  # fmt: skip
CHANNELS = (
    ("phone", 46), ("web_form", 18), ("counter", 8), ("email", 7), ("chat", 7), ("visit", 4), ("letter", 3), ("app", 3),
    ("social_media", 2), ("field_service", 2),
)  # fmt: skip
_KINDS, _KINDS_UP_TO = [name for name, _ in KINDS], list(accumulate(weight for _, weight in KINDS))
_CHANNELS, _CHANNELS_UP_TO = [name for name, _ in CHANNELS], list(accumulate(weight for _, weight in CHANNELS))


@dataclass
class Story:
    """Everything about one case until it is written down."""

    shelf: Shelf
    at: datetime
    stalled: bool = False
    imported: bool = False
    case: dict[str, Any] = field(default_factory=dict)
    events: list[tuple[datetime, str, Actor, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    assignments: list[dict[str, Any]] = field(default_factory=list)
    rounds: list[dict[str, Any]] = field(default_factory=list)
    found_by: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng, self.town = self.shelf.rng, self.shelf.town
        self.pk = self.shelf.cases.take_key()
        self.clocks = Clocks(self.shelf, self.pk)
        self.agent: Colleague = self.rng.choice(self.town.agents)
        self.hub = Actor("staff", self.agent.pk, self.agent.name)

    def wait(self, hours: float) -> bool:
        """Let about so many hours pass; False when that leads beyond today."""
        at = self.at + timedelta(hours=hours * self.rng.lognormvariate(0, 0.8))
        if at > self.shelf.now:
            return False
        self.at = at
        return True

    def record(self, verb: str, by: Actor, changes: dict[str, Any] | None = None, **sealed: str) -> None:
        """An event at this moment; every one but the first counts the version up."""
        self.events.append((self.at, verb, by, changes or {}, sealed))
        self.case["version"] = self.case.get("version", 0) + 1

    def enter(self, state: str, milestone: str = "") -> dict[str, Any]:
        """Change the state; what the event says of it."""
        before, self.case["state"] = self.case["state"], state
        if milestone:
            self.case[milestone] = self.at
        return {"state": (before, state)}

    # --- Opening ---

    def open(self) -> None:
        """Somebody calls, writes, or comes."""
        rng, shelf = self.rng, self.shelf
        self.kind = rng.choices(_KINDS, cum_weights=_KINDS_UP_TO)[0]
        channel = self.town.channels[
            "import" if self.imported else rng.choices(_CHANNELS, cum_weights=_CHANNELS_UP_TO)[0]
        ]
        said = shelf.texts.pick(rng, praise=self.kind == "praise")
        number = shelf.numbers.next(self.at)
        asked_first = None if self.imported or channel.code in {"web_form", "app"} else self.agent
        self.category = rng.choice(self.town.categories)
        received_at = self.at - timedelta(minutes=rng.randrange(4) if channel.spoken else rng.randrange(300))
        if self.imported:
            received_at -= timedelta(days=rng.randrange(30, 700))
        product = self.town.products.get(said.product)
        self.case = {
            "number": number, "state": "registered", "kind_id": self.town.kinds[self.kind].pk, "channel_id": channel.pk,
            "subject": said.subject, "text": said.text, "product_id": product[0] if product else None,
            "urgency": shelf.urgency[self.kind], "suggested_category_id": self.category.pk,
            "site_id": rng.choice(self.town.sites) if rng.random() < 0.5 else None,
            "received_at": received_at, "registered_at": self.at, "version": 0,
            "first_asked_id": asked_first.pk if asked_first else None,
            "first_asked_label": asked_first.name if asked_first else ("导入" if self.imported else "客户自助"),
            "owner_id": asked_first.pk if asked_first else shelf.duty_person,
            "profile_version_id": self.town.version.pk,
        }  # fmt: skip
        self.found_by = [said.found_by, lexemes(text.bigrams(number)), product[1] if product else ""]
        self._reporter(said)
        self.rounds.append({"case_id": self.pk, "n": 1, "opened_at": received_at})
        self._opening_event(channel.code, by=self._opener(asked_first, channel.code))
        if not self.imported:
            self.clocks.start("acknowledgement", received_at)
            self.clocks.start("resolution", received_at)
        if rng.random() < 0.003:
            self._accuse()

    def _opener(self, asked_first: Colleague | None, channel: str) -> Actor:
        if self.imported:
            return Actor("import", None, self.shelf.import_name)
        return Actor("staff", asked_first.pk, asked_first.name) if asked_first else Actor.customer()

    def _reporter(self, said: Said) -> None:
        """A customer of the file, somebody new, or nobody who wants to be named."""
        rng, case = self.rng, self.case
        chance = rng.random()
        known: Known | None = rng.choice(self.town.customers) if chance < 0.6 and self.town.customers else None
        if known:
            case |= {"customer_id": known.pk, "reporter_name": known.name, "reporter_phone": known.phone}
            self.contact_found_by = known.found_by
            self.found_by.append(words_of(known.name))
        elif chance < 0.88 and not self.imported:
            case |= {
                "reporter_name": person_name(rng),
                "reporter_phone": f"1{rng.choice('35789')}{rng.randrange(10**9):09d}",
            }
            self.contact_found_by = contact_words(case["reporter_name"], case["reporter_phone"])
        else:
            case |= {"reporter_name": "未提供", "contact_refused": True}
            self.contact_found_by = contact_words("未提供", "")
        if rng.random() < 0.08:
            case["reporter_organisation"] = organisation_name(rng)
            self.found_by.append(words_of(case["reporter_organisation"]))

    def _opening_event(self, channel: str, *, by: Actor) -> None:
        case = self.case
        changes = {
            "number": (None, case["number"]), "kind": (None, self.kind), "channel": (None, channel),
            "urgency": (None, case["urgency"]), "received_at": (None, case["received_at"].isoformat()),
            "profile_version": (None, str(self.town.version)), "owner_id": (None, case["owner_id"]),
        }  # fmt: skip
        names = ("reporter_name", "reporter_organisation", "reporter_phone", "subject", "text")
        self.record("open", by, changes, **{name: case[name] for name in names if case.get(name)})

    def _accuse(self) -> None:
        person = self.rng.choice(self.town.draw(self.rng).people)
        if person.pk not in {self.case["owner_id"], self.agent.pk}:
            self.case["barred"] = [-person.pk]
            self.shelf.recusals.add(
                case_id=self.pk, user_id=person.pk, reason="反馈人点名。", accused=True, by_id=self.agent.pk, at=self.at
            )
            self.shelf.accused.add(case_id=self.pk, user_id=person.pk)

    # --- Written down ---

    @property
    def round(self) -> int:
        """The current round's number."""
        return int(self.case.get("round", 1))

    def write(self) -> None:
        """All rows of the case."""
        case, shelf = self.case, self.shelf
        running = case["state"] not in {"closed", "archived"}
        self.rounds[-1] |= {"acknowledged_at": case.get("acknowledged_at"), "replied_at": case.get("replied_at")}
        for round_ in self.rounds:
            shelf.rounds.add(**round_)
        for row in self.assignments:
            shelf.assignments.add(**row)
        nearest = self.clocks.write(case, self.events) if self.clocks.rows else None
        if nearest and running:
            case |= {"next_due_at": nearest["first_due_at"], "next_due_kind": nearest["kind"]}
        shelf.cases.add(
            id=self.pk,
            **case,
            readers=self._readers(),
            search=" ".join(self.found_by),
            contact_search=self.contact_found_by,
        )
        shelf.grant(self.pk, case["number"], case["registered_at"])
        self.events.sort(key=lambda event: event[0])
        shelf.history.begin(f"case:{self.pk}")
        for at, verb, by, changes, sealed in self.events:
            shelf.history.record(verb, by, at, changes, sealed)
        shelf.history.end()

    def _readers(self) -> list[int]:
        """By the rule of the actions, over stand-ins for the rows."""
        case: Any = SimpleNamespace(
            first_asked_id=self.case.get("first_asked_id"),
            acknowledged_at=self.case.get("acknowledged_at"),
            outcome=self.case.get("outcome", ""),
            policy=self.shelf.policy,
            kind=self.town.kinds[self.kind],
        )
        read: list[Any] = [
            SimpleNamespace(department_id=row["department_id"], holder_id=row.get("holder_id"), passed_to_id=None)
            for row in self.assignments
            if row["state"] in {"sent", "received", "answered"}
        ]
        return readers_of(case, read)


def contact_words(name: str, phone: str) -> str:
    """What a reporter is found by, for those who may see contacts; as ``cases.actions.moves.search_words``."""
    tails = [phone[-n:] for n in range(4, len(phone) + 1)]
    return f"{words_of(name)} {lexemes([*tails, keys_of(name)['initials']])}"
