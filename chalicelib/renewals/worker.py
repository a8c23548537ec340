"""What the schedule does: ends of agreements and licences are announced, and on the day selling stops."""

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

from chalicelib.agenda.attempts import each
from chalicelib.agenda.walks import go_round
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
from chalicelib.table import keys, lists
from chalicelib.table.lists import UNLISTED, Place
from chalicelib.table.write import Attr, update

SECONDS_MAX = 15  # for each subject; what is left then is for the schedule's next firing


def watch_validity(now: datetime) -> None:
    """Every agreement and licence that ends within 30 days of ``now``, or has ended, in turns: those that ended and
    that nobody renews delay no other.
    """
    each(*(partial(_watch_all, now, subject) for subject in SUBJECTS))


def _watch_all(now: datetime, subject: Subject) -> None:
    go_round(
        lists.validity(subject),
        lambda place: _watch(now, subject, place),
        until=time.monotonic() + SECONDS_MAX,
        up_to=f"{stamp(now + SOON)}:~",
    )


def _watch(now: datetime, subject: Subject, place: Place) -> None:
    """Each step once for each renewal, however often it is tried."""
    merchant = place.listing.rank.partition("Z:")[2]
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
