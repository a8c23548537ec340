"""The daily reconciliation on one machine, which has no export: the books from the table, which moves while it is read.

What moved is known from the Records made since shortly before: their accounts, and those of Records that the stream
has not delivered, are set aside and judged another day. Nothing is kept until the end, so who dies half-way leaves
nothing.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib import log
from chalicelib.kernel.fields import stamp
from chalicelib.reconciliation import flags, worker
from chalicelib.reconciliation.model import Reconciliation
from chalicelib.reconciliation.tracing import Behind, Conclusion, Tracing, names_of, result
from chalicelib.settings import settings
from chalicelib.supervision.audit.books import Books
from chalicelib.supervision.audit.verdict import Moment
from chalicelib.table import client, keys, read
from infra.ops.audit import SEGMENTS, Table, scanned

LATE = timedelta(minutes=5)  # a Record bears the time of its command, and may be committed so much later
_RECORD: dict[str, Any] = {":record": {"S": "record"}}
_RECORDS = "sk = :record AND attribute_exists(postings)"


def scheduled(moment: str) -> None:
    """What the schedule does in the cloud: the day of ``moment``, once however often it fires."""
    with log.line("worked", function="reconcile"):
        day = worker.day_of(datetime.fromisoformat(moment))
        if not worker.reported(day):
            worker.keep(reconcile(day))


def reconcile(day: str) -> Reconciliation:
    """The books of now, compared. Nothing is written."""
    began, aside, table = datetime.now(UTC), set[str](), _table()

    def moment(books: Books) -> Moment:
        aside.update(_moved(table, began - LATE), _undelivered(books.waiting))
        return Moment.meanwhile(aside)

    found = scanned(table, moment)
    found.findings.add(flags.differences(found, aside))
    named = {each.account for each in found.findings.named}
    behind = _behind(table, named) if named else {}
    conclusion = Conclusion.from_verdict(found)
    return result(day, conclusion, began_at=stamp(began), aside=len(aside), judged=not aside, behind=behind)


def _table() -> Table:
    return Table(settings().table_name, client.client(), min(SEGMENTS, settings().batch_threads))


def _moved(table: Table, since: datetime) -> set[str]:
    """The accounts that Records made since then have moved."""
    names: set[str] = set()
    table.walk(
        lambda record: names.update(names_of(record)),
        FilterExpression=f"{_RECORDS} AND #at >= :since",
        ExpressionAttributeNames={"#at": "at"},
        ExpressionAttributeValues=_RECORD | {":since": {"S": stamp(since)}},
    )
    return names


def _undelivered(ids: Collection[str]) -> set[str]:
    """The accounts of Records that the stream has not delivered."""
    return {name for record in read.stored([keys.record(id) for id in ids]) for name in names_of(record)}


def _behind(table: Table, differing: Collection[str]) -> Behind:
    tracing = Tracing(differing)
    table.walk(tracing.add, FilterExpression=_RECORDS, ExpressionAttributeValues=_RECORD)
    return tracing.behind
