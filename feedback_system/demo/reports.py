"""The demo organisation's reports: the last thirty days, signed and sent, and the sums of its dashboard."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from feedback_system.demo.people import Cast
from reports.actions import daily, issuing
from reports.periods import Period

DAYS = 30


def issue_reports(cast: Cast) -> None:
    """Quality asks for the report, the vice president signs it, the heads of production and after-sales get it."""
    yesterday = timezone.localdate() - timedelta(days=1)
    period = Period("period", yesterday - timedelta(days=DAYS - 1), yesterday)
    report = issuing.build_report(issuing.ask_for_report(period, by=cast.actor("zhaomin")).pk)
    assert report is not None  # noqa: S101 - nothing else builds it
    signer = cast.users["chenjianguo"]
    issuing.approve_report(report, by=cast.actor("chenjianguo"), user=signer, opinion="同意，请各部门落实整改。")
    issuing.send_report(report, [cast.users["heqiang"], cast.users["zhanggong"]], by=cast.actor("zhaomin"))
    while daily.recount():
        pass
