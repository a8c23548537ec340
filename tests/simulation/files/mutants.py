"""Faults planted into what works through files of trips."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from chalicelib.batches import actions, admission
from chalicelib.batches.processing import judging, lanes, outcomes, planning, worker
from chalicelib.batches.processing.contents import Border
from tests.simulation.mutants import ANYWAY, Mutant, around

SENT = frozenset({"send_file", "freeze"})
JUDGED = SENT | {"judge_file", "judge", "reverse"}
LINES = "a batch counts each line once"


def _derived_anyway(real: Any, write: Any) -> Any:
    return real(replace(write, require=ANYWAY))


def _by_chance(real: Any, batch: Any, line: Any) -> Any:
    order = real(batch, line)
    return order._replace(id=f"{order.id[:-8]}{order.now:%S%f}")


def _short(real: Any, at: Any, some: Any) -> Any:
    behind = real(at, some)
    return Border(behind.byte, behind.number) if len(some) < 3 else Border(some[-2].end, some[-2].number + 1)


def _no_hash() -> AbstractContextManager[Any]:
    return patch.object(planning, "_check_hash", lambda *_: None)


MUTANTS: dict[str, Mutant] = {
    "files: a cursor is not compared": Mutant(
        "two workers in a lane both count a slice", around(lanes, "derive", _derived_anyway),
        (LINES, "a cursor only advances"), SENT,
    ),
    "files: a line has another name each time": Mutant(
        "a line that is done again is another command", around(outcomes, "_order", _by_chance),
        ("a line has one outcome",), SENT,
    ),
    "files: a slice ends a line early": Mutant(
        "the cursor stops before the last line of a slice", around(lanes, "_behind", _short), (LINES,), SENT,
    ),
    "files: other bytes are taken": Mutant(
        "the hash of a file is not compared, nor its lines counted", _no_hash,
        ("a file is what was announced",), SENT,
    ),
    "files: room for everybody": Mutant(
        "an operator's lanes are not counted", lambda: patch.object(admission, "has_room", lambda *_: True),
        ("an operator has eight lanes at most",), SENT,
    ),
    "files: a judgement counts a line for each worker": Mutant(
        "the cursor of a judgement is not compared", around(judging, "derive", _derived_anyway),
        ("a judgement counts each line once", "a cursor only advances"), JUDGED, seed=1,
    ),
    "files: a frozen account's line is passed over": Mutant(
        "what a judgement could not decide is not counted as left",
        around(judging, "_outcome", lambda real, *a: real(*a)._replace(left=0)),
        ("a judgement reaches every line",), JUDGED,
    ),
    "files: nobody is woken at the end": Mutant(
        "the last lane says nothing, and the schedule looks at no batch",
        lambda: patch.object(worker, "wake", lambda _: None),
        ("every file comes to its end", "who is at the end makes room"), SENT,
    ),
    "files: an end makes no room": Mutant(
        "the lanes of a batch that is done stay counted",
        around(actions, "release", lambda real, batch, intake, lanes: real(batch, intake, 0)),
        ("an operator has eight lanes at most",), SENT,
    ),
}  # fmt: skip
