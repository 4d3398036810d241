"""What a regulation profile says of keeping and destroying (SEC-04, A-33)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from feedback_system.models import Record
from regulations.document import Part
from regulations.profiles import part_in_force


class KeepRule(Part):
    """How long records of a type are kept, in days after they ended.

    Attributes:
        keep_days: then their destruction is proposed; None: nothing is proposed.
        legal_days: nothing is erased before, also not when somebody asks for it; 0 where no law sets a period.
    """

    keep_days: int | None = Field(default=None, gt=0)
    legal_days: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _long_enough(self) -> KeepRule:
        if self.keep_days is not None and self.keep_days < self.legal_days:
            raise ValueError("keep_days must not be shorter than legal_days")
        return self

    @property
    def days(self) -> int | None:
        """The longer of both wins (SEC-04)."""
        return None if self.keep_days is None else max(self.keep_days, self.legal_days)


class RetentionPart(Part):
    """Times of retention by type of record, what is never proposed, and by when people are answered.

    Attributes:
        kept_kinds: kinds of cases that are never proposed: accidents and what is like them (A-33).
        kept_holds: kinds of holds that keep a case for good once it had one: goods that came back, refunds (A-33).
        answer_working_days: by when a request about personal data is answered.
    """

    cases: KeepRule = KeepRule(keep_days=365)
    communications: KeepRule = KeepRule(keep_days=3 * 365)
    customers: KeepRule = KeepRule(keep_days=5 * 365)
    kept_kinds: tuple[str, ...] = ("adverse_event",)
    kept_holds: tuple[str, ...] = ("return", "refund")
    answer_working_days: int = Field(default=15, gt=0)

    def of(self, record: Record | Literal["cases", "communications", "customers"]) -> KeepRule:
        """The rule for a type of records."""
        return {
            Record.CASES.value: self.cases,
            Record.COMMUNICATIONS.value: self.communications,
            Record.CUSTOMERS.value: self.customers,
        }[str(record)]


def retention() -> RetentionPart:
    """The rules in force for the whole installation."""
    return part_in_force(RetentionPart)
