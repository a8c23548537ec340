"""Books of any size in little memory: accounts go out by a hash of their names, and come back a part at a time.

What is counted stays in memory until it is of ``ACCOUNTS_MAX`` accounts; then a line goes to each part. All that is
known of an account, of an offer and of its tills goes to one part.
"""

import gc
import gzip
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any
from zlib import crc32

from pydantic_core import from_json, to_json

from chalicelib.supervision.audit.accounts import Account
from chalicelib.supervision.audit.books import Books
from chalicelib.supervision.audit.stored import Raw
from chalicelib.supervision.audit.verdict import Moment, Part, judged

ACCOUNTS_MAX = 25_000  # some 20 MB
_ITEMS_A_PART, _PARTS_MAX = 200_000, 500
_BUFFER = 1 << 18

Write = Callable[[int, bytes], object]
Keep = Callable[[Iterator[bytes]], object]


def parts_for(items: int) -> int:
    """Among how many parts accounts are spread where there are so many items: one of them is judged in some 50 MB."""
    return min(_PARTS_MAX, 1 + items // _ITEMS_A_PART)


def part_of(name: str, parts: int) -> int:
    """The same in each process, and for an offer and its tills."""
    return crc32(name.partition("/")[0].encode()) % parts


class Spreading:
    """Books that ``write`` lines of accounts to ``parts``, and what they take away from earlier ones (``gone``)."""

    def __init__(self, parts: int, write: Write) -> None:
        self.books, self.gone, self.parts, self.write = Books(), Books(), parts, write

    def add(self, item: Raw) -> None:
        """Count one item."""
        self.change(None, item)

    def change(self, old: Raw | None, new: Raw | None) -> None:
        """Count an item as it is, and no longer as it was."""
        if old is not None:
            self.gone.add(old)
        if new is not None:
            self.books.add(new)
        if len(self.books.accounts) + len(self.gone.accounts) > ACCOUNTS_MAX:
            self.flush()

    def flush(self) -> None:
        """Let go of the accounts: of each what is gone before what came."""
        rows: list[list[Any]] = [[] for _ in range(self.parts)]
        for name, account in self.gone.accounts.items():
            rows[part_of(name, self.parts)].append((name, account.gone()))
        for name, account in self.books.accounts.items():
            rows[part_of(name, self.parts)].append((name, account.row()))
        self.gone.accounts.clear()
        self.books.accounts.clear()
        for number, each in enumerate(rows):
            if each:
                self.write(number, to_json(each) + b"\n")


def judged_lines(lines: Iterable[bytes], moment: Moment, keep: Keep = lambda _: None) -> Part:
    """A part from all lines that were written to it. ``keep`` is shown lines that make the same, for another day."""
    accounts: defaultdict[str, Account] = defaultdict(Account)
    with _uncollected():
        for line in lines:
            for name, row in from_json(line):
                accounts[name].absorb(row)
        keep(_lines(accounts))
        return judged(accounts, moment)


def _lines(accounts: Mapping[str, Account]) -> Iterator[bytes]:
    rows = ((name, account.row()) for name, account in accounts.items())
    while some := [*islice(rows, ACCOUNTS_MAX)]:
        yield to_json(some) + b"\n"


@contextmanager
def _uncollected() -> Iterator[None]:
    """Millions of small objects, none in a circle: to look for circles among them takes a sixth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def spreading(folder: Path, parts: int) -> Iterator[Spreading]:
    """What is added inside the block goes out to files in ``folder``, named by the numbers of their parts."""
    with ExitStack() as stack, _uncollected():
        files = [stack.enter_context((folder / str(number)).open("ab")) for number in range(parts)]
        made = Spreading(parts, lambda number, line: files[number].write(line))
        yield made
        made.flush()


def judged_files(paths: Iterable[Path], moment: Moment) -> Part:
    """A part whose lines lie in these files."""

    def lines() -> Iterator[bytes]:
        for path in paths:
            with path.open("rb") as file:
                yield from file

    return judged_lines(lines(), moment)


def exported(file: IO[bytes]) -> Iterator[Raw]:
    """The items of a file of a table's export: gzip, a line of DynamoDB JSON each."""
    return (line["Item"] for line in _unpacked(file))


def changed(file: IO[bytes]) -> Iterator[tuple[Raw | None, Raw | None]]:
    """The items of a file of an export of changes, as they were and as they are; None where there was or is none."""
    return ((line.get("OldImage"), line.get("NewImage")) for line in _unpacked(file))


def _unpacked(file: IO[bytes]) -> Iterator[Any]:
    with gzip.open(file) as unpacked, io.BufferedReader(unpacked, _BUFFER) as lines:
        for line in lines:
            yield from_json(line, cache_strings="keys")
