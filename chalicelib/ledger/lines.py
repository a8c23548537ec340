"""Lines of a statement by kind: each line of a rare kind has a copy among its like, so nobody walks past the others.

What fills statements has none: a trip costs nothing more. Lines from before there were copies got theirs from
``python -m infra.ops.lines``, which then leaves a mark; without the mark everybody walks (docs/adr/0050).
"""

from collections.abc import Collection, Iterator
from functools import partial
from heapq import merge
from typing import Any

from chalicelib.kernel.record import Record
from chalicelib.ledger.model import Entry, reserved
from chalicelib.table import keys, read
from chalicelib.table.keys import ENTRIES, ENTRIES_END
from chalicelib.table.write import Attr, Write, update

_EVERYDAY = frozenset({"conversion", "record"})  # the lines of those who travel, and of those who report
_SALES = "redemption"  # and those of merchants
WALKED = 100  # lines a request of a walk past others
_KNOWN: set[str] = set()


def forget() -> None:
    """What this process knows."""
    _KNOWN.clear()


def copy(name: str, entry: Entry) -> Write | None:
    """The copy of a line of ``name``; None where its kind has none. Writing it again changes nothing.

    A line of a sale with points is its merchant's, unless they came back to who won a part in a draw: those of a draw,
    which name the entry, all have one.
    """
    if not _has_copies(entry.kind, sells=entry.points > 0 and entry.reference == entry.id):
        return None
    place = keys.line(name, entry.kind, entry.place)
    return update(place, assign={field: value for field, value in vars(entry).items() if value is not None})


def reservation(record: Record) -> Write | None:
    """What a Record changes in a person's reserved points, among her checkpoints. Writing it again changes nothing."""
    found = reserved(record)
    return update(keys.reserved(found[0], record.at, record.id), assign={"reserved": found[1]}) if found else None


def of_kinds(
    name: str,
    kinds: Collection[str],
    low: str = ENTRIES,
    high: str = ENTRIES_END,
    *,
    sells: bool = False,
    chunk: int = WALKED,
    **options: Any,
) -> Iterator[Entry]:
    """Filed lines of some kinds between two places, newest first; ``options`` are those of ``read.partition``.

    ``sells``: of an institution, whose statement sales fill. Where each kind has copies nothing else is read; otherwise
    a budget bounds what is read past others. It ends walks of one kind only.
    """
    options = {"descending": True} | options
    if not all(map(partial(_has_copies, sells=sells), kinds)) or not _copied():
        where = Attr("kind").is_in([*kinds])
        return read.query(name, low, high, Entry, where=where, chunk=max(chunk, WALKED), **options)
    if options.get("before"):
        options["before"] = keys.line(name, "", options["before"]).sk
    copies = (keys.line(name, kind, low) for kind in kinds)
    last = keys.line(name, "", high).sk
    walks = (read.query(*first, last, Entry, chunk=chunk, **options) for first in copies)
    return merge(*walks, key=lambda entry: entry.place, reverse=options["descending"])


def _has_copies(kind: str, *, sells: bool) -> bool:
    return kind not in _EVERYDAY and not (sells and kind == _SALES)


def _copied() -> bool:
    """Whether every line has its copy. The mark stays, so a process asks until it is there."""
    if not _KNOWN and read.get(keys.lines_copied()):
        _KNOWN.add("copied")
    return bool(_KNOWN)
