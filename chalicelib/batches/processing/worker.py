"""A file of reductions becomes reductions (docs/adr/0008 and 0048).

Each line has one outcome, whoever works on it, when and how often. So all of this may run twice, at once or after a
crash: what is done is skipped or comes to the same. A message says ``{"batch": id, "lane": n}``.
"""

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from chalicelib.agenda.attempts import each
from chalicelib.agenda.walks import go_round
from chalicelib.batches import admission
from chalicelib.batches.actions import finish, judged
from chalicelib.batches.items import Batch, Progress
from chalicelib.batches.model import FOLDER, NDJSON, wake_key
from chalicelib.batches.processing import planning, results
from chalicelib.batches.processing.lanes import Turn, turn
from chalicelib.batches.queries import intake, progress
from chalicelib.errors import Contended, InvalidState
from chalicelib.files import store
from chalicelib.files.client import Replaced
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.settle import derive, perform
from chalicelib.queues import sender as queue
from chalicelib.settings import settings
from chalicelib.table import keys, lists, read
from chalicelib.table.lists import Place

RESUMING_SECONDS_MAX = 30  # for each day; what is left then is for the schedule's next firing
_TRIES_MAX = 10


def arrived(key: str) -> None:
    """A batch's file arrived, or the batch is woken: its file is planned, its lanes are sent, or it is ended."""
    id = key.removeprefix(FOLDER).partition("/")[0]
    batch = _unended(id)
    if batch and batch.status == "awaiting_upload":
        batch = _unended(id) if planning.plan(batch) else None
    if batch is None:
        return
    far = progress(id)
    if far.open(batch.judgement):
        _send(batch, far)
    else:
        _end(batch, far)


def handle(message: Mapping[str, Any]) -> None:
    """A lane has its turn. Raises Contended and Unavailable: the message is retried."""
    batch = _unended(str(message["batch"]))
    if batch is None:
        return
    ended = _turn(batch, message["lane"])
    if ended is Turn.MORE:
        _queue(batch, [message["lane"]])
    elif ended is Turn.DONE and not progress(batch.id).open(batch.judgement):
        wake(batch.id)


def _turn(batch: Batch, lane: int) -> Turn:
    try:
        return turn(batch, lane)
    except Replaced:
        planning.follow(batch)
        return Turn.MORE


def resume(now: datetime) -> None:
    """Wake the batches of today and yesterday of which nothing was heard for some time: a message of theirs is lost, or
    a dead letter. What is not lost comes twice, which changes nothing. In turns: however many files are announced and
    never sent, other batches and other jobs have their time.
    """
    silent = now - timedelta(seconds=settings().silent_seconds)
    each(*(partial(_resume_day, day, silent) for day in (now - timedelta(days=1), now)))


def _resume_day(day: datetime, silent: datetime) -> None:
    until = time.monotonic() + RESUMING_SECONDS_MAX
    go_round(lists.batches_open(day), partial(_resume_one, silent), until=until, up_to=stamp(silent))


def _resume_one(silent: datetime, place: Place) -> None:
    id = place.key.pk.removeprefix("batch:")
    if max([place.listing.rank, *progress(id).times()]) < stamp(silent):
        wake(id)


def wake(id: str) -> None:
    """Have a batch looked at, as if its file arrived once more."""
    store.put(wake_key(id), b"", content_type=NDJSON)


def _unended(id: str) -> Batch | None:
    """The batch, if something is to be done to it."""
    batch = read.get(keys.batch(id), Batch)
    return None if batch is None or batch.status in {"done", "refused"} else batch


def _send(batch: Batch, far: Progress) -> None:
    """Every lane that is not done has its turn, as soon as there is room for all of them."""
    if _admitted(batch, len(far.lanes)):
        _queue(batch, far.open(batch.judgement))
        _let_in(batch.operator)
    elif not intake(batch.operator).batches:  # whoever ended last died before it woke the next
        _let_in(batch.operator, asking=batch.id)


def _queue(batch: Batch, lanes: Iterable[int]) -> None:
    queue.send(({"batch": batch.id, "lane": lane} for lane in lanes), to=settings().batch_queue_url)


def _admitted(batch: Batch, lanes: int) -> bool:
    """Whether the batch has its room, now or since before. If not, it waits."""
    record = keys.part_id(batch.id, f"{batch.task} admit")
    for _ in range(_TRIES_MAX):
        found = intake(batch.operator)
        if batch.id in found.batches:
            return True
        if admission.has_room(found, batch, lanes):
            with suppress(InvalidState):  # another was quicker
                perform(record, lambda _: admission.admit(batch, intake(batch.operator), lanes))
                return True
        elif ended := [each for each in sorted(found.waiting)[:1] if _unended(each.rpartition(":")[2]) is None]:
            derive(admission.forget(batch, found, ended))
        elif admission.ranked(batch) in found.waiting or derive(admission.wait(batch, found)).done:
            return False
    raise Contended()


def _let_in(operator: str, asking: str = "") -> None:
    """Wake the batch that has waited longest, unless it is the one that asks; it lets in the next."""
    for waiting in sorted(intake(operator).waiting)[:1]:
        if (id := waiting.rpartition(":")[2]) != asking:
            wake(id)


def _end(batch: Batch, far: Progress) -> None:
    """Every lane is done: say so, and let in another batch."""
    if batch.judgement is None:
        results.join(batch.id)
    ending = judged if batch.judgement else finish
    record = keys.part_id(batch.id, f"{batch.task} finish" if batch.judgement else "finish")
    perform(record, lambda command: ending(command, batch, far, intake(batch.operator)))
    _let_in(batch.operator)
