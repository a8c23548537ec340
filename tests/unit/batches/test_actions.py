"""What opening, moving and finishing a batch decide."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.batches import actions, admission
from chalicelib.batches.items import (
    Batch,
    BatchPointer,
    Intake,
    JudgedLane,
    Judgement,
    Lane,
    Progress,
    Slice,
    as_lane,
)
from chalicelib.batches.model import BatchAnswer, BatchReason, NewBatch, Sums, Upload, total
from chalicelib.errors import InvalidRequest, InvalidState, RoleNotAllowed, Text
from chalicelib.kernel.decision import Decision
from chalicelib.table import keys
from chalicelib.table.row import dump, load
from tests.unit.batches.samples import batch
from tests.unit.decisions import AT, ID, after, command, holds, touched, write_to
from tests.unit.scenarios.samples import scenario

UPLOAD = Upload(url="https://example.com", fields={}, expires_at=AT)
BODY = NewBatch(scenario="metro", lines=3, sha256="0" * 64)


def opened(sub: str = "operator") -> Decision:
    order = command(BODY, role="scenario_operator", sub=sub)
    return actions.open_batch(order, [scenario(code="Metro")], UPLOAD)


def test_a_batch_waits_for_its_file_and_stands_among_the_open_ones() -> None:
    write = write_to(opened(), keys.batch(ID))
    stored = after(write)
    assert load(Batch, stored) == batch(id=ID, scenario="Metro")
    assert (stored["list"], stored["rank"]) == ("batches:20260131", f"{AT}:{ID}")
    assert not holds(write, stored)
    pointer = after(write_to(opened(), keys.sent("operator", f"{AT}:{ID}")))
    assert (load(BatchPointer, pointer), pointer["list"]) == (BatchPointer(ID), "reduction-batches")


def test_a_scenario_of_another_operator_is_none() -> None:
    with pytest.raises(InvalidRequest) as refused:
        opened("another")
    assert refused.value.facts["errors"][0]["pointer"] == "/scenario"


LANE = Lane(number=0, at=AT, byte=9, end=9, line=4, first=1, until=4, converted=1, refused=2, duplicates=1, points=71)
PROCESSING = batch(status="processing")
TAKEN = Intake(moves=3, lanes=1, batches=frozenset({"b"}))


def finish(stored: Batch = PROCESSING, lanes: tuple[Lane, ...] = (LANE,), intake: Intake = TAKEN) -> Decision:
    return actions.finish(command(role="system"), stored, Progress(lanes), intake)


def test_a_batch_that_is_done_leaves_the_list_and_counts_its_lines() -> None:
    decision = finish()
    write = write_to(decision, keys.batch("b"))
    listed = dump(PROCESSING) | {"list": "batches:20260131", "rank": "x"}
    assert load(Batch, after(write, listed)) == replace(PROCESSING, status="done", finished_at=AT)
    assert not {"list", "rank"} & after(write, listed).keys()
    assert decision.metrics == {"BatchConverted": 1, "BatchRefused": 2, "BatchPoints": 71}
    assert isinstance(decision.answer, BatchAnswer)
    assert (decision.answer.status, decision.answer.converted, decision.answer.duplicates) == ("done", 1, 1)


def test_a_batch_ends_only_with_an_outcome_for_each_line() -> None:
    with pytest.raises(RuntimeError):
        finish(lanes=(replace(LANE, refused=1),))


def test_a_batch_that_ends_makes_room() -> None:
    write = write_to(finish(), keys.intake("operator"))
    assert load(Intake, after(write, dump(TAKEN))) == Intake(moves=4)
    assert not holds(write, dump(replace(TAKEN, moves=4)))
    other = Intake(moves=1, lanes=2, batches=frozenset({"other"}))
    unadmitted = write_to(finish(intake=other), keys.intake("operator"))
    assert load(Intake, after(unadmitted, dump(other))) == replace(other, moves=2)


def test_a_batch_that_is_refused_says_why_in_both_languages() -> None:
    decision = actions.refuse(command(role="system"), batch(), Text("Not it.", "不是。"))
    stored = load(Batch, after(write_to(decision, keys.batch("b")), batch()))
    assert (stored.status, stored.reason, stored.reason_zh) == ("refused", "Not it.", "不是。")


@pytest.mark.parametrize("status", ["awaiting_upload", "done", "refused"])
def test_what_is_no_step_is_refused(status: str) -> None:
    with pytest.raises(InvalidState):
        finish(batch(status=status))
    if status != "awaiting_upload":
        with pytest.raises(InvalidState):
            actions.start(command(role="system"), batch(status=status), [LANE])


def test_nobody_but_the_system_moves_a_batch() -> None:
    with pytest.raises(RoleNotAllowed):
        actions.start(command(role="bureau"), batch(), [LANE])


def test_of_two_planners_one_starts_the_batch_with_all_its_lanes() -> None:
    lanes = [replace(LANE, byte=0, line=1), replace(LANE, number=1, byte=9, end=20, line=4, first=4, until=7)]
    decision = actions.start(command(role="system"), batch(etag="e"), lanes)
    write = write_to(decision, keys.batch("b"))
    assert holds(write, batch())
    assert not holds(write, PROCESSING)
    assert load(Batch, after(write, batch())) == replace(PROCESSING, etag="e")
    assert touched(decision) == [keys.batch("b"), keys.batch_lane("b", 0), keys.batch_lane("b", 1)]
    assert load(Lane, after(write_to(decision, keys.batch_lane("b", 1)))) == replace(lanes[1], at=AT)


def test_lanes_are_counted_together() -> None:
    assert total(Progress((LANE, LANE))) == Sums(converted=2, refused=4, duplicates=2, points=142)


DONE = batch(status="done", finished_at=AT)
FAR = Progress(
    (
        Lane(number=0, at=AT, line=3, first=1, until=3, reported=2),
        Lane(number=1, at=AT, line=4, first=3, until=4, converted=1, points=71),
    )
)
JUDGEMENT = Judgement(id=ID, action="confirm", reason="looked at", caller="official", at=AT)


def judge(action: str = "confirm", stored: Batch = DONE, far: Progress = FAR, role: str = "bureau") -> Decision:
    order = command(BatchReason(reason="looked at"), role=role, sub="official")
    return actions.judge(order, stored, far, action)


@pytest.mark.parametrize(("action", "status"), [("confirm", "confirming"), ("reject", "rejecting")])
def test_a_judgement_waits_for_a_worker_who_is_woken(action: str, status: str) -> None:
    decision = judge(action)
    assert touched(decision) == [keys.batch("b"), *(keys.batch_judged("b", ID, number) for number in (0, 1))]
    begun = load(JudgedLane, after(decision.writes[2]))
    assert begun == JudgedLane(judgement=ID, action=action, number=1, at=AT, line=3, until=4)
    stored = after(decision.writes[0], DONE)
    assert load(Batch, stored) == batch(status=status, finished_at=AT, judgement=replace(JUDGEMENT, action=action))
    assert (stored["list"], stored["rank"]) == ("batches:20260131", f"{AT}:b")
    assert (decision.kind, decision.publish) == (f"batch_{status}", True)
    assert (decision.facts.batch, decision.facts.reason) == ("b", "looked at")


def test_of_two_judgements_at_once_one_is_made() -> None:
    write = write_to(judge(), keys.batch("b"))
    assert holds(write, DONE)
    assert not holds(write, batch(status="rejecting"))


@pytest.mark.parametrize("status", ["awaiting_upload", "processing", "confirming", "rejecting", "refused"])
def test_only_a_batch_that_is_done_is_judged(status: str) -> None:
    with pytest.raises(InvalidState):
        judge(stored=batch(status=status))


def test_where_no_line_waits_nothing_is_judged() -> None:
    done = JudgedLane(judgement="other", action="reject", number=0, at=AT, judged=2)
    with pytest.raises(actions.NothingWaits):
        judge(far=replace(FAR, judged=(done,)))
    assert judge(far=replace(FAR, judged=(replace(done, judged=1, left=1),)))
    with pytest.raises(RoleNotAllowed):
        judge(role="exchange")


def test_what_a_judgement_did_is_shown() -> None:
    assert not actions.judged_lane(JUDGEMENT, FAR.lanes[0]).done
    done = JudgedLane(judgement=ID, action="confirm", number=0, at=AT, judged=1, points=10, left=1, line=3, until=3)
    confirming = replace(DONE, status="confirming", judgement=JUDGEMENT)
    finished = actions.judged(command(role="system"), confirming, replace(FAR, judged=(done,)), TAKEN)
    answer = finished.answer
    assert isinstance(answer, BatchAnswer)
    assert (answer.status, answer.confirmed, answer.rejected, answer.points) == ("done", 1, 0, 81)
    assert answer.judgement is not None
    assert (answer.judgement.left, answer.finished_at) == (1, AT)
    write = write_to(finished, keys.batch("b"))
    assert load(Batch, after(write, confirming)) == replace(confirming, status="done")
    assert not holds(write, DONE)
    assert load(Intake, after(write_to(finished, keys.intake("operator")), dump(TAKEN))).lanes == -1


def test_slices_of_before_are_one_lane_that_is_done() -> None:
    kept = [Slice(number=0, at=AT, converted=3, first=2, last=5), Slice(number=1, at=AT, refused=1, first=7, last=7)]
    assert as_lane(kept) == Lane(number=0, at=AT, line=8, first=2, until=8, converted=3, refused=1)
    assert as_lane([Slice(number=2, at=AT)]).first == 2001
    assert as_lane(kept).done


def older(moves: int = 1, **fields: Any) -> Intake:
    return Intake(moves=moves, **fields)


@pytest.mark.parametrize(
    ("intake", "lanes", "admitted"),
    [
        (Intake(), 8, True), (older(lanes=1), 8, False), (older(lanes=5), 3, True),
        (older(waiting=frozenset({f"{AT[:-1]}:a"})), 1, False), (older(waiting=frozenset({f"{AT}:c"})), 1, True),
        (older(lanes=1, batches=frozenset({"b"})), 1, False),
    ],
)  # fmt: skip
def test_a_batch_begins_where_there_is_room_and_no_older_one_waits(intake: Intake, lanes: int, admitted: bool) -> None:
    if not admitted:
        with pytest.raises(InvalidState):
            admission.admit(PROCESSING, intake, lanes)
        return
    [write] = admission.admit(PROCESSING, intake, lanes).writes
    assert holds(write, dump(intake) if intake.moves else None)
    assert not holds(write, dump(replace(intake, moves=intake.moves + 1)))
    found = load(Intake, after(write, dump(intake)))
    assert (found.lanes, found.batches) == (intake.lanes + lanes, frozenset({"b"}))


def test_a_batch_that_waits_is_let_in_later() -> None:
    full = older(lanes=8)
    waits = load(Intake, after(admission.wait(PROCESSING, full), dump(full)))
    assert (waits.waiting, waits.moves) == (frozenset({f"{AT}:b"}), 2)
    [write] = admission.admit(PROCESSING, replace(waits, lanes=0), 1).writes
    assert load(Intake, after(write, dump(replace(waits, lanes=0)))).waiting == frozenset()
