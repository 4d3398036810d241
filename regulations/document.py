"""The typed document of a regulation profile: parts that rooms register (GEN-01).

A part is a pydantic model. The document refers to vocabulary by code and says what is offered,
required, routed, limited, gated, owed. Nothing else in the program holds such a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

Unit = Literal["calendar_hours", "working_hours", "calendar_days", "working_days", "months"]


class Part(BaseModel):
    """Base of every part: unknown keys are mistakes, values never change.

    ``RETIRED`` are keys of an earlier shape: published documents never change, so they are read over.
    """

    RETIRED: ClassVar[frozenset[str]] = frozenset()
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_retired(cls, value: Any) -> Any:
        return {k: v for k, v in value.items() if k not in cls.RETIRED} if isinstance(value, Mapping) else value


P = TypeVar("P", bound=Part)


@dataclass(frozen=True)
class ClockShape:
    """What a room knows of a clock of its own: the events that may start and end it (SLA-01).

    ``stated`` says that a person states its due time, so that its limit needs no number.
    """

    starts: frozenset[str]
    ends: frozenset[str]
    stated: bool = False


_clocks: dict[str, ClockShape] = {}


def register_clock(name: str, shape: ClockShape) -> None:
    """Let a room's clock be limited by profiles (called at start-up)."""
    _clocks[name] = shape


class LimitRule(Part):
    """One time-limit policy (SLA-01): how long, from which event, until which event, for what.

    ``amount`` None means "as stated by a person" (a dispatch); a clock of which nobody states the
    time needs its number (A-04). Empty selectors match everything; the first matching rule of a
    clock counts. ``warn`` is the share of the time that may pass before the owner is warned.
    ``move_off_holidays`` lets days and months end on the next working day (A-02).
    """

    clock: str
    amount: int | None = Field(default=None, gt=0)
    unit: Unit = "calendar_hours"
    start: str
    end: str
    warn: float = Field(default=0.75, gt=0, lt=1)
    move_off_holidays: bool = True
    kinds: tuple[str, ...] = ()
    urgencies: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    customer_classes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fits_its_clock(self) -> LimitRule:
        shape = _clocks.get(self.clock)
        if shape is None:
            raise ValueError(f"There is no clock “{self.clock}”.")
        if self.start not in shape.starts or self.end not in shape.ends:
            raise ValueError(f"The clock “{self.clock}” cannot run from “{self.start}” to “{self.end}”.")
        if self.amount is None and not shape.stated:
            raise ValueError(f"The limit of “{self.clock}” has no number.")
        return self

    def applied(self) -> dict[str, Any]:
        """The limit as a clock keeps it."""
        return self.model_dump(include={"clock", "amount", "unit", "start", "end", "warn", "move_off_holidays"})

    def matches(self, *, kind: str, urgency: str, channel: str, customer_class: str = "") -> bool:
        """Whether this rule speaks about such a record."""
        pairs = (
            (self.kinds, kind),
            (self.urgencies, urgency),
            (self.channels, channel),
            (self.customer_classes, customer_class),
        )
        return all(not allowed or value in allowed for allowed, value in pairs)


class LadderStep(Part):
    """One rung after a breach: who is told, how long after the due time (minutes)."""

    to: Literal["owner", "head", "next_level", "hub_head", "general_manager"]
    after_minutes: int = Field(ge=0)


def require_rising(ladder: tuple[LadderStep, ...]) -> None:
    """Raise ``ValueError`` for steps that do not follow each other in time."""
    minutes = [step.after_minutes for step in ladder]
    if minutes != sorted(minutes):
        raise ValueError("The steps of the ladder must follow each other in time.")


class TimesPart(Part):
    """Calendar, limits and the ladder of a profile; an empty required number cannot be published (A-04)."""

    RETIRED: ClassVar[frozenset[str]] = frozenset({"reminder_minutes"})

    calendar: str
    limits: tuple[LimitRule, ...]
    ladder: tuple[LadderStep, ...] = ()
    late_registration_hours: int = Field(default=24, gt=0)
    late_record_hours: int = Field(default=24, gt=0)

    @model_validator(mode="after")
    def _ladder_rises(self) -> TimesPart:
        require_rising(self.ladder)
        return self

    def limit_for(
        self, clock: str, *, kind: str, urgency: str, channel: str, customer_class: str = ""
    ) -> LimitRule | None:
        """The first rule of a clock that matches, or None: then such a record has no such clock."""
        for rule in self.limits:
            if rule.clock == clock and rule.matches(
                kind=kind, urgency=urgency, channel=channel, customer_class=customer_class
            ):
                return rule
        return None


_parts: dict[str, type[Part]] = {"times": TimesPart}


def register_part(name: str, model: type[Part]) -> None:
    """Let a room add its part to every profile document (called at start-up)."""
    _parts[name] = model


def parse(document: Mapping[str, Any]) -> dict[str, Part]:
    """Check a whole document; raises ``pydantic.ValidationError`` naming what is wrong.

    A part that is not there follows its presets, where it has one for everything: rooms that came later add parts.
    """
    unknown = set(document) - set(_parts)
    if unknown:
        raise ValueError(f"Unknown parts: {', '.join(sorted(unknown))}")
    return {name: model.model_validate(document.get(name, {})) for name, model in _parts.items()}


def parse_part(of: type[P], document: Mapping[str, Any]) -> P:
    """Check one part of a document; the part's presets where the document has none."""
    [name] = (name for name, model in _parts.items() if model is of)
    return of.model_validate(document.get(name, {}))
