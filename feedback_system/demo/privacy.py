"""What the demo's customers asked of their data, and feedback whose time is over."""

from __future__ import annotations

from django.utils import timezone

from customers.actions.consent import Agreed, publish_consent_text, record_consent
from customers.actions.people import NewCustomer, create_customer
from feedback_system.demo.live import Teller
from feedback_system.demo.people import Cast
from feedback_system.demo.stories import Story
from feedback_system.privacy import erasure_requests, holds, requests
from feedback_system.privacy.requests import Asked

MARKETING = (
    "我们会通过您勾选的方式，不定期告知新品、以旧换新和保养活动。您可以随时来电或在查询页撤回同意，撤回不影响售后服务。"
)
#: People who called more than a year ago, and not since.
PEOPLE = (("蒋先生", "13655120981"), ("罗女士", "13770018264"), ("鲁师傅", "13921103377"))
STORIES = (
    Story(390 * 24, "鲁师傅", "praise", "客服姑娘讲得很清楚，三分钟就教会我设童锁。", "comprehensive.suggestion", "service", "closed", reply="谢谢您的肯定。"),
    Story(402 * 24, "蒋先生", "enquiry", "水壶能不能煮牛奶？", "product.instructions", "technical", "closed", product="SH-17", reply="不建议，牛奶容易溢出并烧结在底部。"),
    Story(430 * 24, "蒋先生", "enquiry", "遥控器丢了，单独配一个多少钱？", "product.instructions", "technical", "closed", product="DSZF-60", reply="配件价 45 元，可到服务网点购买。"),
    Story(515 * 24, "罗女士", "enquiry", "热水器搬家，能不能请你们拆装？", "product.instructions", "technical", "closed", product="DSZF-60", reply="可以预约，拆装费按网点公示价收取。"),
)  # fmt: skip


def ask_about_data(cast: Cast) -> None:
    """Old enquiries, a consent, a request for a copy, and an erasure that waits for the general manager."""
    now, agent, head = timezone.now(), cast.actor("linxiao"), cast.users["sunqian"]
    for name, phone in PEOPLE:
        cast.customers[name] = create_customer(NewCustomer(name, phone=phone), by=agent, at=now)
    cases = [Teller(cast, story, now).tell() for story in sorted(STORIES, key=lambda story: -story.hours_ago)]
    text = publish_consent_text("marketing", text=MARKETING, text_en="", by=cast.actor("admin"), base=0)
    agreed = Agreed(text, "phone", ("sms", "phone"), "来电报修时口头同意", timezone.now())
    record_consent(cast.customers["周慧"], agreed, by=cast.users["linxiao"])
    asked = Asked("erase", "已经不用你们的产品了，请把我的资料都删掉。", "phone", "回拨档案号码，报出两次咨询的时间")
    erasing = requests.open_request(asked, of=cast.customers["蒋先生"], by=agent)
    erasure_requests.ask_erasure(erasing, by=head)
    copying = Asked("copy", "想知道你们存了我哪些资料。", "email")
    requests.open_request(copying, of=cast.customers["罗女士"], by=agent)
    holds.place_hold(cases[0], reason="拆装费争议，消费者协会调解中。", by=head)
