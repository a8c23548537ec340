"""A daily budget of answers that reveal something about others: who tries one identity number after another finds few.

Only such refusals are counted, so no other request costs a read or a write more.
"""

from datetime import datetime, timedelta

from chalicelib.agenda.attempts import retrying
from chalicelib.edge.problem import TooManyRequests
from chalicelib.errors import Refusal
from chalicelib.kernel.settle import derive
from chalicelib.table import keys
from chalicelib.table.write import Attr, update

ANSWERS_A_DAY = 100  # of one code, to one account
_DAY = timedelta(days=1)


def charge(refusal: Refusal, account: str, now: datetime) -> None:
    """Count a ``refusal`` that reveals something; ``account`` is the one that the caller has, or would open.

    Raises TooManyRequests where the budget of the day (UTC) is spent; Contended and Unavailable where it cannot be
    counted, since an answer that is not counted is not given.
    """
    if refusal.reveals and not _counted(account, refusal.code, now):
        raise TooManyRequests(retry_after=_seconds_left(now))


def _counted(account: str, code: str, now: datetime) -> bool:
    """Whether there was room for one more."""
    count = update(
        keys.answered(account, code, now.date().isoformat()),
        assign={"expires_at": int((now + 2 * _DAY).timestamp())},
        add={"answers": 1},
        require=Attr("answers").not_exists() | Attr("answers").lt(ANSWERS_A_DAY),
    )
    return retrying(lambda: derive(count)).done


def _seconds_left(now: datetime) -> int:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
    return int((midnight - now).total_seconds()) + 1
