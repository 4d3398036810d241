"""Scales and questionnaires that come with the program (the ledger's 5.2; SUR-08, SUR-38, S14, S32, S43, S48, S53).

The forms are ours: they ask what the regulations demand to be asked.
"""

from __future__ import annotations

from decimal import Decimal

from surveys.document import Bands, Item, Named, Option, QuestionnaireDocument, Scale


def _scale(
    code: str, label: str, words: str, *, values: tuple[int | None, ...] = (5, 4, 3, 2, 1), note: str = ""
) -> Scale:
    pairs = zip(words.split("、"), values, strict=True)
    options = tuple(
        Option(code=f"o{n}", label=word, value=None if value is None else Decimal(value))
        for n, (word, value) in enumerate(pairs, 1)
    )
    return Scale(code=code, label=label, options=options, note=note)


_FOUR_NOTE = "四级量表按 5、4、3、2 计分，不与五级量表的结果直接比较。"
SCALES = {
    scale.code: scale
    for scale in (
        _scale("five_a", "五级（满意…很不满意）", "满意、较满意、一般、不太满意、很不满意"),
        _scale("five_b", "五级（很满意…很不满意）", "很满意、满意、一般、不满意、很不满意"),
        _scale("five_c", "五级（很满意…不满意）", "很满意、比较满意、基本满意、不太满意、不满意"),
        _scale("five_order", "五级（按选项顺序）", "选项一、选项二、选项三、选项四、选项五"),
        _scale("four", "四级", "非常满意、满意、一般、不满意", values=(5, 4, 3, 2), note=_FOUR_NOTE),
        _scale("price", "价格", "非常合理、合理、一般、不合理", values=(5, 4, 3, 2), note=_FOUR_NOTE),
        _scale("recommend", "是否", "是、否", values=(None, None)),
    )
}


def _items(group: str, scale: str, *questions: tuple[str, str]) -> tuple[Item, ...]:
    return tuple(Item(code=code, label=label, group=group, scale=scale) for code, label in questions)


def _words(code: str, label: str, group: str) -> Item:
    return Item(code=code, label=label, group=group, kind="text", required=False, comment=False)


FIVE_LEVEL = QuestionnaireDocument(
    title="顾客满意度调查表",
    title_en="Customer satisfaction",
    intro="感谢您的反馈。请花一分钟告诉我们，您对我们的产品和服务是否满意。",
    intro_en="Thank you for your feedback. Please take a minute to tell us how satisfied you are.",
    scales=(SCALES["five_c"],),
    groups=(
        Named(code="quality", label="产品质量", label_en="Quality"),
        Named(code="delivery", label="交货期", label_en="Delivery"),
        Named(code="price", label="价格", label_en="Price"),
        Named(code="after_sales", label="售后服务", label_en="After-sales service"),
        Named(code="comparison", label="与其他公司比较", label_en="Compared with others"),
        Named(code="suggestions", label="其他建议或需求", label_en="Suggestions"),
    ),
    items=(
        *_items(
            "quality", "five_c", ("quality_function", "产品性能和可靠性"), ("quality_look", "外观、包装和随机资料")
        ),
        *_items("delivery", "five_c", ("delivery_time", "交货准时"), ("delivery_whole", "到货齐全、完好")),
        *_items("price", "five_c", ("price_value", "价格与质量相称"), ("price_parts", "配件和维修收费")),
        *_items(
            "after_sales", "five_c", ("service_speed", "响应和处理的速度"), ("service_result", "问题解决的效果"),
            ("service_manner", "服务人员的态度"),
        ),
        *_items(
            "comparison", "five_c", ("compared_product", "产品与同类公司相比"),
            ("compared_service", "服务与同类公司相比"),
        ),
        _words("suggestion", "您还有什么建议或需求？", "suggestions"),
    ),
)  # fmt: skip
CALLBACK = QuestionnaireDocument(
    title="电话回访记录表",
    title_en="Telephone callback",
    script="您好，这里是质量部回访专席。想就您最近反映的问题做一次简短的回访，大约一分钟，可以吗？",
    scales=(SCALES["five_a"], SCALES["recommend"]),
    groups=(
        Named(code="result", label="处理结果", label_en="Result"),
        Named(code="service", label="服务过程", label_en="Service"),
        Named(code="suggestions", label="意见和建议", label_en="Suggestions"),
    ),
    items=(
        Item(code="solved", label="问题是否已经解决，没有再出现？", label_en="Has the problem stayed solved?",
             group="result", scale="recommend", solved=True),
        *_items("result", "five_a", ("overall", "对处理结果是否满意？")),
        *_items("service", "five_a", ("speed", "响应和处理是否及时？"), ("skill", "人员的技术水平如何？"),
                ("manner", "人员的服务态度如何？")),
        _words("suggestion", "您有什么意见和建议？", "suggestions"),
    ),
)  # fmt: skip
_CAR = (
    ("explained", "维修前对作业内容的说明"), ("received", "到店接待的速度"), ("repaired", "维修保养项目完成的正确程度"),
    ("bill", "结算清单解释的清楚程度"), ("handed", "提车手续的速度"), ("duration", "在店维修的总体时间"),
    ("listened", "倾听需求、回答疑问"), ("assisted", "提车和付款时的协助"), ("condition", "维修后的车况和清洁"),
    ("lounge", "休息区的舒适和服务"),
)  # fmt: skip
POINTS_300 = QuestionnaireDocument(
    title="机动车维修客户回访抽样调查表",
    title_en="Car repair, 300 points",
    intro="每项满分 30 分，总分 300 分。",
    groups=(
        Named(code="repair", label="维修服务", label_en="Repair"),
        Named(code="suggestions", label="意见和建议", label_en="Suggestions"),
    ),
    items=(
        *(Item(code=code, label=label, group="repair", kind="points", points=30) for code, label in _CAR),
        _words("suggestion", "您有什么意见和建议？", "suggestions"),
    ),
    bands=Bands(satisfied=240, basic=210),
)  # fmt: skip
SERVICE = QuestionnaireDocument(
    title="服务评价表",
    title_en="Service rating",
    intro="您反映的事项已经办结。请为这次服务和我们的反馈渠道打分，大约半分钟。",
    intro_en="Your matter is settled. Please rate this service and how we take up feedback; it takes half a minute.",
    scales=(SCALES["five_b"],),
    groups=(
        Named(code="service", label="本次服务", label_en="This service"),
        Named(code="mechanism", label="反馈渠道和办理", label_en="Giving feedback"),
        Named(code="suggestions", label="意见和建议", label_en="Suggestions"),
    ),
    items=(
        *_items("service", "five_b", ("speed", "响应速度"), ("result", "解决效果"), ("manner", "服务态度")),
        *_items("mechanism", "five_b", ("channel", "反馈问题是否方便"), ("progress", "办理进度告知是否及时、清楚")),
        _words("suggestion", "您对我们受理和办理反馈有什么建议？", "suggestions"),
    ),
)  # fmt: skip
#: code -> document
QUESTIONNAIRES = {"five_level": FIVE_LEVEL, "callback": CALLBACK, "points_300": POINTS_300, "service": SERVICE}
