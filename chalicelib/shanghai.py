"""The time of day in Shanghai, by which days, months and years of the scheme are counted. Pure."""

import re
from datetime import date, datetime, time, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")  # no summer time since 1991
MONTH = r"^2[0-9]{3}-(0[1-9]|1[0-2])$"


def clock(moment: datetime) -> datetime:
    """The same moment on a clock in Shanghai."""
    return moment.astimezone(SHANGHAI)


def month(moment: datetime) -> str:
    """The month of this moment, ``2026-01``."""
    return f"{clock(moment):%Y-%m}"


def number(month: str) -> int:
    """Months since the year 0: how far months are apart."""
    year, _, in_year = month.partition("-")
    return int(year) * 12 + int(in_year) - 1


def named(number: int) -> str:
    """The month of this ``number``."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def begins(month: str) -> datetime:
    """The first moment of a month."""
    return datetime(int(month[:4]), int(month[5:]), 1, tzinfo=SHANGHAI)


def ends(month: str) -> datetime:
    """The first moment after it."""
    return begins(named(number(month) + 1))


def after(day: str) -> datetime:
    """The first moment after a day, ``2026-01-31``."""
    return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), SHANGHAI)


def is_month(text: str) -> bool:
    """Whether ``text`` names a month."""
    return re.fullmatch(MONTH, text) is not None
