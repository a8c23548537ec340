"""Making a report when it is first asked for."""

from datetime import datetime
from functools import partial

from chalicelib.errors import NotFound
from chalicelib.kernel.settle import perform
from chalicelib.provenance.closing import closed
from chalicelib.reports import actions, queries
from chalicelib.reports.model import KIND
from chalicelib.reports.pages import items
from chalicelib.reports.pages.items import Preparing
from chalicelib.reports.preparing import worker
from chalicelib.reports.queries import Sold
from chalicelib.signing.jws import sign
from chalicelib.statistics import model as statistics

SECONDS_MAX = 3  # of a request that finds many merchants; the schedule makes their other pages


def report(month: str, now: datetime) -> str | Preparing:
    """The signed text of a month's report, the same for ever; or how far its pages are, if its merchants are many.

    Two that make it at once end with that of the first; one that dies leaves nothing but pages, which stay. Raises
    NotFound, MonthNotClosed, SignerAway, Contended, Unavailable.
    """
    if not statistics.is_month(month):
        raise NotFound()
    if kept := queries.made(month):
        return kept
    closed(month, now)
    sold = None if (begun := worker.known(month)) else queries.few(month)
    if sold is None:
        job = begun if begun and begun.done else worker.prepare(month, now, SECONDS_MAX)
        if not job.done:
            return job
        sold = Sold(sum(job.counts), [], worker.sub_platforms(job), items.listed(job))
    signed = sign(queries.compose(month, now, sold).model_dump(), kind=KIND)
    perform(queries.record_id(month), partial(actions.keep, month=month, jws=signed, packed=queries.packed(signed)))
    return queries.made(month) or signed
