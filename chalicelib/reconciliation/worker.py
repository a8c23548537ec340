"""The schedule's work: read the whole table, recompute the books, keep what differs.

The table moves while it is read. What moved is known from the Records made since shortly before: their accounts, and
those of Records that the stream has not delivered, are set aside and judged another day. Nothing is kept until the end,
so a worker that dies half-way leaves nothing, and the day's result is committed once (docs/adr/0024).
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from heapq import nlargest

from chalicelib import log, shanghai
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.record import Record
from chalicelib.kernel.settle import perform
from chalicelib.reconciliation import actions, flags, queries
from chalicelib.reconciliation.model import BEHIND_MAX, KEPT_MAX, Reconciliation, found
from chalicelib.settings import settings
from chalicelib.supervision.audit.books import Books
from chalicelib.supervision.audit.differences import Difference
from chalicelib.table import keys, lists, read
from chalicelib.table.row import Row
from chalicelib.table.write import Attr, ConditionBase

SEGMENTS_MAX = 8
LATE = timedelta(minutes=5)  # a Record bears the time of its command, and may be committed so much later
_RECORDS = Attr("sk").eq("record") & Attr("postings").exists()


def scheduled(moment: str) -> str:
    """Reconcile the day of a scheduled time, once however often it fires; the day's name."""
    day = f"{shanghai.clock(datetime.fromisoformat(moment)):%Y-%m-%d}"
    if queries.reconciliation(day) is None:
        made = reconcile(day)
        perform(keys.digest("reconciliation", day), partial(actions.keep, made=made))
    log.count("Differences", queries.known(day).differences)  # also where a worker died before it could report them
    return day


def reconcile(day: str) -> Reconciliation:
    """The books of now, compared. Nothing is written."""
    began = datetime.now(UTC)
    books = Books()
    _walk(lambda row: books.add(row.item))
    aside = _moved(began - LATE) | _undelivered(books.waiting)
    differences = [*books.differences(aside), *flags.differences(books, aside)]
    kept = differences[:KEPT_MAX]
    behind = _behind({each.account for each in kept}) if kept else {}
    return Reconciliation(
        id=day,
        at=stamp(datetime.now(UTC)),
        began_at=stamp(began),
        records=books.records,
        accounts=len(books.held),
        sums=books.sums(),
        differences=len(differences),
        set_aside=len(aside),
        sums_judged=not aside,
        totals_differing=sum(1 for _ in read.places(lists.TOTALS_DIFFERING)),
        found=tuple(found(each, _of(each, behind)) for each in kept),
    )


def _of(difference: Difference, behind: dict[str, list[tuple[str, str]]]) -> tuple[str, ...]:
    """The newest Records of an account, or of an offer's tills; a Record that is wrong itself is its own."""
    name = difference.account
    if issued := flags.certificate_record(name):
        return (issued,)
    if name.startswith(keys.record("").pk):
        return (name.removeprefix(keys.record("").pk),)
    return tuple(id for _, id in nlargest(BEHIND_MAX, behind.get(name, ())))


def _moved(since: datetime) -> set[str]:
    """The accounts that Records made since then have moved."""
    names: set[str] = set()
    _walk(lambda row: names.update(_accounts(row.load(Record))), _RECORDS & Attr("at").gte(stamp(since)))
    return names


def _undelivered(ids: Collection[str]) -> set[str]:
    """The accounts of Records that the stream has not delivered."""
    records = read.many([keys.record(id) for id in ids], Record).values() if ids else ()
    return {name for record in records for name in _accounts(record)}


def _accounts(record: Record) -> set[str]:
    names = {name for posting in (*record.postings, *record.stocked) for name in posting[:2]} | {record.holder or ""}
    return {name for name in names if name and not name.startswith("system:")}


def _behind(differing: Collection[str]) -> dict[str, list[tuple[str, str]]]:
    """Times and ids of the Records behind each account that differs: the whole table once more, in this rare case."""
    behind: dict[str, list[tuple[str, str]]] = defaultdict(list)

    def look(row: Row) -> None:
        record = row.load(Record)
        names = _accounts(record)
        for name in (names | {each.rpartition("/")[0] for each in names}) & {*differing}:
            newest = [*behind[name], (record.at, record.id)]
            behind[name] = nlargest(BEHIND_MAX, newest)

    _walk(look, _RECORDS)
    return behind


def _walk(see: Callable[[Row], object], where: ConditionBase | None = None) -> None:
    """Show ``see`` every item of the table (that passes), one at a time."""
    segments = min(SEGMENTS_MAX, settings().batch_threads)
    lock = threading.Lock()

    def walk(rows: Iterable[Row]) -> None:
        for row in rows:
            with lock:
                see(row)

    parts = [read.scan(segment, segments, where=where) for segment in range(segments)]
    if segments == 1:
        return walk(parts[0])
    with ThreadPoolExecutor(segments) as pool:
        list(pool.map(walk, parts))
    return None
