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

from chalicelib.batches.actions import slice_done
from chalicelib.batches.items import Batch
from chalicelib.batches.lines import NumberedLine, parse, refused_line, side_by_side
from chalicelib.batches.model import NDJSON, Sums, refused_key
from chalicelib.errors import Contended, Refusal, Unavailable
from chalicelib.files import store
from chalicelib.kernel.caller import SCENARIO_OPERATOR, Caller
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Facts
from chalicelib.kernel.settle import Settled, conclude, perform
from chalicelib.reductions.actions import report
from chalicelib.reductions.items import Recipient
from chalicelib.reductions.lookup.queries import credited, recipients
from chalicelib.reductions.model import ReductionAnswer, Report
from chalicelib.scenarios.items import Scenario
from chalicelib.scenarios.queries import versions
from chalicelib.table import keys

_TRIES_MAX = 8  # each is a second of patience already; then the whole event is retried


class Outcome(NamedTuple):
    """What became of a line; ``refused`` is its line in the file of refused lines."""

    line: int
    kind: str  # a field of Sums
    points: int
    refused: str = ""


class Setting(NamedTuple):
    """What the lines of a slice are judged by."""

    batch: Batch
    versions: Sequence[Scenario]
    recipients: Mapping[str, Recipient]


def do_slice(pool: Executor, batch: Batch, number: int, lines: Sequence[tuple[int, bytes]]) -> None:
    """Lines side by side, and then their sums, once. The refused ones come first: sums show that they are there."""
    parsed = [parse(batch.scenario, *line) for line in lines]
    broken = [each for each in parsed if not isinstance(each, NumberedLine)]
    sound = [each for each in parsed if isinstance(each, NumberedLine)]
    setting = Setting(batch, versions(batch.scenario), recipients({each.named for each in sound if each.trip.account}))
    outcomes = [Outcome(each.line, "refused", 0, each.model_dump_json()) for each in broken]
    for wave in side_by_side(sound):
        for group in pool.map(partial(_in_order, setting), wave):
            outcomes += group
    _keep_refused(batch.id, number, outcomes)
    kinds = Counter(each.kind for each in outcomes)
    sums = Sums(points=sum(each.points for each in outcomes), **kinds)
    numbers = range(lines[0][0], lines[-1][0] + 1)
    perform(
        keys.part_id(batch.id, f"slice {number}"),
        lambda command: slice_done(command, batch.id, number, numbers, sums),
    )


def _keep_refused(batch: str, number: int, outcomes: Iterable[Outcome]) -> None:
    refused = [each.refused for each in sorted(outcomes) if each.refused]
    if refused:
        content = "".join(f"{line}\n" for line in refused).encode()
        store.put(refused_key(batch, number), content, content_type=NDJSON)


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

    return patiently(lambda: conclude(order, decide, refused))


def patiently(settled: Callable[[], Settled]) -> Settled:
    """What ``settled`` comes to, however much others are in the way. Raises Contended, Unavailable when tries end."""
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
        Report(**line.trip.model_dump() | {"scenario": batch.scenario}),
        keys.part_id(batch.id, f"line {line.number}"),
        datetime.now(UTC),
    )


def _outcome(line: int, settled: Settled) -> Outcome:
    if settled.status != 201:
        return Outcome(line, "refused", 0, settled.answer)
    made = ReductionAnswer.model_validate_json(settled.answer)
    return Outcome(line, "converted" if made.status == "confirmed" else "reported", made.points)
