"""Making the pages of a month, a page at a time, by whoever has the time for it.

A page is put once. Whoever finds it there takes it as it stands, and how far all is moves from page to page on a
condition. So any worker may die, and any two may work at once.
"""

import base64
import gzip
import hashlib
import json
import time
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from chalicelib.agenda.attempts import attempt_each
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.settle import derive
from chalicelib.reports import model, queries
from chalicelib.reports.model import MerchantPageAnswer, SubPlatformSums
from chalicelib.reports.pages.items import MERCHANTS_MAX, MerchantPage, Preparing
from chalicelib.statistics import queries as statistics
from chalicelib.table import keys, lists, read
from chalicelib.table.lists import Place
from chalicelib.table.write import Attr, put

SECONDS_MAX = 20  # of the schedule's turn; the next continues


def prepare_due() -> None:
    """The months that are being prepared, the oldest first, as far as the time suffices; each though others fail."""
    end = time.monotonic() + SECONDS_MAX
    attempt_each(_until(end), partial(_continue, end), what="report", name=lambda place: place.key.pk)


def _until(end: float) -> Iterator[Place]:
    for place in read.places(lists.REPORTS_PREPARING, descending=False):
        yield place
        if time.monotonic() >= end:
            return


def _continue(end: float, place: Place) -> None:
    if job := read.get(place.key, Preparing):
        _advanced(job, end)


def prepare(month: str, now: datetime, seconds: float) -> Preparing:
    """The pages of a month, as far as they come in so many seconds; at least one."""
    job = known(month)
    if job is None:
        begun = Preparing(month=month, since=stamp(now))
        derive(put(begun.key, begun, listed=begun.place))
        job = known(month) or begun
    return _advanced(job, time.monotonic() + seconds)


def known(month: str) -> Preparing | None:
    """How far a month is; None where it has no pages."""
    return read.get(keys.report_preparing(month), Preparing)


def text(month: str, number: int) -> str | None:
    """The JSON of a page; None where there is no such page."""
    page = read.get(keys.report_merchants(month, number), MerchantPage)
    return gzip.decompress(base64.b64decode(page.text)).decode() if page else None


def _advanced(job: Preparing, end: float) -> Preparing:
    while not job.done:
        job = _next(job)
        if time.monotonic() >= end:
            break
    return job


def _next(job: Preparing) -> Preparing:
    number = len(job.hashes) + 1
    page = _page(job.month, number, job.after)
    put_now = derive(put(keys.report_merchants(job.month, number), page))
    if put_now.stood:
        page = put_now.stood.load(MerchantPage)  # made by another, or by one that died before it could say so
    further = job.with_page(page, _dumped(model.merged([*_loaded(job.sums), *_loaded(page.sums)])))
    as_read = Attr("after").eq(job.after)
    moved = derive(put(job.key, further, listed=further.place, require=as_read))
    return further if moved.done else known(job.month) or further


def _page(month: str, number: int, after: str) -> MerchantPage:
    some = read.first(statistics.turnovers(month, after), MERCHANTS_MAX + 1)
    merchants = queries.merchants(some[:MERCHANTS_MAX])
    body = MerchantPageAnswer(month=month, page=number, merchants=merchants).model_dump_json().encode()
    return MerchantPage(
        text=base64.b64encode(gzip.compress(body, mtime=0)).decode(),
        sha256=hashlib.sha256(body).hexdigest(),
        merchants=len(merchants),
        after=merchants[-1].merchant,
        sums=_dumped(model.by_sub_platform(merchants)),
        last=len(some) <= MERCHANTS_MAX,
    )


def _dumped(sums: list[SubPlatformSums]) -> str:
    return json.dumps([each.model_dump() for each in sums])


def _loaded(sums: str) -> list[SubPlatformSums]:
    return [SubPlatformSums(**each) for each in json.loads(sums)]


def sub_platforms(job: Preparing) -> list[SubPlatformSums]:
    """The sums of the merchants beneath each sub-platform, over all pages."""
    return _loaded(job.sums)
