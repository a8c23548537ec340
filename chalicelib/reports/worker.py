"""Making a report when it is first asked for."""

from datetime import datetime
from functools import partial

from chalicelib.errors import NotFound
from chalicelib.kernel.settle import perform
from chalicelib.reports import actions, queries
from chalicelib.reports.model import KIND
from chalicelib.signing.jws import sign
from chalicelib.statistics import model as statistics


def report(month: str, now: datetime) -> str:
    """The signed text of a month's report, the same for ever.

    Two that make it at once end with that of the first; one that dies leaves nothing. Raises NotFound, MonthNotClosed,
    SignerAway, Contended, Unavailable.
    """
    if not statistics.is_month(month):
        raise NotFound()
    if kept := queries.made(month):
        return kept
    signed = sign(queries.compose(month, now).model_dump(), kind=KIND)
    perform(queries.record_id(month), partial(actions.keep, month=month, jws=signed, packed=queries.packed(signed)))
    return queries.made(month) or signed
