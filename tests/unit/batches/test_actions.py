"""What opening, moving and finishing a batch decide."""

from dataclasses import replace

import pytest

from chalicelib.batches import actions
from chalicelib.batches.items import Batch, Slice
from chalicelib.batches.model import BatchAnswer, NewBatch, Sums, Upload, total
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


def test_a_scenario_of_another_operator_is_none() -> None:
    with pytest.raises(InvalidRequest) as refused:
        opened("another")
    assert refused.value.facts["errors"][0]["pointer"] == "/scenario"


def test_a_batch_that_is_done_leaves_the_list_and_counts_its_lines() -> None:
    processing = batch(status="processing")
    sums = Sums(converted=1, refused=2, points=71)
    decision = actions.move(command(role="system"), processing, "finish", sums=sums)
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
    decision = actions.slice_done(command(role="system"), "b", 7, sums)
    assert touched(decision) == [keys.batch_slice("b", 7)]
    stored = load(Slice, after(decision.writes[0]))
    assert not holds(decision.writes[0], stored)
    assert total([stored, stored]) == Sums(converted=4, points=284)
