"""What a Record adds to the sums of the day of its trip. Pure."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from chalicelib import lanes, shanghai
from chalicelib.kernel.record import Record
from chalicelib.reductions.items import Reduction
from chalicelib.reductions.lookup.queries import is_report
from chalicelib.reductions.model import ReductionAnswer
from chalicelib.table import keys
from chalicelib.table.write import Write, update

RULED = "dispute_ruled"  # of the room of disputes; the effect is what would have been decided without one
_DECIDED = {"reduction_confirmed": "confirmed", "reduction_rejected": "rejected", "reduction_reversed": "reversed"}


class Day(NamedTuple):
    """A scenario's day, by the version that governed the trips."""

    scenario: str
    day: str
    version: int


class Counted(NamedTuple):
    """What a Record adds to a day."""

    of: Day
    amounts: Mapping[str, int]


def of(answer: ReductionAnswer) -> Day:
    """The day (Asia/Shanghai) when the trip began: the state of a reduction moves no trip to another day."""
    day = f"{shanghai.clock(datetime.fromisoformat(answer.occurred_at)):%Y-%m-%d}"
    return Day(keys.scenario_code(answer.scenario), day, answer.scenario_version)


def taken(reduction: Reduction) -> Counted:
    """A report that was taken; an automatic scenario has confirmed it at once."""
    answer = reduction.answer
    amounts = {"trips": 1, "grams": answer.grams}
    return Counted(of(answer), amounts | (_as("confirmed", answer) if answer.status == "confirmed" else {}))


def decided(record: Record) -> Counted | None:
    """What the bureau has decided later, also by ruling a dispute; None where a Record is of nothing like that."""
    if record.kind == RULED:
        ruled = json.loads(record.answer)
        kind, decided = ruled["effect"], ruled.get("reduction")
    else:
        kind, decided = record.kind, None
    state = _DECIDED.get(kind)
    if state is None or is_report(record):
        return None
    answer = ReductionAnswer.model_validate(decided or json.loads(record.answer))
    return Counted(of(answer), _as(state, answer))


def _as(state: str, answer: ReductionAnswer) -> dict[str, int]:
    return {f"{state}_trips": 1, f"{state}_grams": answer.grams}


def writes(counted: Iterable[Counted]) -> list[Write]:
    """One Write for each day, in this consumer's lane."""
    lane = lanes.mine()
    sums: dict[Day, Counter[str]] = defaultdict(Counter)
    for each in counted:
        sums[each.of].update(each.amounts)
    return [
        update(keys.day_sums(*day, lane), assign={"version": day.version}, add=amounts)  # amounts of 0 make the item
        for day, amounts in sums.items()
    ]
