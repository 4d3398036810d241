"""The demo's cases: what customers said, and how far each matter is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Story:
    """One matter: when (hours ago), who, what, and the step it has reached.

    ``reach`` is one of registered, incomplete, acknowledged, dispatched, received, investigating,
    acting, answered, replied, awaiting, unsatisfied, closed, archived, declined, withdrawn, reopened.
    """

    hours_ago: int
    who: str
    kind: str
    text: str
    category: str
    lead: str
    reach: str
    channel: str = "phone"
    product: str = ""
    site: str = ""
    criteria: tuple[str, ...] = ()
    visit: bool = False
    helper: str = ""
    note: str = ""
    cause: str = ""
    measure: str = ""
    reply: str = ""


STORIES = (
    Story(
        60, "周慧", "complaint", "热水器内胆漏水，上月已报修一次，师傅换了密封圈，这两天又漏了，要求换新机。今天下午家里有人。",
        "product.quality", "production", "acting", product="DSZF-60", criteria=("dissatisfied", "use"), visit=True,
        helper="quality", note="同批次 2609-B 已有 3 件漏水，建议并为共性问题，暂停该批次发货。",
        cause="内胆环缝焊接电流偏低，焊缝有砂眼。", measure="同批次内胆全部复检，焊机参数上锁。",
    ),
    Story(
        27, "周女士", "complaint", "充电器用了一周就发热严重，外壳有点变形，担心有危险，希望退货。", "product.performance",
        "quality", "received", channel="web_form", product="PD-65W", criteria=("safety",),
    ),
    Story(20, "刘经理", "complaint", "到货少了 12 箱，送货单上签的是整单，要求今天补发。", "service.in_sales", "logistics", "dispatched", criteria=("dissatisfied",)),
    Story(
        72, "陈先生", "complaint", "平板屏幕出现竖线，买了不到一个月，要求换货。", "product.quality", "quality", "answered",
        product="TB-11", cause="排线压接不良。", measure="压接工位增加首件拉力检验。",
    ),
    Story(90, "赵工", "complaint", "发票抬头写错了，原件已经寄回，请尽快重开，影响我们付款。", "service.after_sales", "finance", "replied", channel="letter", cause="开票资料未随变更更新。", measure="开票资料变更双人复核。", reply="发票已按贵司新抬头重开，今日顺丰寄出，给您添麻烦了，感谢提醒。"),
    Story(5, "王经理", "suggestion", "建议增加夜间配送时段，白天商场卸货口排队要两个小时。", "comprehensive.suggestion", "sales", "acknowledged"),
    Story(100, "李女士", "complaint", "安装人员没有穿鞋套，态度生硬，问了两句就不耐烦。", "service.attitude", "service", "awaiting", site="wx-center", cause="当班工程师未按上门规范执行。", measure="全体工程师重新培训上门规范并抽查。", reply="我们已对当班人员批评教育并重新培训，向您道歉，感谢您的监督。"),
    Story(2, "孙先生", "enquiry", "DSZF-80 的保修期是从购买日还是安装日开始算？", "product.instructions", "technical", "registered"),
    Story(1, "吴阿姨", "service_request", "电水壶不通电了，按了没反应，能不能上门修？", "product.function", "service", "registered", product="SH-17"),
    Story(29, "郭先生", "complaint", "网上买的热水器宣传说三级能效，收到的铭牌是二级，要求说明。", "service.pre_sales", "sales", "registered", channel="email", product="DSZF-80"),
    Story(48, "吴阿姨", "praise", "马师傅上门很快，修完还把地擦干净了，要表扬他！", "comprehensive.suggestion", "service", "closed", reply="谢谢您的肯定，我们已转告马师傅。"),
    Story(200, "陈先生", "enquiry", "充电器能不能给笔记本充电？", "product.instructions", "technical", "closed", product="PD-65W", reply="支持 PD 协议的笔记本可以使用，功率 65W。"),
    Story(300, "周慧", "complaint", "热水器内胆渗水，地板泡了，要求上门维修。", "product.quality", "production", "closed", product="DSZF-60", criteria=("use",), visit=True, cause="密封圈老化。", measure="更换密封圈并抽检库存。", reply="已上门更换密封圈并试压两小时无渗漏，感谢您的耐心。"),
    Story(340, "刘经理", "complaint", "三箱水壶外包装压坏，无法上架销售，要求补外箱。", "product.packaging", "logistics", "archived", product="SH-17", cause="堆码超高。", measure="托盘限高标识并纳入装车检查。", reply="外箱已补发，装车限高已落实，感谢反馈。"),
    Story(150, "王经理", "complaint", "促销价和结算价不一致，每台多收了 30 元。", "price.promotion", "sales", "unsatisfied", criteria=("dissatisfied",), cause="促销政策录入晚一天。", measure="促销政策提前一个工作日录入并核对。", reply="差价部分将按政策计入下月返利，感谢理解。"),
    Story(400, "赵工", "complaint", "批量到货的 40 台热水器有 3 台外观划伤。", "product.quality", "production", "reopened", product="DSZF-80", cause="下线吊具磕碰。", measure="吊具加装护套。", reply="3 台已换新，吊具已加护套，感谢反馈。"),
    Story(30, "孙先生", "complaint", "你们隔壁工地太吵了，影响休息。", "comprehensive.other", "cs", "declined"),
    Story(52, "郭先生", "complaint", "说明书看不懂，第 3 页的图和实物不一样。", "product.instructions", "technical", "investigating", channel="web_form", product="TB-11"),
    Story(26, "李女士", "service_request", "热水器显示 E3，插拔电源没有用。", "product.function", "service", "acting", product="DSZF-60", visit=True, cause="温度传感器接触不良。", measure="更换传感器。"),
    Story(7, "周女士", "complaint", "客服电话打了二十分钟没人接。", "service.speed", "cs", "acknowledged", site="hotline", criteria=("dissatisfied",)),
    Story(130, "陈先生", "dissatisfaction", "快递把平板放在驿站，没有送上门，也没有电话。", "service.in_sales", "logistics", "withdrawn"),
    Story(12, "刘经理", "complaint", "这批货有问题，请联系我。", "comprehensive.other", "quality", "incomplete", channel="email"),
    Story(170, "吴阿姨", "complaint", "水壶底座有一股焦味，用了三次。", "product.quality", "quality", "closed", product="SH-17", criteria=("safety",), cause="底座接插件松动打火。", measure="接插件供应商整改，库存全检。", reply="已为您更换新品并退还旧品检测，感谢您及时告诉我们。"),
    Story(220, "孙先生", "suggestion", "热水器遥控器按键能不能大一点，老人看不清。", "product.design", "technical", "closed", product="DSZF-80", reply="已转设计部列入下一代产品改进，谢谢您的建议。"),
)  # fmt: skip
