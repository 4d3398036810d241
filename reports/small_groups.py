"""Satisfaction of few: what so few people answered is not shown, and cannot be found by subtraction (SUR-19)."""

from __future__ import annotations

from collections.abc import Mapping

from regulations.profiles import part_in_force
from surveys.policy import SurveysPart
from surveys.queries.results import Line, hide


def smallest_group() -> int:
    """From so many responses on a group's satisfaction is shown, as in the results of surveys."""
    return part_in_force(SurveysPart).smallest_group


def held_back(responses: Mapping[int | None, int], smallest: int) -> set[int | None]:
    """The groups of which nothing is shown, by the responses of each: the small ones, and so many of the next that
    their sum says nothing either.
    """
    lines = hide((Line(key, "", responses=count) for key, count in responses.items()), smallest)
    return {line.key for line in lines if line.hidden}
