"""When a month is closed: from then on its sums no longer change (docs/adr/0024). Pure."""

from datetime import datetime, timedelta

from chalicelib import shanghai
from chalicelib.errors import Refusal, Text
from chalicelib.kernel.fields import stamp

# The stream keeps a Record for a day: what is not projected by then waits for an engineer, whom an alarm has called.
GRACE = timedelta(hours=24)


class MonthNotClosed(Refusal):
    status, code = 409, "month_not_closed"
    title = Text("The month is not closed", "该月份尚未结算")
    detail = Text(
        "It can be read from {closes_at} on: a day after the month has ended in Shanghai.",
        "该月数据自 {closes_at} 起可查询，即该月（北京时间）结束一日之后。",
    )
    remedy = Text("Ask for an earlier month, or wait.", "请查询更早的月份，或稍后再试。")


def closes_at(month: str) -> datetime:
    """When a month is closed."""
    return shanghai.ends(month) + GRACE


def closed(month: str, now: datetime) -> None:
    """Raises MonthNotClosed."""
    if now < closes_at(month):
        raise MonthNotClosed(closes_at=stamp(closes_at(month)))
