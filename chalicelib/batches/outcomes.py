"""What becomes of lines: each has one outcome for ever, a reduction or a refusal, kept on its Record."""

import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

from chalicelib.batches.actions import slice_done
from chalicelib.batches.lines import NumberedLine, parse, refused_line, side_by_side
from chalicelib.batches.model import NDJSON, Sums, refused_key
from chalicelib.errors import Contended, Refusal, Unavailable
from chalicelib.files import store
from chalicelib.kernel.caller import SCENARIO_OPERATOR, Caller
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Facts
from chalicelib.kernel.settle import Settled, conclude, perform
from chalicelib.reductions.actions import report
from chalicelib.reductions.model import Reduction, Report
from chalicelib.reductions.queries import versions as versions_of
from chalicelib.table import keys
from chalicelib.table.write import Item

_TRIES_MAX = 8  # each is a second of patience already; then the whole event comes again


class Outcome(NamedTuple):
    """What became of a line; ``refused`` is its line in the file of refused lines."""

    line: int
    kind: str  # a field of Sums
    points: int
    refused: str = ""


def do_slice(pool: Executor, batch: Item, number: int, lines: Sequence[tuple[int, bytes]]) -> None:
    """Lines side by side, and then their sums, once. The refused ones come first: sums tell that they are there."""
    versions = versions_of(batch["scenario"])
    parsed = [parse(batch["scenario"], *line) for line in lines]
    broken = [each for each in parsed if not isinstance(each, NumberedLine)]
    outcomes = [Outcome(each.line, "refused", 0, each.model_dump_json()) for each in broken]
    for wave in side_by_side([each for each in parsed if isinstance(each, NumberedLine)]):
        for group in pool.map(partial(_in_order, batch, versions), wave):
            outcomes += group
    refused = [each.refused for each in sorted(outcomes) if each.refused]
    if refused:
        content = "".join(f"{line}\n" for line in refused).encode()
        store.put(refused_key(batch["id"], number), content, content_type=NDJSON)
    kinds = Counter(each.kind for each in outcomes)
    sums = Sums(points=sum(each.points for each in outcomes), **kinds)
    perform(
        keys.part_id(batch["id"], f"slice {number}"), lambda command: slice_done(command, batch["id"], number, sums)
    )


def _in_order(batch: Item, versions: Sequence[Item], lines: Iterable[NumberedLine]) -> list[Outcome]:
    return [_outcome(line.number, _conclude(batch, versions, line)) for line in lines]


def _conclude(batch: Item, versions: Sequence[Item], line: NumberedLine) -> Settled:
    """The line's one outcome: the same action as for a single report, its refusal kept too. Patient with others."""
    order = _order(batch, line)
    origin = Facts(batch=batch["id"], line=line.number)

    def decide() -> Decision:
        decision = report(order, versions)
        return replace(decision, facts=replace(decision.facts, batch=batch["id"], line=line.number))

    def refused(refusal: Refusal) -> Decision:
        return Decision("reduction_refused", refused_line(line.number, line.trip.record_id, refusal), facts=origin)

    for attempt in range(_TRIES_MAX):
        try:
            return conclude(order, decide, refused)
        except (Contended, Unavailable):
            time.sleep(random.uniform(0, min(5, 0.1 * 2**attempt)))
    return conclude(order, decide, refused)


def _order(batch: Item, line: NumberedLine) -> Command[Report]:
    """What the operator would have sent for this line alone, under a name that only this line has."""
    return Command(
        Caller(batch["operator"], SCENARIO_OPERATOR),
        Report(**line.trip.model_dump() | {"scenario": batch["scenario"]}),
        keys.part_id(batch["id"], f"line {line.number}"),
        datetime.now(UTC),
    )


def _outcome(line: int, settled: Settled) -> Outcome:
    if settled.status != 201:
        return Outcome(line, "refused", 0, settled.answer)
    made = Reduction.model_validate_json(settled.answer)
    return Outcome(line, "converted" if made.status == "confirmed" else "reported", made.points)
