"""What opening, moving and finishing a batch decide."""

from dataclasses import replace

import pytest

from chalicelib.batches import actions
from chalicelib.batches.items import Batch, BatchPointer, JudgedSlice, Judgement, Progress, Slice
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


def test_a_batch_that_is_done_leaves_the_list_and_counts_its_lines() -> None:
    processing = batch(status="processing")
    far = Progress((Slice(number=0, at=AT, converted=1, refused=2, points=71),))
    decision = actions.move(command(role="system"), processing, "finish", progress=far)
    write = write_to(decision, keys.batch("b"))
    listed = dump(processing) | {"list": "batches:20260131", "rank": "x"}
    assert load(Batch, after(write, listed)) == replace(processing, status="done", finished_at=AT)
    assert not {"list", "rank"} & after(write, listed).keys()
    assert decision.metrics == {"BatchConverted": 1, "BatchRefused": 2, "BatchPoints": 71}
    assert isinstance(decision.answer, BatchAnswer)
    assert (decision.answer.status, decision.answer.converted) == ("done", 1)


def test_a_batch_that_is_refused_says_why_in_both_languages() -> None:
    decision = actions.move(command(role="system"), batch(), "refuse", reason=Text("Not it.", "不是。"))
    stored = load(Batch, after(write_to(decision, keys.batch("b")), batch()))
    assert (stored.status, stored.reason, stored.reason_zh) == ("refused", "Not it.", "不是。")


@pytest.mark.parametrize(("status", "action"), [("awaiting_upload", "finish"), ("done", "start"), ("refused", "start")])
def test_what_is_no_step_is_refused(status: str, action: str) -> None:
    with pytest.raises(InvalidState):
        actions.move(command(role="system"), batch(status=status), action)


def test_nobody_but_the_system_moves_a_batch() -> None:
    with pytest.raises(RoleNotAllowed):
        actions.move(command(role="bureau"), batch(), "start")


def test_of_two_workers_one_moves_the_batch() -> None:
    write = write_to(actions.move(command(role="system"), batch(), "start"), keys.batch("b"))
    assert holds(write, batch())
    assert not holds(write, batch(status="processing"))


def test_a_slice_is_counted_once() -> None:
    sums = Sums(converted=2, points=142)
    decision = actions.slice_done(command(role="system"), "b", 7, range(5, 9), sums)
    assert touched(decision) == [keys.batch_slice("b", 7)]
    stored = load(Slice, after(decision.writes[0]))
    assert not holds(decision.writes[0], stored)
    assert stored.numbers == range(5, 9)
    assert total(Progress((stored, stored))) == Sums(converted=4, points=284)


DONE = batch(status="done", finished_at=AT)
FAR = Progress((Slice(number=0, at=AT, reported=2), Slice(number=1, at=AT, converted=1, points=71)))
JUDGEMENT = Judgement(id=ID, action="confirm", reason="looked at", caller="official", at=AT)


def judge(action: str = "confirm", stored: Batch = DONE, far: Progress = FAR, role: str = "bureau") -> Decision:
    order = command(BatchReason(reason="looked at"), role=role, sub="official")
    return actions.judge(order, stored, far, action)


@pytest.mark.parametrize(("action", "status"), [("confirm", "confirming"), ("reject", "rejecting")])
def test_a_judgement_waits_for_a_worker_who_is_woken(action: str, status: str) -> None:
    decision = judge(action)
    assert touched(decision) == [keys.batch("b")]
    stored = after(decision.writes[0], DONE)
    assert load(Batch, stored) == batch(status=status, finished_at=AT, judgement=replace(JUDGEMENT, action=action))
    assert (stored["list"], stored["rank"]) == ("batches:20260131", f"{AT}:b")
    assert (decision.kind, decision.publish) == (f"batch_{status}", True)
    assert (decision.facts.batch, decision.facts.reason) == ("b", "looked at")


def test_of_two_judgements_at_once_one_is_made() -> None:
    [write] = judge().writes
    assert holds(write, DONE)
    assert not holds(write, batch(status="rejecting"))


@pytest.mark.parametrize("status", ["awaiting_upload", "processing", "confirming", "rejecting", "refused"])
def test_only_a_batch_that_is_done_is_judged(status: str) -> None:
    with pytest.raises(InvalidState):
        judge(stored=batch(status=status))


def test_where_no_line_waits_nothing_is_judged() -> None:
    done = JudgedSlice(judgement="other", action="reject", number=0, at=AT, judged=2)
    with pytest.raises(actions.NothingWaits):
        judge(far=replace(FAR, judged=(done,)))
    assert judge(far=replace(FAR, judged=(replace(done, judged=1, left=1),)))
    with pytest.raises(RoleNotAllowed):
        judge(role="exchange")


def test_what_a_judgement_did_is_counted_once_a_slice_and_shown() -> None:
    done = JudgedSlice(judgement=ID, action="confirm", number=0, at="", judged=1, points=10, left=1)
    decision = actions.slice_judged(command(role="system"), "b", done)
    assert touched(decision) == [keys.batch_judged("b", ID, 0)]
    stored = load(JudgedSlice, after(decision.writes[0]))
    assert stored == replace(done, at=AT)
    assert not holds(decision.writes[0], stored)
    confirming = replace(DONE, status="confirming", judgement=JUDGEMENT)
    finished = actions.judged(command(role="system"), confirming, replace(FAR, judged=(stored,)))
    answer = finished.answer
    assert isinstance(answer, BatchAnswer)
    assert (answer.status, answer.confirmed, answer.rejected, answer.points) == ("done", 1, 0, 81)
    assert answer.judgement is not None
    assert (answer.judgement.left, answer.finished_at) == (1, AT)
    write = write_to(finished, keys.batch("b"))
    assert load(Batch, after(write, confirming)) == replace(confirming, status="done")
    assert not holds(write, DONE)


def test_slices_of_before_are_taken_to_have_no_blank_lines() -> None:
    assert Slice(number=2, at=AT).numbers == range(2001, 3001)
