"""``python -m infra.ops.audit [--export FOLDER]``: recompute the books from the Records; exits 1 where they differ.

Without ``--export`` a table is scanned: that in TABLE_NAME, else that of the stage in STAGE, else the local stack's in
DATA. A scan sees a table that moves under it, so where callers are busy an export to S3 is better, fetched to FOLDER:
the table at one instant.
"""

import argparse
import gzip
import json
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer

from chalicelib.supervision.audit.books import Books
from infra.ops.target import in_one_line, table_name

SEGMENTS = 8
_SHOWN_MAX = 100
_read = TypeDeserializer().deserialize


def plain(item: dict[str, Any]) -> dict[str, Any]:
    """An item without DynamoDB's types."""
    return {name: _read(value) for name, value in item.items()}


def scanned(table: str, segments: int = SEGMENTS) -> Books:
    """The books of a table, read strongly consistent by several threads."""
    client, books, lock = boto3.client("dynamodb"), Books(), threading.Lock()

    def walk(segment: int) -> None:
        pages = client.get_paginator("scan").paginate(
            TableName=table, ConsistentRead=True, Segment=segment, TotalSegments=segments
        )
        for page in pages:
            items = [plain(item) for item in page["Items"]]
            with lock:
                for item in items:
                    books.add(item)

    with ThreadPoolExecutor(segments) as pool:
        list(pool.map(walk, range(segments)))
    return books


def exported(folder: Path) -> Books:
    """The books of an export in DynamoDB JSON, as S3 holds it: ``data/*.json.gz``. Raises SystemExit without any."""
    books = Books()
    files = sorted(folder.rglob("*.json.gz"))
    if not files:
        raise SystemExit(f"No export lies in {folder}: *.json.gz is looked for")
    for item in _items(files):
        books.add(plain(item))
    return books


def _items(files: list[Path]) -> Iterator[dict[str, Any]]:
    for path in files:
        if not path.name.startswith("manifest"):
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                yield from (json.loads(line)["Item"] for line in lines)


def report(books: Books) -> int:
    """Print what was found: 0 where all agrees, 1 where something differs, or there was nothing to look at."""
    found = list(books.differences())
    print(f"{books.records:,} Records, {len(books.held):,} accounts, tills and campaign accounts")
    print(f"{-books.moved['system:pool', 'points']:,} points in circulation")
    print(
        f"{books.moved['system:pool', 'grams']:,} grams behind them, {books.moved['system:retired', 'grams']:,} retired"
    )
    if books.waiting:
        print(f"{len(books.waiting):,} Records wait for the stream: statements and supply were not looked at")
    for each in found[:_SHOWN_MAX]:
        print(f"DIFFERENCE {each}")
    if not books.records:
        print("There is nothing here. Is this the table?")
        return 1
    looked_at = "Every balance and stock" if books.waiting else "Every balance, stock, statement and the supply"
    print(f"{len(found):,} differences" if found else f"{looked_at} agree.")
    return 1 if found else 0


def main(arguments: list[str]) -> int:
    """The exit status. Raises SystemExit with one line where there is nothing to read."""
    parser = argparse.ArgumentParser(prog="python -m infra.ops.audit", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--export", type=Path, metavar="FOLDER", help="an export of the table, fetched from S3")
    asked = parser.parse_args(arguments)
    if asked.export:
        return report(exported(asked.export))
    table = table_name()
    with in_one_line(table):
        books = scanned(table)
    return report(books)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
