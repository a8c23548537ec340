"""How far a batch is, and what became of its lines."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TypeVar

from chalicelib.batches.items import Batch, Intake, JudgedLane, Lane, Progress, Slice, as_lane
from chalicelib.batches.lines import RefusedLine
from chalicelib.batches.model import (
    BatchAnswer,
    BatchParams,
    RefusedLines,
    Sample,
    SampledLine,
    refused_key,
    to_answer,
    total,
)
from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.files import store
from chalicelib.kernel.caller import BUREAU, Caller
from chalicelib.kernel.fields import Page, stamp
from chalicelib.kernel.query import Query
from chalicelib.kernel.record import Record
from chalicelib.reductions.lookup.queries import as_they_stand, is_report
from chalicelib.table import keys, lists, read

T = TypeVar("T")
LINK_SECONDS = 300
_DRAWN_MAX = 500  # numbers that a sample tries: blank and unreadable lines have no Record
_TOGETHER = 100


def batch(caller: Caller, id: str) -> Batch:
    """A batch. Operators see their own. Raises NotFound."""
    found = read.get(keys.batch(id), Batch)
    if found is None or not (caller.reads_as(BUREAU) or caller.operates(found)):
        raise NotFound()
    return found


def progress(id: str) -> Progress:
    """How far a batch is."""
    rows = list(read.partition(keys.batch(id).pk, "judged:", "slice:~", chunk=1000))

    def of(begin: str, kind: type[T]) -> tuple[T, ...]:
        return tuple(row.load(kind) for row in rows if row.key.sk.startswith(begin))

    slices = of("slice:", Slice)
    return Progress((as_lane(slices),) if slices else of("lane:", Lane), of("judged:", JudgedLane))


def lane(id: str, number: int) -> Lane:
    """One lane of a batch, as of now."""
    found = read.get(keys.batch_lane(id, number), Lane)
    assert found is not None
    return found


def intake(operator: str) -> Intake:
    """What of an operator's batches is in work."""
    return read.get(keys.intake(operator), Intake) or Intake()


def view(caller: Caller, id: str, now: datetime) -> BatchAnswer:
    """A batch as it stands. Raises NotFound."""
    return _view(batch(caller, id), now)


def _view(found: Batch, now: datetime) -> BatchAnswer:
    far = progress(found.id)
    if found.finished_at is None or not total(far).refused:
        return to_answer(found, far)
    url = store.link(refused_key(found.id), file_name=f"{found.id}-refused.jsonl", seconds=LINK_SECONDS)
    return to_answer(found, far, RefusedLines(url=url, expires_at=stamp(now + timedelta(seconds=LINK_SECONDS))))


def listed(query: Query[BatchParams]) -> Page[BatchAnswer]:
    """The batches of an operator, or all of them for the bureau, newest first. Raises InvalidRequest."""
    ranks = read.first(_ranks(query), query.params.limit + 1)
    ids = {rank.rpartition(":")[2]: rank for rank in ranks}
    batches = read.many([keys.batch(id) for id in ids], Batch)
    answers = [_view(batches[keys.batch(id)], query.now) for id in ids]
    return query.page(answers, lambda each: {"rank": ids[each.id]})


def _ranks(query: Query[BatchParams]) -> Iterator[str]:
    """ "<time of the announcement>:<id>", newest first."""
    params, behind = query.params, query.position["rank"] if query.position else None
    if params.from_ and params.until and params.from_ > params.until:
        raise InvalidRequest.at("/until", "Must not be earlier than from", "不能早于 from")
    low, high = stamp(params.from_) if params.from_ else "0", stamp(params.until) if params.until else "~"
    low, high, chunk = low, behind or high, params.limit + 2
    if query.asker.reads_as(BUREAU):
        walk = (each.listing.rank for each in read.places(lists.BATCHES, between=(low, high), chunk=chunk))
    else:
        pk = keys.sent(query.asker.sub, low).pk
        walk = (each.key.sk for each in read.partition(pk, low, high, descending=True, chunk=chunk))
    return (rank for rank in walk if rank != behind)


def sample(caller: Caller, id: str, size: int) -> Sample:
    """Lines of a batch, drawn at random among those that have a Record. Raises NotFound."""
    found = batch(caller, id)
    drawn = _drawn([range(each.first, each.line) for each in progress(found.id).lanes])
    records: list[Record] = []
    for start in range(0, len(drawn), _TOGETHER):
        if len(records) < size:
            records += lines(found.id, drawn[start : start + _TOGETHER])
    return Sample(items=sorted(_sampled(records[:size]), key=lambda each: each.line))


def _drawn(done: list[range]) -> list[int]:
    """Numbers of lines, each as likely as any other."""
    count = sum(map(len, done))
    places = random.sample(range(count), min(count, _DRAWN_MAX))
    drawn: list[int] = []
    for numbers in done:
        drawn += (numbers[place] for place in places if place < len(numbers) and place >= 0)
        places = [place - len(numbers) for place in places]
    random.shuffle(drawn)
    return drawn


def lines(id: str, numbers: list[int] | range) -> list[Record]:
    """The Records of some lines; a blank or unreadable line has none."""
    return list(read.many([keys.record(keys.part_id(id, f"line {number}")) for number in numbers], Record).values())


def _sampled(records: list[Record]) -> Iterator[SampledLine]:
    for each in as_they_stand(record for record in records if is_report(record)):
        answer, line = each.answer, each.record.line or 0
        yield SampledLine(
            line=line, record_id=answer.record_id, status=answer.status, reduction=answer, code=None, detail=None,
            detail_zh=None,
        )  # fmt: skip
    for record in records:
        if not is_report(record):
            refused = RefusedLine.model_validate_json(record.answer)
            yield SampledLine(**refused.model_dump(), status="refused", reduction=None)
