"""What the schedule does: ends of agreements and licences are announced, and on the day selling stops."""

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from itertools import takewhile

from chalicelib.edge.events import for_each
from chalicelib.errors import InvalidState
from chalicelib.kernel.decision import Decision
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.settle import derive, perform
from chalicelib.ledger.account import Account
from chalicelib.merchants import queries
from chalicelib.merchants.model import GONE, SUBJECTS, Subject
from chalicelib.merchants.validity import Validity
from chalicelib.renewals import actions
from chalicelib.renewals.model import SOON
from chalicelib.table import keys
from chalicelib.table.lists import UNLISTED
from chalicelib.table.write import Attr, update

SECONDS_MAX = 30  # what is left then is for the schedule's next firing


def watch_validity(now: datetime) -> None:
    """Every agreement and licence that ends within 30 days of ``now``, or has ended, the earliest end first."""
    until = time.monotonic() + SECONDS_MAX
    for subject in SUBJECTS:
        ending = takewhile(lambda _: time.monotonic() <= until, queries.ending(subject, stamp(now + SOON)))
        for_each(ending, partial(_watch, now, subject), what="merchant", name=lambda id: id)


def _watch(now: datetime, subject: Subject, merchant: str) -> None:
    """Each step once for each renewal, however often it is tried."""
    known, account = queries.validity(merchant, subject), queries.item(merchant)
    if known is None or known.ends_at is None:
        return
    if _over(account, known):
        same = Attr("since").eq(known.since)
        derive(update(keys.validity(merchant, subject), remove=UNLISTED, require=same))
    elif known.ends_at > stamp(now):
        if not known.reminded_at:
            _once("remind", known, lambda command: actions.remind(command, known))
    elif not known.stopped_at:
        _once("stop", known, lambda command: actions.stop(command, known, queries.item(merchant)))


def _over(account: Account, known: Validity) -> bool:
    """It is no merchant any more, or a new one since."""
    merchant = account.as_merchant
    return merchant.status in GONE or merchant.completed is not None or merchant.since > known.since


def _once(what: str, known: Validity, decide: Callable[..., Decision]) -> None:
    try:
        perform(keys.digest(what, known.merchant, known.subject, known.since), decide)
    except InvalidState:  # renewed meanwhile: the next firing looks again
        return
