"""Scenarios in force, reductions and their state."""

from chalicelib.errors import NotFound
from chalicelib.kernel.caller import BUREAU, Caller
from chalicelib.kernel.fields import Page, Params, stamp
from chalicelib.kernel.query import Query
from chalicelib.kernel.record import Record
from chalicelib.reductions.model import Reduction, ReductionParams, Scenarios, ScenarioView, in_force
from chalicelib.table import keys, lists, read
from chalicelib.table.write import Item

KINDS = ("reduction_reported", "reduction_confirmed")


def versions(code: str) -> list[Item]:
    """All versions of a scenario, oldest first, as of now."""
    code = keys.scenario_code(code)
    return list(read.query("scenarios", f"{code}:", f"{code}:~"))


def published(query: Query[Params]) -> Scenarios:
    """The version in force of every scenario."""
    by_code: dict[str, list[Item]] = {}
    for item in read.query("scenarios", "!", "~"):
        by_code.setdefault(item["code"], []).append(item)
    current = (in_force(each, stamp(query.now)) for each in by_code.values())
    return Scenarios(items=[ScenarioView.model_validate(each) for each in current if each])


def reduction(caller: Caller, id: str) -> tuple[Reduction, Record]:
    """A reduction as it stands, and its Record. Operators see what they reported. Raises NotFound."""
    record = read.get(keys.record(id), Record)
    if record is None or record.kind not in KINDS or record.scenario is None:
        raise NotFound()
    if not caller.reads_as(BUREAU) and not caller.made(record):
        raise NotFound()
    reported = Reduction.model_validate_json(record.answer)
    return _as_it_stands(reported, read.get(keys.reduction(reported.scenario, reported.record_id))), record


def _as_it_stands(reported: Reduction, state: Item | None) -> Reduction:
    assert state is not None  # written in the same transaction as the Record
    points = reported.grams if state["status"] == "confirmed" else 0
    return reported.model_copy(update={"status": state["status"], "reason": state.get("reason"), "points": points})


def waiting(query: Query[ReductionParams]) -> Page[Reduction]:
    """Reductions that wait for confirmation, oldest first."""
    listed = read.listed(
        lists.REDUCTIONS_REPORTED, after=query.position, descending=False, chunk=query.params.limit + 1
    )
    found = read.first(listed, query.params.limit + 1)
    states = read.many([keys.Key(each["pk"], each["sk"]) for each in found])
    records = read.many([keys.record(state["reduction"]) for state in states.values()], Record)
    position = {}
    reductions = []
    for each in found:
        state = states[keys.Key(each["pk"], each["sk"])]
        reported = Reduction.model_validate_json(records[keys.record(state["reduction"])].answer)
        reductions.append(_as_it_stands(reported, state))
        position[reported.id] = {part: each[part] for part in ("pk", "sk", "list", "rank")}
    return query.page(reductions, lambda reduction: position[reduction.id])
