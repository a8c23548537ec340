"""The books from the table itself, on one machine: it moves while it is read.

What moved is known from the Records made since shortly before: their accounts, and those of Records that the stream
has not delivered, are set aside and judged another day. Nothing is kept until the end, so a worker that dies half-way
leaves nothing.
"""

import threading
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from chalicelib.kernel.fields import stamp
from chalicelib.reconciliation import flags
from chalicelib.reconciliation.model import Reconciliation
from chalicelib.reconciliation.tracing import Behind, Tracing, names_of, result
from chalicelib.settings import settings
from chalicelib.supervision.audit.spread import judged_files, spreading
from chalicelib.supervision.audit.verdict import Moment, Part, Verdict, concluded
from chalicelib.table import keys, read
from chalicelib.table.scan import scan
from chalicelib.table.write import Attr, ConditionBase

SEGMENTS_MAX = 8
PARTS = 64
LATE = timedelta(minutes=5)  # a Record bears the time of its command, and may be committed so much later
_RECORDS = Attr("sk").eq("record") & Attr("postings").exists()


def reconcile(day: str) -> Reconciliation:
    """The books of now, compared. Nothing is written."""
    began = datetime.now(UTC)
    found, aside = _counted(began)
    found.findings.add(flags.differences(found, aside))
    named = {each.account for each in found.findings.named}
    behind = _behind(named) if named else {}
    return result(day, found, began_at=stamp(began), aside=len(aside), judged=not aside, behind=behind)


def _counted(began: datetime) -> tuple[Verdict, set[str]]:
    with TemporaryDirectory() as path:
        with spreading(Path(path), PARTS) as spread:
            _walk(spread.add)
        aside = _moved(began - LATE) | _undelivered(spread.books.waiting)
        moment, whole = Moment.meanwhile(aside), Part()
        for number in range(PARTS):
            whole.absorb(judged_files([Path(path) / str(number)], moment).rows())
        return concluded(spread.books, whole, moment), aside


def _moved(since: datetime) -> set[str]:
    """The accounts that Records made since then have moved."""
    names: set[str] = set()
    _walk(lambda record: names.update(names_of(record)), _RECORDS & Attr("at").gte(stamp(since)))
    return names


def _undelivered(ids: Collection[str]) -> set[str]:
    """The accounts of Records that the stream has not delivered."""
    return {name for record in read.stored([keys.record(id) for id in ids]) for name in names_of(record)}


def _behind(differing: Collection[str]) -> Behind:
    tracing = Tracing(differing)
    _walk(tracing.add, _RECORDS)
    return tracing.behind


def _walk(see: Callable[[Any], object], where: ConditionBase | None = None) -> None:
    """Show ``see`` every item of the table (that passes), one at a time."""
    segments = min(SEGMENTS_MAX, settings().batch_threads)
    lock = threading.Lock()

    def walk(items: Iterable[Any]) -> None:
        for item in items:
            with lock:
                see(item)

    parts = [scan(segment, segments, where=where) for segment in range(segments)]
    if segments == 1:
        return walk(parts[0])
    with ThreadPoolExecutor(segments) as pool:
        list(pool.map(walk, parts))
    return None
