"""``python -m infra.ops.lines``: give every line of a statement that is of a rare kind its copy among its like.

Lines that were filed since 2026-11-27 have theirs (docs/adr/0050). This reads the whole table once for the others, and
then leaves the mark by which lists of one kind read copies alone; until then they walk. It also notes for each Record
what it reserved of a person's points, or let go: what was held as of an instant (docs/adr/0038) is right from then on.

Run it once the version that writes copies has all of the traffic, and again after a rollback behind it. Running it
again changes nothing.

The table is the one in TABLE_NAME, else that of the deployed stage in STAGE, else the local stack's in DATA.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from itertools import chain, islice
from typing import Any

from chalicelib.kernel.fields import stamp
from chalicelib.kernel.record import Record
from chalicelib.kernel.settle import derive, derive_each
from chalicelib.ledger.lines import copy, reservation
from chalicelib.ledger.model import Entry
from chalicelib.settings import settings
from chalicelib.table import client, keys, read
from chalicelib.table.row import load
from chalicelib.table.write import Write, decode, update
from infra.ops.audit import SEGMENTS, Table
from infra.ops.target import in_one_line, table_name

_AT_ONCE = 500
_LINES: dict[str, Any] = {
    "FilterExpression": "sk BETWEEN :first AND :last OR (sk = :record AND attribute_exists(movement))",
    "ExpressionAttributeValues": {
        ":first": {"S": keys.ENTRIES},
        ":last": {"S": keys.ENTRIES_END},
        ":record": {"S": keys.record("").sk},
    },
}


def fill(segments: int = SEGMENTS) -> int:
    """How many copies were written, those that stood already included; then the mark."""
    with ThreadPoolExecutor(segments) as pool:
        written = sum(pool.map(partial(_fill, segments), range(segments)))
    mark()
    return written


def mark() -> None:
    """Every line has its copy: there are no others, or they have theirs."""
    derive(update(keys.lines_copied(), assign={"at": stamp(datetime.now(UTC))}))


def is_marked() -> bool:
    """Whether the mark stands."""
    return read.get(keys.lines_copied()) is not None


def _fill(segments: int, segment: int) -> int:
    written = 0
    table = Table(settings().table_name, client.client(), segments)
    copies = _copies(chain.from_iterable(table.pages(segment, **_LINES)))
    while some := list(islice(copies, _AT_ONCE)):
        written += len(derive_each(some))
    return written


def _copies(lines: Iterable[Any]) -> Iterator[Write]:
    for raw in lines:
        item = decode(raw) or {}
        is_line = item["sk"].startswith(keys.ENTRIES)
        if write := copy(item["pk"], load(Entry, item)) if is_line else reservation(load(Record, item)):
            yield write


def main() -> None:
    """Raises SystemExit with one line where there is nothing to read."""
    table = table_name()
    with in_one_line(table):
        written = fill()
    print(f"{written:,} lines of rare kinds have their copies")


if __name__ == "__main__":
    main()
