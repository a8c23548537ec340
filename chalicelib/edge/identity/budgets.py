"""How often a day one login may be answered what says something about others: who tries number after number finds few.

Only such a refusal is counted, so nothing else costs a write or a read more.
"""

import random
from datetime import datetime, timedelta

from chalicelib.deadline import pause
from chalicelib.edge.problem import TooManyRequests
from chalicelib.errors import Contended, Refusal
from chalicelib.kernel.settle import derive
from chalicelib.table import keys
from chalicelib.table.write import Attr, update

_DAY = timedelta(days=1)
_ATTEMPTS_MAX = 8  # to count one: the requests of one login count in the same item


def spent(refusal: Refusal, account: str, now: datetime) -> Refusal:
    """``refusal``; TooManyRequests where the login whose own account would be ``account`` has had too many today (UTC).

    Raises Contended and Unavailable where it cannot be counted: an answer that is not counted is not given.
    """
    most = refusal.answers_a_day
    if most is None or _counted(account, refusal.code, most, now):
        return refusal
    return TooManyRequests(retry_after=_seconds_left(now))


def _counted(account: str, code: str, most: int, now: datetime) -> bool:
    """Whether there was room for one more."""
    count = update(
        keys.answered(account, code, now.date().isoformat()),
        assign={"expires_at": int((now + 2 * _DAY).timestamp())},
        add={"answers": 1},
        require=Attr("answers").not_exists() | Attr("answers").lt(most),
    )
    for attempt in range(_ATTEMPTS_MAX):
        try:
            return derive(count).done
        except Contended:
            pause(random.uniform(0, 0.01 * 2**attempt))
    raise Contended()


def _seconds_left(now: datetime) -> int:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
    return max(1, int((midnight - now).total_seconds()) + 1)
