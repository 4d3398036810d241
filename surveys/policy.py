"""What a regulation profile says of asking: when, how often, how many, and what an answer sets going."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from regulations.document import LadderStep, Part, require_rising
from surveys.scores import LOW_UP_TO, QUOTAS, SATISFIED_FROM

Percent = Annotated[Decimal, Field(ge=0, le=100)]


class SurveysPart(Part):
    """Everything the surveys room asks the profile; a document without it follows these presets.

    ``delay_days`` working days after closing a customer is invited, not twice within ``quiet_days``; reminded once
    after ``remind_days``, asked until ``deadline_days``. ``quotas`` are per cent of the closed cases by level (FX-05,
    A-13); after ``tries`` calls that reached nobody a callback ends as unreachable, and who takes a call has it alone
    for ``held_minutes``. An answer of at least ``satisfied_from`` on five points is satisfied (A-11), one of at most
    ``low_up_to`` opens a follow-up with ``follow_up_days`` working days; its owner is warned when ``follow_up_warn`` of
    the time has passed, and who stands on ``follow_up_ladder`` is told once it is overdue. A group of fewer than
    ``smallest_group`` responses is not shown.
    """

    delay_days: int = Field(default=2, gt=0, le=250)
    quiet_days: int = Field(default=90, ge=0, le=3660)
    remind_days: int = Field(default=5, gt=0, le=366)
    deadline_days: int = Field(default=14, gt=0, le=366)
    quotas: dict[str, Percent] = Field(default_factory=lambda: {level: Decimal(n) for level, n in QUOTAS.items()})
    tries: int = Field(default=3, gt=0)
    retry_hours: int = Field(default=4, gt=0, le=200)
    held_minutes: int = Field(default=30, gt=0, le=480)
    satisfied_from: Decimal = Field(default=SATISFIED_FROM, gt=1, le=5)
    low_up_to: Decimal = Field(default=LOW_UP_TO, ge=1, lt=5)
    follow_up_days: int = Field(default=5, gt=0, le=250)
    follow_up_warn: float = Field(default=0.75, gt=0, lt=1)
    follow_up_ladder: tuple[LadderStep, ...] = Field(
        default=(LadderStep(to="owner", after_minutes=0), LadderStep(to="head", after_minutes=24 * 60)), min_length=1
    )
    smallest_group: int = Field(default=5, gt=0)

    @model_validator(mode="after")
    def _ladder_rises(self) -> SurveysPart:
        require_rising(self.follow_up_ladder)
        return self
