"""A worker's turn in a lane: slice by slice from its cursor on, until the lane or the time ends (docs/adr/0048)."""

import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from itertools import islice

from chalicelib.batches.items import Batch, Lane
from chalicelib.batches.model import Sums, file_key, unpacked_key
from chalicelib.batches.processing import judging
from chalicelib.batches.processing.contents import Border, TextLine, lines
from chalicelib.batches.processing.outcomes import SLICE_LINES, report_lines
from chalicelib.batches.queries import lane
from chalicelib.files import store
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.settle import derive
from chalicelib.settings import settings
from chalicelib.table import keys
from chalicelib.table.write import Attr, update

TURN_SECONDS = 10  # then it is another lane's turn
_AHEAD_BYTES = 1 << 20


class Turn(Enum):
    """How a turn ended."""

    DONE = "the lane is done"
    MORE = "the time is up"
    TAKEN = "another worker is in this lane"


def turn(batch: Batch, number: int) -> Turn:
    """Continue in a lane: report its lines, or do to them what the bureau ordered."""
    until = time.monotonic() + TURN_SECONDS
    steps = judging.steps if batch.judgement else _steps
    with ThreadPoolExecutor(settings().batch_threads) as pool:
        for first in steps(pool, batch, number):
            if not first:
                return Turn.TAKEN
            if time.monotonic() > until:
                return Turn.MORE
    return Turn.DONE


def _steps(pool: Executor, batch: Batch, number: int) -> Iterator[bool]:
    """Each slice, and whether this worker was the first to bring it to its end."""
    at = lane(batch.id, number)
    key, etag = (unpacked_key(batch.id), None) if batch.packed else (file_key(batch.id), batch.etag)
    with store.stream(key, first=at.byte, until=at.end, etag=etag, ahead=_AHEAD_BYTES) as file:
        found = lines(file, Border(at.byte, at.line))
        while not at.done:
            some = list(islice(found, SLICE_LINES))
            sums = report_lines(pool, batch, at.line, some)
            behind = _behind(at, some)
            yield _move(batch, at, behind, sums)
            at = replace(at, byte=behind.byte, line=behind.number)


def _behind(at: Lane, some: list[TextLine]) -> Border:
    """Where the cursor goes: behind the last of ``some``, or to the lane's end where there are no more."""
    return Border(some[-1].end, some[-1].number + 1) if len(some) == SLICE_LINES else Border(at.end, at.until)


def _move(batch: Batch, at: Lane, behind: Border, sums: Sums) -> bool:
    """Add the sums of a slice and move the cursor, once; False where another worker has done so."""
    write = update(
        keys.batch_lane(batch.id, at.number),
        assign={"byte": behind.byte, "line": behind.number, "at": stamp(datetime.now(UTC))},
        add=sums.model_dump(exclude_defaults=True),
        require=Attr("byte").eq(at.byte),
    )
    return derive(write).done
