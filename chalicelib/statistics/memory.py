"""Months that are closed, as this process has read them: their sums change no more (docs/adr/0024).

Each month is nine partitions to read, and everyone asks for the same twelve. Only a refiling by an engineer changes a
closed month: it shows within the hour.
"""

import time
from collections.abc import Iterable
from datetime import datetime

from chalicelib.provenance.closing import closes_at
from chalicelib.statistics.model import MonthAnswer

KEPT_SECONDS = 3600.0
KEPT_MAX = 240  # months
_now = time.monotonic
_kept: dict[str, tuple[float, MonthAnswer]] = {}  # when it was read, and what


def forget() -> None:
    """Forget what this process knows."""
    _kept.clear()


def remembered(months: Iterable[str]) -> dict[str, MonthAnswer]:
    """Those of the months that were closed when they were read, not long ago."""
    since = _now() - KEPT_SECONDS
    known = {month: _kept[month] for month in months if month in _kept}
    return {month: answer for month, (at, answer) in known.items() if at >= since}


def remember(answers: Iterable[MonthAnswer], now: datetime) -> None:
    """Keep those that are closed: they must have been read later than ``now``."""
    at = _now()
    closed = {each.month: (at, each) for each in answers if now >= closes_at(each.month)}
    if len(_kept) + len(closed) > KEPT_MAX:
        forget()
    _kept.update(closed)
