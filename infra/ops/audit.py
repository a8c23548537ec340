"""``python -m infra.ops.audit [--export FOLDER]``: recompute every balance from the Records, and compare.

The table is the one in TABLE_NAME, else that of the deployed stage in STAGE, else the local stack's in
DATA. A scan sees a table that moves under it, so where callers are busy an export to S3 is better, fetched to FOLDER:
the table at one instant. Either may be of any size: accounts are spread over files.
"""

import argparse
import json
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3

from chalicelib.supervision.audit.books import Books
from chalicelib.supervision.audit.spread import exported, judged_files, parts_for, spreading
from chalicelib.supervision.audit.verdict import Moment, Part, Verdict, concluded
from infra.ops.target import in_one_line, table_name

SEGMENTS = 8
_SHOWN_MAX, _PARTS = 100, 64
_BYTES_AN_ITEM = 150  # packed; where no manifest says how many items there are
Map = Callable[..., Iterable[Any]]


@dataclass(frozen=True)
class Table:
    """A table that is read strongly consistent, by several threads at once."""

    name: str
    client: Any
    segments: int = SEGMENTS

    def pages(self, segment: int, **options: Any) -> Iterator[list[Any]]:
        """The items (that pass the filter in ``options``) of one of ``segments`` parts."""
        pages = self.client.get_paginator("scan").paginate(
            TableName=self.name, ConsistentRead=True, Segment=segment, TotalSegments=self.segments, **options
        )
        return (page["Items"] for page in pages)

    def walk(self, see: Callable[[Any], object], **options: Any) -> None:
        """Show ``see`` every item (that passes the filter in ``options``), one at a time."""
        lock = threading.Lock()

        def part(segment: int) -> None:
            for page in self.pages(segment, **options):
                with lock:
                    for item in page:
                        see(item)

        with ThreadPoolExecutor(self.segments) as pool:
            list(pool.map(part, range(self.segments)))


def scanned(table: Table, moment_of: Callable[[Books], Moment] = Moment.instant) -> Verdict:
    """The books of a table. ``moment_of`` says what could be judged, once all of it was read."""
    with TemporaryDirectory() as scratch:
        with spreading(Path(scratch), _PARTS) as spread:
            table.walk(spread.add)
        return _judged([Path(scratch)], _PARTS, spread.books, moment_of(spread.books), map)


def exported_to(folder: Path, workers: int | None = None) -> Verdict:
    """The books of an export in DynamoDB JSON, as S3 holds it: ``data/*.json.gz``. Raises SystemExit without any."""
    files = sorted(each for each in folder.rglob("*.json.gz") if not each.name.startswith("manifest"))
    if not files:
        raise SystemExit(f"No export lies in {folder}: *.json.gz is looked for")
    if any(json.loads(each.read_text()).get("exportType") == "INCREMENTAL_EXPORT" for each in _summaries(folder)):
        raise SystemExit(f"{folder} holds an export of changes: take one of the whole table, from books/<day>/full")
    parts = parts_for(_items(folder, files))
    with TemporaryDirectory() as scratch, _pool(min(len(files), workers or os.cpu_count() or 1)) as spread_over:
        places = [Path(scratch) / str(number) for number in range(len(files))]
        books = Books()
        for rest in spread_over(partial(_spread, parts), files, places):
            books.absorb(rest)
        return _judged(places, parts, books, Moment.instant(books), spread_over)


def _items(folder: Path, files: list[Path]) -> int:
    """How many there are, as far as anything says."""
    summaries = _summaries(folder)
    if not summaries:
        return sum(each.stat().st_size for each in files) // _BYTES_AN_ITEM
    return sum(int(json.loads(each.read_text())["itemCount"]) for each in summaries)


def _summaries(folder: Path) -> list[Path]:
    return sorted(folder.rglob("manifest-summary.json"))


@contextmanager
def _pool(workers: int) -> Iterator[Map]:
    """As many processes; none beside this one where one is enough."""
    if workers == 1:
        yield map
        return
    with ProcessPoolExecutor(workers) as pool:
        yield pool.map


def _spread(parts: int, file: Path, place: Path) -> dict[str, Any]:
    """A file of an export goes out to ``place``; the rest of its books."""
    place.mkdir()
    with spreading(place, parts) as spread, file.open("rb") as packed:
        for item in exported(packed):
            spread.add(item)
    return spread.books.rest()


def _judged(places: list[Path], parts: int, books: Books, moment: Moment, spread_over: Map) -> Verdict:
    whole = Part()
    for part in spread_over(partial(_part, places, moment), range(parts)):
        whole.absorb(part)
    return concluded(books, whole, moment)


def _part(places: list[Path], moment: Moment, number: int) -> dict[str, Any]:
    return judged_files([place / str(number) for place in places], moment).rows()


def report(verdict: Verdict) -> int:
    """Print what was found: 0 where all agrees, 1 where something differs, or there was nothing to look at."""
    books, sums, found = verdict.books, verdict.sums, verdict.findings
    print(f"{books.records:,} Records, {verdict.whole.accounts:,} accounts, tills and campaign accounts")
    print(f"{sums['points_circulating']:,} points in circulation")
    print(f"{sums['grams_backing']:,} grams behind them, {sums['grams_retired']:,} retired")
    if books.waiting:
        print(f"{len(books.waiting):,} Records wait for the stream: statements and supply were not looked at")
    for each in found.named[:_SHOWN_MAX]:
        print(f"DIFFERENCE {each}")
    if not books.records:
        print("There is nothing here. Is this the table?")
        return 1
    looked_at = "Every balance and stock" if books.waiting else "Every balance, stock, statement and the supply"
    print(f"{found.count:,} differences" if found.count else f"{looked_at} agree.")
    return 1 if found.count else 0


def main(arguments: list[str]) -> int:
    """The exit status. Raises SystemExit with one line where there is nothing to read."""
    parser = argparse.ArgumentParser(prog="python -m infra.ops.audit", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--export", type=Path, metavar="FOLDER", help="an export of the table, fetched from S3")
    asked = parser.parse_args(arguments)
    if asked.export:
        return report(exported_to(asked.export))
    table = table_name()
    with in_one_line(table):
        found = scanned(Table(table, boto3.client("dynamodb")))
    return report(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
