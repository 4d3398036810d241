"""The questionnaire as data: scales, groups, items. A version keeps its document for ever (SUR-06, SUR-07, SUR-10).

Nothing else in the program holds a label or a value of an answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from pydantic import Field, model_validator

from regulations.document import Part

#: What is counted at most: the best option of a scale, and the number of levels an answer is converted to (SUR-22).
BEST = 5
_HUNDREDTH = Decimal("0.01")
_CODE = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")


class Named(Part):
    """Something with a code and a word for it."""

    code: str = _CODE
    label: str = Field(min_length=1, max_length=200)
    label_en: str = ""

    @property
    def name(self) -> str:
        """What the reader calls it."""
        return self.label_en if self.label_en and get_language() == "en" else self.label


class Option(Named):
    """One choice; ``value`` is what it is on the five-point scale, None where it has none (FX-02)."""

    value: Decimal | None = Field(default=None, ge=1, le=BEST)


class Scale(Named):
    """Options in their order, the best first (SUR-07)."""

    options: tuple[Option, ...] = Field(min_length=2)
    note: str = Field(default="", description="Printed wherever results of it are shown (A-12).")

    @model_validator(mode="after")
    def _told_apart(self) -> Scale:
        _unique(
            (option.code for option in self.options),
            _("Two options of the scale “%(scale)s” have the same code.") % {"scale": self.code},
        )
        return self

    def option(self, code: str) -> Option:
        """The option; raises ``KeyError`` for one that the scale has not."""
        for option in self.options:
            if option.code == code:
                return option
        raise KeyError(code)


class Item(Named):
    """One question (SUR-06).

    ``kind``: "choice" takes an option of ``scale``, "points" a number up to ``points``, "text" words. ``comment``
    offers a line beside a choice or points. ``solved`` marks the question whether the problem stayed solved (RES-15):
    every option of its scale but the first says no.
    """

    group: str = _CODE
    kind: Literal["choice", "points", "text"] = "choice"
    scale: str = ""
    points: int = Field(default=0, ge=0, le=300)
    required: bool = True
    comment: bool = True
    solved: bool = False

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Item:
        if (self.kind == "choice") != bool(self.scale):
            raise ValueError(
                _("The item “%(item)s” needs a scale if it is a choice, and none if it is not.") % {"item": self.code}
            )
        if (self.kind == "points") != bool(self.points):
            raise ValueError(
                _("The item “%(item)s” needs its points if it is marked by points, and none if it is not.")
                % {"item": self.code}
            )
        if self.solved and self.kind != "choice":
            raise ValueError(_("Whether it stayed solved is a choice: “%(item)s”.") % {"item": self.code})
        return self


class Bands(Part):
    """The grades of a form marked by points (SUR-25, A-10): from which total it is satisfied, and basically so."""

    satisfied: int = Field(gt=0)
    basic: int = Field(gt=0)

    @model_validator(mode="after")
    def _fall(self) -> Bands:
        if self.basic >= self.satisfied:
            raise ValueError(_("The band “basically satisfied” begins below the band “satisfied”."))
        return self


class QuestionnaireDocument(Part):
    """What is asked, in which order, and how it is counted."""

    title: str = Field(min_length=1, max_length=200)
    title_en: str = ""
    intro: str = ""
    intro_en: str = ""
    script: str = Field(default="", description="What the caller says before the first question.")
    scales: tuple[Scale, ...] = ()
    groups: tuple[Named, ...] = Field(min_length=1)
    items: tuple[Item, ...] = Field(min_length=1, max_length=60)
    bands: Bands | None = None

    @model_validator(mode="after")
    def _holds_together(self) -> QuestionnaireDocument:
        _unique((scale.code for scale in self.scales), _("Two scales have the same code."))
        _unique((group.code for group in self.groups), _("Two groups have the same code."))
        _unique((item.code for item in self.items), _("Two items have the same code."))
        scales, groups = {scale.code for scale in self.scales}, {group.code for group in self.groups}
        for item in self.items:
            if item.scale and item.scale not in scales:
                raise ValueError(
                    _("There is no scale “%(scale)s” for the item “%(item)s”.")
                    % {"scale": item.scale, "item": item.code}
                )
            if item.group not in groups:
                raise ValueError(
                    _("There is no group “%(group)s” for the item “%(item)s”.")
                    % {"group": item.group, "item": item.code}
                )
        if self.bands and self.bands.satisfied > self.most_points:
            raise ValueError(_("The band “satisfied” begins above the sum of all points."))
        return self

    @property
    def name(self) -> str:
        """What the reader calls it."""
        return self.title_en if self.title_en and get_language() == "en" else self.title

    @property
    def greeting(self) -> str:
        """What the reader is told first."""
        return self.intro_en if self.intro_en and get_language() == "en" else self.intro

    @property
    def most_points(self) -> int:
        """The sum of all points that can be given."""
        return sum(item.points for item in self.items)

    @property
    def counted(self) -> tuple[Item, ...]:
        """The items that are counted: choices of which some option has a value, and points."""
        return tuple(item for item in self.items if self.counts(item))

    def counts(self, item: Item) -> bool:
        """Whether answers to it have a value on the five-point scale."""
        if item.kind == "choice":
            return any(option.value is not None for option in self.scale(item.scale).options)
        return item.kind == "points"

    def scale(self, code: str) -> Scale:
        """The scale; raises ``KeyError`` for an absent one."""
        for scale in self.scales:
            if scale.code == code:
                return scale
        raise KeyError(code)

    def item(self, code: str) -> Item:
        """The item; raises ``KeyError`` for an absent one."""
        for item in self.items:
            if item.code == code:
                return item
        raise KeyError(code)

    def of_group(self, code: str) -> tuple[Item, ...]:
        """The items of a group, in their order."""
        return tuple(item for item in self.items if item.group == code)

    def value_of(self, item: Item, given: str) -> Decimal | None:
        """What an answer is on the five-point scale (FX-02, SUR-22); None for what is not counted, or blank."""
        if not given:
            return None
        if item.kind == "choice":
            return self.scale(item.scale).option(given).value
        if item.kind == "points":
            return (BEST * Decimal(given) / item.points).quantize(_HUNDREDTH, ROUND_HALF_UP)
        return None


def _unique(codes: Iterable[str], sentence: str) -> None:
    found = list(codes)
    if len(found) != len(set(found)):
        raise ValueError(sentence)
