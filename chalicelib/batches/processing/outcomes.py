"""What becomes of lines: each has one outcome for ever, a reduction or a refusal, kept on its Record."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

from chalicelib.batches.items import Batch
from chalicelib.batches.lines import NumberedLine, parse, refused_line, side_by_side
from chalicelib.batches.model import NDJSON, Sums, refused_key
from chalicelib.batches.processing.contents import TextLine
from chalicelib.errors import Contended, Refusal, Unavailable
from chalicelib.files import store
from chalicelib.kernel.caller import SCENARIO_OPERATOR, Caller
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Facts
from chalicelib.kernel.settle import Settled, conclude
from chalicelib.reductions.actions import AlreadyReported, report
from chalicelib.reductions.items import Recipient
from chalicelib.reductions.lookup.queries import credited, recipients
from chalicelib.reductions.model import ReductionAnswer, Report
from chalicelib.scenarios.items import Scenario
from chalicelib.scenarios.queries import versions
from chalicelib.table import keys

_TRIES_MAX = 8  # each is a second of patience already; then the whole slice is
SLICE_LINES = 1000  # between two moves of a cursor: what a crash may cause to be looked at again
SLICE_SECONDS_MAX = 120  # of the worker's 300
_DUPLICATE = f'"code":"{AlreadyReported.code}"'


class Outcome(NamedTuple):
    """What became of a line; ``refused`` is its line in the file of refused lines."""

    line: int
    kind: str  # a field of Sums
    points: int
    refused: str = ""

    @property
    def is_duplicate(self) -> bool:
        return _DUPLICATE in self.refused


class Setting(NamedTuple):
    """What the lines of a slice are judged by, and until when (time.monotonic)."""

    batch: Batch
    versions: Sequence[Scenario]
    recipients: Mapping[str, Recipient]
    until: float


def report_lines(pool: Executor, batch: Batch, first: int, lines: Sequence[TextLine]) -> Sums:
    """The outcomes of a slice's lines, side by side. The refused ones are put before the sums can be counted.

    ``first`` is the number of the slice's first line, blank or not. Raises Contended and Unavailable.
    """
    parsed = [parse(batch.scenario, each.number, each.content) for each in lines]
    broken = [each for each in parsed if not isinstance(each, NumberedLine)]
    sound = [each for each in parsed if isinstance(each, NumberedLine)]
    named = recipients({each.named for each in sound if each.trip.account})
    setting = Setting(batch, versions(batch.scenario), named, time.monotonic() + SLICE_SECONDS_MAX)
    outcomes = [Outcome(each.line, "refused", 0, each.model_dump_json()) for each in broken]
    for wave in side_by_side(sound):
        for group in pool.map(partial(_in_order, setting), wave):
            outcomes += group
    _keep_refused(batch.id, first, outcomes)
    kinds = Counter(each.kind for each in outcomes)
    duplicates = sum(each.is_duplicate for each in outcomes)
    return Sums(points=sum(each.points for each in outcomes), duplicates=duplicates, **kinds)


def _keep_refused(batch: str, first: int, outcomes: Iterable[Outcome]) -> None:
    refused = [each.refused for each in sorted(outcomes) if each.refused]
    if refused:
        content = "".join(f"{line}\n" for line in refused).encode()
        store.put(refused_key(batch, first), content, content_type=NDJSON)


def _in_order(setting: Setting, lines: Iterable[NumberedLine]) -> list[Outcome]:
    return [_outcome(line.number, _conclude(setting, line)) for line in lines]


def _conclude(setting: Setting, line: NumberedLine) -> Settled:
    """The line's one outcome: the same action as for a single report, its refusal kept too. Patient with others."""
    order = _order(setting.batch, line)
    origin = Facts(batch=setting.batch.id, line=line.number)

    def decide() -> Decision:
        recipient = setting.recipients.get(line.named) or credited(order.caller, line.trip, setting.batch.scenario)
        decision = report(order, setting.versions, recipient)
        return replace(decision, facts=replace(decision.facts, batch=origin.batch, line=origin.line))

    def refused(refusal: Refusal) -> Decision:
        return Decision("reduction_refused", refused_line(line.number, line.trip.record_id, refusal), facts=origin)

    return patiently(lambda: conclude(order, decide, refused), setting.until)


def patiently(settled: Callable[[], Settled], until: float) -> Settled:
    """What ``settled`` comes to, however much others are in the way. Raises Contended, Unavailable when tries end,
    or the time does: what is done then is found done when the slice is tried again.
    """
    if time.monotonic() > until:
        raise Unavailable()
    for attempt in range(_TRIES_MAX):
        try:
            return settled()
        except (Contended, Unavailable):
            time.sleep(random.uniform(0, min(5, 0.1 * 2**attempt)))
    return settled()


def _order(batch: Batch, line: NumberedLine) -> Command[Report]:
    """What the operator would have sent for this line alone, under a name that only this line has."""
    return Command(
        Caller(batch.operator, SCENARIO_OPERATOR),
        Report.model_construct(**vars(line.trip) | {"scenario": batch.scenario}),  # both are validated
        keys.part_id(batch.id, f"line {line.number}"),
        datetime.now(UTC),
    )


def _outcome(line: int, settled: Settled) -> Outcome:
    if settled.status != 201:
        return Outcome(line, "refused", 0, settled.answer)
    made = ReductionAnswer.model_validate_json(settled.answer)
    return Outcome(line, "converted" if made.status == "confirmed" else "reported", made.points)
