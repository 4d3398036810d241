"""Questionnaires as data: the scales of the ledger's 5.2, the forms that come along, wrong documents refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import override
from pydantic import ValidationError

from surveys import presets
from surveys.document import QuestionnaireDocument


@pytest.mark.req("SUR-07", "SUR-22")
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("five_a", "满意 5 · 较满意 4 · 一般 3 · 不太满意 2 · 很不满意 1"),
        ("five_b", "很满意 5 · 满意 4 · 一般 3 · 不满意 2 · 很不满意 1"),
        ("five_c", "很满意 5 · 比较满意 4 · 基本满意 3 · 不太满意 2 · 不满意 1"),
        ("five_order", "选项一 5 · 选项二 4 · 选项三 3 · 选项四 2 · 选项五 1"),
        ("four", "非常满意 5 · 满意 4 · 一般 3 · 不满意 2"),
        ("price", "非常合理 5 · 合理 4 · 一般 3 · 不合理 2"),
        ("recommend", "是 None · 否 None"),
    ],
)
def test_the_scales_have_their_words_and_values(code: str, expected: str) -> None:
    options = presets.SCALES[code].options
    assert " · ".join(f"{option.label} {option.value}" for option in options) == expected


@pytest.mark.req("SUR-07")
def test_a_scale_of_four_says_that_it_is_not_compared_with_five() -> None:
    assert {code for code, scale in presets.SCALES.items() if scale.note} == {"four", "price"}
    assert all(
        option.value is None or option.value >= 2
        for code in ("four", "price")
        for option in presets.SCALES[code].options
    )


@pytest.mark.req("SUR-06", "SUR-08")
@pytest.mark.form("F71")
@pytest.mark.system("S43")
def test_the_five_level_form_asks_all_that_the_railway_form_must() -> None:
    asks = presets.FIVE_LEVEL
    assert [group.code for group in asks.groups] == [
        "quality", "delivery", "price", "after_sales", "comparison", "suggestions",
    ]  # fmt: skip
    for group in asks.groups[:-1]:
        items = asks.of_group(group.code)
        assert len(items) >= 2
        assert all(item.comment and item.kind == "choice" for item in items)
    assert [item.kind for item in asks.of_group("suggestions")] == ["text"]


@pytest.mark.req("RES-15", "SUR-14")
@pytest.mark.form("F73")
@pytest.mark.system("S48")
def test_the_callback_form_asks_whether_it_stayed_solved() -> None:
    solved = [item for item in presets.CALLBACK.items if item.solved]
    assert [item.code for item in solved] == ["solved"]
    assert not presets.CALLBACK.counts(solved[0])
    assert presets.CALLBACK.script


@pytest.mark.req("SUR-25")
@pytest.mark.system("S53")
@pytest.mark.gate(20)
def test_the_points_form_has_300_points_and_the_bands_240_and_210() -> None:
    asks = presets.POINTS_300
    assert asks.most_points == 300
    assert asks.bands is not None
    assert (asks.bands.satisfied, asks.bands.basic) == (240, 210)


@pytest.mark.req("SUR-10")
@pytest.mark.parametrize("code", presets.QUESTIONNAIRES)
def test_what_is_stored_is_what_is_read(code: str) -> None:
    asks = presets.QUESTIONNAIRES[code]
    stored = asks.model_dump(mode="json")
    assert QuestionnaireDocument.model_validate(stored) == asks
    assert asks.counted
    assert {item.group for item in asks.items} == {group.code for group in asks.groups}


def test_the_reader_reads_english_where_there_is_some() -> None:
    with override("en"):
        assert presets.FIVE_LEVEL.name == "Customer satisfaction"
        assert presets.FIVE_LEVEL.greeting.startswith("Thank you")
        assert presets.FIVE_LEVEL.items[0].name == "产品性能和可靠性"
    with override("zh-hans"):
        assert presets.FIVE_LEVEL.name == "顾客满意度调查表"


@pytest.mark.req("SUR-22")
def test_blank_words_and_uncounted_options_have_no_value() -> None:
    asks = presets.CALLBACK
    assert asks.value_of(asks.item("overall"), "") is None
    assert asks.value_of(asks.item("overall"), "o1") == Decimal(5)
    assert asks.value_of(asks.item("solved"), "o1") is None
    assert asks.value_of(asks.item("suggestion"), "好") is None
    for absent in (lambda: asks.item("no"), lambda: asks.scale("no"), lambda: asks.scale("five_a").option("o9")):
        with pytest.raises(KeyError):
            absent()


SCALE: dict[str, Any] = {
    "code": "s",
    "label": "尺",
    "options": [{"code": "a", "label": "好", "value": 5}, {"code": "b", "label": "差", "value": 1}],
}
ITEM: dict[str, Any] = {"code": "i", "label": "问", "group": "g", "scale": "s"}
POINTS: dict[str, Any] = {"code": "i", "label": "问", "group": "g", "kind": "points", "points": 30}


def _document(**changes: Any) -> dict[str, Any]:
    return {
        "title": "表",
        "scales": [SCALE],
        "groups": [{"code": "g", "label": "组"}],
        "items": [ITEM],
    } | changes


def test_the_smallest_document_is_one() -> None:
    assert QuestionnaireDocument.model_validate(_document()).counted


@pytest.mark.req("SUR-07", "SUR-10")
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": ""}, "at least 1 character"),
        ({"groups": []}, "at least 1 item"),
        ({"items": []}, "at least 1 item"),
        ({"items": [ITEM, ITEM]}, "Two items have the same code"),
        ({"scales": [SCALE, SCALE]}, "Two scales have the same code"),
        ({"groups": [{"code": "g", "label": "组"}] * 2}, "Two groups have the same code"),
        ({"scales": [SCALE | {"options": [SCALE["options"][0]] * 2}]}, "Two options of the scale “s” have the same"),
        ({"scales": [SCALE | {"options": SCALE["options"][:1]}]}, "at least 2 items"),
        ({"scales": []}, "There is no scale “s” for the item “i”"),
        ({"items": [ITEM | {"group": "x"}]}, "There is no group “x” for the item “i”"),
        ({"items": [ITEM | {"scale": ""}]}, "needs a scale if it is a choice"),
        ({"items": [POINTS | {"scale": "s"}]}, "needs a scale if it is a choice, and none"),
        ({"items": [ITEM | {"points": 10}]}, "needs its points if it is marked by points, and none"),
        ({"items": [POINTS | {"points": 0}]}, "needs its points if it is marked by points"),
        ({"items": [POINTS | {"points": 301}]}, "less than or equal to 300"),
        ({"items": [POINTS | {"solved": True}]}, "Whether it stayed solved is a choice"),
        ({"items": [ITEM | {"code": "With Space"}]}, "String should match pattern"),
        ({"items": [ITEM | {"code": f"i{n}"} for n in range(61)]}, "at most 60 items"),
        ({"items": [ITEM | {"kind": "stars"}]}, "Input should be"),
        ({"items": [POINTS], "bands": {"satisfied": 20, "basic": 20}}, "begins below the band"),
        ({"items": [POINTS], "bands": {"satisfied": 31, "basic": 20}}, "begins above the sum of all points"),
        ({"bands": {"satisfied": 2, "basic": 1}}, "begins above the sum of all points"),
        (
            {"scales": [SCALE | {"options": [{"code": "a", "label": "好", "value": 6}, SCALE["options"][1]]}]},
            "less than or equal to 5",
        ),
        ({"nonsense": 1}, "Extra inputs are not permitted"),
    ],
)
def test_a_document_that_does_not_hold_together_is_refused_with_a_sentence(
    changes: dict[str, Any], sentence: str
) -> None:
    with translation.override("en"), pytest.raises(ValidationError) as refusal:
        QuestionnaireDocument.model_validate(_document(**changes))
    assert sentence in str(refusal.value)
