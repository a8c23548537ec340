"""A file of reductions becomes reductions (docs/adr/0008).

Each line has one outcome, whoever works on it, when and how often. So all of this may run twice, at once or after a
crash: what is done is skipped or comes to the same.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import IO, TypeVar

from chalicelib.batches.actions import judged, move
from chalicelib.batches.items import Batch, Judgement, Progress, Slice
from chalicelib.batches.model import (
    FILE_BYTES_MAX,
    FOLDER,
    NDJSON,
    file_key,
    refused_key,
    wake_key,
)
from chalicelib.batches.processing import judging
from chalicelib.batches.processing.contents import Unusable, counted, lines, unpacked
from chalicelib.batches.processing.outcomes import do_slice
from chalicelib.batches.queries import progress
from chalicelib.edge.events import for_each
from chalicelib.errors import Text
from chalicelib.files import store
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.settle import perform
from chalicelib.settings import settings
from chalicelib.table import keys, lists, read
from chalicelib.table.lists import Place

T = TypeVar("T")
SLICE_LINES = 1000  # what a crash may cause to be looked at again
WORK_SECONDS_MAX = 600  # of Lambda's 900: the rest is for the slice that was begun, and the end
QUIET = timedelta(minutes=15)  # a slice takes seconds, so a batch that is silent for longer has lost its worker


def arrived(key: str) -> None:
    """A batch's file arrived, or its worker is woken: until it is done or the time is up. An exception is retried."""
    id = key.removeprefix(FOLDER).partition("/")[0]
    batch = read.get(keys.batch(id), Batch)
    if batch is None or batch.status in {"done", "refused"}:
        return
    if batch.status in {"confirming", "rejecting", "reversing"}:
        assert batch.judgement is not None
        _judge(batch, batch.judgement)
        return
    file = store.fetch(file_key(id), bytes_max=FILE_BYTES_MAX)
    if file is None:
        return  # woken before the file came
    with file:
        try:
            _check_hash(batch, file)
            with unpacked(file, FILE_BYTES_MAX) as text:
                if batch.status == "awaiting_upload":
                    _check_lines(batch, text)
                    _move(batch, "start")
                _work(replace(batch, status="processing"), text)
        except Unusable as unusable:
            _move(batch, "refuse", reason=unusable.reason)


def resume(now: datetime) -> None:
    """Wake the batches of today and yesterday whose worker is lost: Lambda tries an event three times at most."""
    since = stamp(now - QUIET)
    listed = (each for day in (now - timedelta(days=1), now) for each in read.places(lists.batches_open(day)))

    def one(place: Place) -> None:
        id = place.key.pk.removeprefix("batch:")
        last = max([place.listing.rank, *progress(id).times()])
        if last < since:
            wake(id)

    for_each(listed, one, what="batch", name=lambda place: place.key.pk)


def wake(id: str) -> None:
    """Make a worker continue with a batch."""
    store.put(wake_key(id), b"", content_type=NDJSON)


def _move(batch: Batch, action: str, *, reason: Text | None = None, far: Progress | None = None) -> None:
    perform(keys.part_id(batch.id, action), lambda command: move(command, batch, action, reason=reason, progress=far))


def _check_hash(batch: Batch, file: IO[bytes]) -> None:
    """Raises Unusable where the file is not the announced one. S3 has checked this, an emulator may not have."""
    if hashlib.file_digest(file, "sha256").hexdigest() != batch.sha256:  # type: ignore[arg-type]
        raise Unusable(Text("The file's SHA-256 is not the announced one.", "文件的 SHA-256 与登记的不一致。"))


def _check_lines(batch: Batch, text: IO[bytes]) -> None:
    """Raises Unusable where the file holds another number of lines than announced; blank ones do not count."""
    found, announced = counted(text), batch.lines
    if found != announced:
        en = f"The file holds {found} lines, {announced} were announced. Blank lines do not count."
        raise Unusable(Text(en, f"文件共 {found} 行（不含空行），登记为 {announced} 行。"))


def _work(batch: Batch, file: IO[bytes]) -> None:
    done = {part.number for part in progress(batch.id).slices}
    waiting = ((number, some) for number, some in enumerate(_sliced(file)) if number not in done)
    if _each(batch, waiting, lambda pool, each: do_slice(pool, batch, *each)):
        _finish(batch)


def _judge(batch: Batch, judgement: Judgement) -> None:
    """A judgement reaches the slices that it has not reached yet, and then the batch is done again."""
    far = progress(batch.id)
    done, judged_before = ({part.number for part in parts} for parts in (far.of(judgement), far.judged))
    waiting = (part for part in far.slices if part.reported and part.number not in done)

    def do(pool: Executor, part: Slice) -> None:
        judging.do_slice(pool, batch, judgement, part, again=part.number in judged_before)

    if _each(batch, waiting, do):
        name = keys.part_id(batch.id, f"{judgement.id} finish")
        perform(name, lambda command: judged(command, batch, progress(batch.id)))


def _each(batch: Batch, slices: Iterable[T], do: Callable[[Executor, T], None]) -> bool:
    """``do`` each slice, its lines in threads; False where the time is up and another invocation continues."""
    until = time.monotonic() + WORK_SECONDS_MAX
    with ThreadPoolExecutor(settings().batch_threads) as pool:
        for each in slices:
            if time.monotonic() > until:
                wake(batch.id)  # with tries of its own
                return False
            do(pool, each)
    return True


def _sliced(file: IO[bytes]) -> Iterator[list[tuple[int, bytes]]]:
    """Numbered lines, some at a time."""
    numbered = lines(file)
    while some := list(islice(numbered, SLICE_LINES)):
        yield some


def _finish(batch: Batch) -> None:
    """Every slice is done: join the refused lines, then say so."""
    far = progress(batch.id)
    refused = [store.read(refused_key(batch.id, part.number)) for part in far.slices if part.refused]
    if refused:
        store.put(refused_key(batch.id), b"".join(refused), content_type=NDJSON)
    _move(batch, "finish", far=far)
