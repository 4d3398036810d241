"""What a new installation starts with: functions, vocabulary, calendar, the profile 制造-通用, consent text.

Installing is idempotent: it adds what is missing and never changes what somebody edited. Names are
data of the organisation, so they stand here in Chinese with an English twin.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from audit.actor import Actor
from cases.models import Category, Channel, Kind
from customers.models import ConsentText, CustomerKind
from organization import text
from organization.models import Calendar, CalendarDay, Function, Organisation
from organization.presets import calendar_cn
from organization.working_time import dump_periods
from regulations import profiles
from regulations.models import Profile, ProfileUse
from surveys.actions.questionnaires import install_questionnaire
from surveys.presets import QUESTIONNAIRES

INSTALLER = Actor.system("install")

FUNCTIONS = {
    "hub": ("汇集点（客服中心）", "Hub"),
    "quality": ("质量管理", "Quality"),
    "technical": ("技术", "Technical"),
    "sales": ("销售", "Sales"),
    "returns_desk": ("退货受理", "Returns desk"),
    "warehouse": ("仓库", "Warehouse"),
    "finance": ("财务", "Finance"),
    "inspection": ("出厂检验", "Inspection"),
    "repair": ("维修", "Repair"),
    "callback_desk": ("回访专席", "Callback desk"),
    "supervision": ("服务监督", "Supervision"),
    "management_representative": ("管理者代表", "Management representative"),
    "general_manager": ("总经理", "General manager"),
}
PERSONAL = {"management_representative", "general_manager"}

KINDS = {
    "complaint": ("投诉", "Complaint"),
    "service_request": ("报修", "Service request"),
    "enquiry": ("咨询", "Enquiry"),
    "suggestion": ("建议", "Suggestion"),
    "praise": ("表扬", "Praise"),
    "dissatisfaction": ("抱怨", "Dissatisfaction"),
    "requirement": ("需求", "Requirement"),
    "return_request": ("退货", "Return request"),
    "adverse_event": ("不良事件", "Adverse event"),
}

CHANNELS = {
    "phone": ("来电", "Telephone", True),
    "visit": ("来访", "Visit", True),
    "counter": ("门店/服务点", "Store or service point", True),
    "letter": ("来信", "Letter", False),
    "email": ("电子邮件", "E-mail", False),
    "fax": ("传真", "Fax", False),
    "web_form": ("反馈表单", "Online form", False),
    "chat": ("在线客服", "Online chat", True),
    "app": ("应用程序", "App", False),
    "social_media": ("社交媒体", "Social media", False),
    "suggestion_box": ("意见箱", "Suggestion box", False),
    "complaint_mailbox": ("投诉信箱", "Complaint mailbox", False),
    "field_service": ("现场服务", "Field service", True),
    "market_research": ("市场调查", "Market research", False),
    "survey": ("满意度调查", "Satisfaction survey", False),
    "statement_callback": ("月对账单回访", "Monthly-statement callback", True),
    "partner": ("合作伙伴/分销商", "Partner or distributor", False),
    "authority": ("上级主管部门", "Superior authority", False),
    "judicial": ("司法行政机关/行业协会", "Judicial authority or association", False),
    "import": ("导入", "Import", False),
}

#: CUS-03.
CUSTOMER_KINDS = {
    "consumer": ("消费者", "Consumer"),
    "retail": ("零售客户", "Retail customer"),
    "project": ("项目客户", "Project customer"),
    "group": ("集团用户", "Group customer"),
    "channel": ("渠道客户", "Channel customer"),
    "terminal": ("零售终端", "Retail outlet"),
    "vehicle_cylinder": ("车用气瓶用户", "Vehicle-cylinder user"),
    "supplier": ("供应商", "Supplier"),
}

#: Preset A of CLS-02: code -> (Chinese, English, keywords, children).
CATEGORIES: dict[str, tuple[str, str, tuple[str, ...], dict[str, tuple[str, str, tuple[str, ...]]]]] = {
    "product": ("产品", "Product", (), {
        "product.function": ("功能", "Function", ("不能用", "没反应", "功能", "死机", "黑屏")),
        "product.performance": ("性能", "Performance", ("发热", "漏水", "太慢", "卡顿", "噪音", "续航")),
        "product.quality": ("质量", "Quality", ("质量", "坏了", "破损", "裂", "变形", "开胶", "掉色", "做工", "烂")),
        "product.design": ("设计", "Design", ("设计", "不合理", "样式")),
        "product.packaging": ("包装", "Packaging", ("包装", "封口", "压坏")),
        "product.instructions": ("说明书", "Instructions", ("说明书", "怎么用", "不会用")),
    }),
    "service": ("服务", "Service", (), {
        "service.pre_sales": ("售前", "Pre-sales", ("宣传", "虚假")),
        "service.in_sales": ("售中", "In-sales", ("发货", "物流", "快递", "送货", "少发", "发错")),
        "service.after_sales": ("售后", "After-sales", ("售后", "维修", "退货", "换货", "退款", "安装")),
        "service.attitude": ("人员态度", "Staff attitude", ("态度", "不耐烦", "骂", "服务员", "前台")),
        "service.speed": ("响应速度", "Response speed", ("没人接", "不回复", "等了", "太久")),
    }),
    "price": ("价格", "Price", (), {
        "price.pricing": ("定价", "Pricing", ("太贵", "价格", "收费")),
        "price.promotion": ("促销", "Promotion", ("优惠", "降价", "促销", "活动价")),
        "price.value": ("性价比", "Value", ("性价比", "不值")),
    }),
    "comprehensive": ("综合", "Comprehensive", (), {
        "comprehensive.suggestion": ("建议与表扬", "Suggestions and praise", ("建议", "表扬", "感谢")),
        "comprehensive.environment": ("环境设施", "Environment and facilities", ("环境", "卫生", "房间", "设施")),
        "comprehensive.other": ("其他", "Other", ()),
    }),
}  # fmt: skip

_COMPLAINT = {
    "gate": [
        "facts",
        "responsible",
        "cause",
        "measures",
        "assignments",
        "reply",
        "opinion",
        "summary",
        "documents",
        "holds",
    ],
    "measures_or_waiver": True,
    "verify_before_dispatch": True,
    "urgency": "important",
}
_HANDLED = {"gate": ["facts", "assignments", "reply", "opinion", "holds"]}
_ANSWERED = {"gate": ["reply", "holds"]}

#: The preset profile 制造-通用 (S08): 24 h, 48 h, the customer's date or 5 working days.
PROFILE_CODE = "manufacturing"
PROFILE = {
    "times": {
        "calendar": "cn",
        "limits": [
            {"clock": "acknowledgement", "amount": 24, "unit": "calendar_hours", "start": "received", "end": "acknowledged"},
            {"clock": "on_site", "amount": 48, "unit": "calendar_hours", "start": "received", "end": "arrived"},
            {"clock": "resolution", "amount": 5, "unit": "working_days", "start": "received", "end": "replied"},
            {"clock": "receipt", "amount": 4, "unit": "working_hours", "start": "sent", "end": "received"},
            {"clock": "task", "unit": "working_days", "start": "sent", "end": "answered"},
        ],
        "ladder": [
            {"to": "owner", "after_minutes": 0},
            {"to": "head", "after_minutes": 0},
            {"to": "next_level", "after_minutes": 240},
            {"to": "hub_head", "after_minutes": 480},
        ],
    },
    "cases": {
        "kinds": {
            "complaint": _COMPLAINT,
            "dissatisfaction": _COMPLAINT,
            "adverse_event": {**_COMPLAINT, "urgency": "urgent"},
            "service_request": {**_HANDLED, "urgency": "important"},
            "return_request": _HANDLED,
            "requirement": _ANSWERED,
            "enquiry": _ANSWERED,
            "suggestion": _ANSWERED,
            "praise": _ANSWERED,
        },
        "categories": ["product", "service", "price", "comprehensive"],
        "criteria": [
            {"code": "safety", "level": "urgent", "label": "人身安全", "label_en": "Personal safety"},
            {"code": "loss", "level": "urgent", "label": "重大财产损失", "label_en": "Major property loss"},
            {"code": "collective", "level": "urgent", "label": "群体投诉", "label_en": "Collective complaint"},
            {"code": "reputation", "level": "urgent", "label": "严重影响声誉", "label_en": "Serious reputation damage"},
            {"code": "dissatisfied", "level": "important", "label": "客户明确不满", "label_en": "Customer explicitly dissatisfied"},
            {"code": "use", "level": "important", "label": "较大影响使用", "label_en": "Considerable effect on use"},
        ],
        "routes": [
            {"category": "product", "function": "technical"},
            {"category": "product.quality", "function": "quality"},
            {"category": "service", "function": "sales"},
            {"category": "service.after_sales", "function": "repair"},
            {"category": "price", "function": "sales"},
            {"category": "comprehensive", "function": "quality"},
        ],
    },
}  # fmt: skip

CONSENT_ZH = (
    "您填写的姓名、联系方式和反馈内容只用于受理和处理这次反馈、告知您结果并征求您的意见，不用于营销。"
    "只有处理这件事的人员可以看到。您可以随时通过查询页面或客服热线要求更正或删除。"
)
CONSENT_EN = (
    "Your name, contact and feedback are used only to handle this feedback, to tell you the result and to ask for your"
    " opinion, not for marketing. Only those who handle it can see them. You may ask us to correct or delete them at"
    " any time, on the tracking page or by telephone."
)


@transaction.atomic
def install(*, organisation_name: str = "我的公司", demo: bool = False) -> None:
    """Add whatever the program needs before the first case can be registered."""
    for code, (name, english) in FUNCTIONS.items():
        Function.objects.get_or_create(
            number=Function.NUMBERS[code],
            defaults={"code": code, "name": name, "name_en": english, "personal": code in PERSONAL},
        )
    for position, (code, (name, english)) in enumerate(KINDS.items()):
        Kind.objects.get_or_create(code=code, defaults=_word(name, english) | {"position": position})
    for position, (code, (name, english, spoken)) in enumerate(CHANNELS.items()):
        Channel.objects.get_or_create(
            code=code, defaults=_word(name, english) | {"position": position, "spoken": spoken}
        )
    for code, (name, english) in CUSTOMER_KINDS.items():
        CustomerKind.objects.get_or_create(code=code, defaults=_word(name, english))
    _install_categories()
    _install_calendar()
    _install_profile()
    for code, document in QUESTIONNAIRES.items():
        install_questionnaire(code, document.title, document, by=INSTALLER)
    Organisation.objects.get_or_create(
        pk=1, defaults={"name": organisation_name, "short_name": organisation_name[:30], "is_demo": demo}
    )
    ConsentText.objects.get_or_create(
        purpose="feedback", version=1,
        defaults={"text": CONSENT_ZH, "text_en": CONSENT_EN, "published_at": timezone.now()},
    )  # fmt: skip


def _word(name: str, english: str) -> dict[str, str]:
    return {"name": name, "name_en": english, "name_key": text.pinyin_key(name)}


def _install_categories() -> None:
    for position, (code, (name, english, keywords, children)) in enumerate(CATEGORIES.items()):
        root = _category(code, _word(name, english) | {"position": position, "keywords": list(keywords)}, None)
        for place, (child, (child_name, child_english, words)) in enumerate(children.items()):
            _category(child, _word(child_name, child_english) | {"position": place, "keywords": list(words)}, root)


def _category(code: str, values: dict[str, object], parent: Category | None) -> Category:
    row, created = Category.objects.get_or_create(code=code, defaults=values | {"parent": parent})
    if created:
        row.lineage = [*(parent.lineage if parent else []), row.pk]
        row.save(update_fields=["lineage"])
    return row


def _install_calendar() -> None:
    hours = dump_periods(calendar_cn.STANDARD_HOURS)
    calendar, created = Calendar.objects.get_or_create(
        code="cn",
        defaults={
            "name": "中国大陆工作日历",
            "weekly": [hours] * 5 + [[], []],
            "complete_through": calendar_cn.COMPLETE_THROUGH,
        },
    )
    if created:
        CalendarDay.objects.bulk_create(
            CalendarDay(calendar=calendar, day=day, periods=dump_periods(periods), label=label)
            for day, (periods, label) in calendar_cn.labelled_days().items()
        )


def _install_profile() -> None:
    profile, created = Profile.objects.get_or_create(code=PROFILE_CODE, defaults={"name": "制造-通用"})
    if created or not profile.versions.exists():
        profiles.publish(profile, PROFILE, by=INSTALLER, reason="预置方案")
    if not ProfileUse.objects.filter(site=None, line=None).exists():
        ProfileUse.objects.create(profile=profile)
