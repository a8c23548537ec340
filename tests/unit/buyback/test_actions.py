"""Runs, lots and retirements: whole tonnes only, once, and no lot after the end of its run."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.buyback import actions
from chalicelib.buyback.items import Ahead, Run, RunLane, RunPart, total
from chalicelib.buyback.model import COUNTING_LANES, LANES, PART_MERCHANTS, PARTS_AT_ONCE, TONNE, NewRetirement, lot_id
from chalicelib.errors import Contended, InvalidState
from chalicelib.kernel.decision import Decision
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.record import Posting
from chalicelib.ledger.model import GRAMS, POINTS
from chalicelib.settings import settings
from chalicelib.table import keys
from chalicelib.table.commit import WRITES_MAX
from chalicelib.table.lists import BUY_BACK_RUNS
from tests.unit.decisions import AT, ID, after, command, holds, refusal, touched, write_to
from tests.unit.parties import SERIAL_KEY, SHOP, at, certificate, institution

PLANNING = Run(id="r", status="planning", started_at=AT, full=True)
RUNNING = replace(PLANNING, status="running", parts=2)
FINISHED = replace(RUNNING, status="finished", finished_at=AT)
RUN, PART = keys.run("r"), keys.run_part("r", 3)
LANES_OF_THE_RUN = [keys.run_lane("r", lane) for lane in range(LANES)]


def system() -> Any:
    return command(role="system", sub="system")


def lane_of(decision: Decision) -> Any:
    """The one Write to a lane."""
    [write] = [each for each in decision.writes if each.key in LANES_OF_THE_RUN]
    return write


@pytest.mark.parametrize("full", [True, False])
def test_a_run_starts_unplanned_with_empty_lanes_and_is_published(full: bool) -> None:
    decision = actions.start(system(), full=full)
    assert decision.publish
    kept = after(write_to(decision, keys.run(ID)))
    assert (kept.pop("list"), kept.pop("rank")) == (BUY_BACK_RUNS, f"{AT}:{ID}")
    assert kept.items() >= {"id": ID, "status": "planning", "started_at": AT, "full": full, "planned": 0}.items()
    assert "parts" not in kept
    for lane in range(LANES):
        empty = after(write_to(decision, keys.run_lane(ID, lane)))
        assert empty == {"merchants": 0, "points": 0, "tonnes": 0, "parts": 0, "at": "", "status": "running"}
    assert len(touched(decision)) == 1 + LANES
    assert decision.answer.model_dump().items() >= {"merchants": 0, "tonnes": 0, "finished_at": None}.items()


SOME = [f"m{number}" for number in range(2 * PART_MERCHANTS + 1)]
CURSOR = {"pk": "p", "sk": "m50"}


def test_a_plan_remembers_merchants_and_where_it_stopped_because_a_queue_may_lose_it() -> None:
    run = replace(PLANNING, planned=4)
    decision = actions.plan(system(), run, Ahead(SOME, CURSOR, complete=False))
    parts = [after(write_to(decision, keys.run_part("r", number))) for number in (5, 6, 7)]
    assert [part["number"] for part in parts] == [5, 6, 7]
    assert [merchant for part in parts for merchant in part["merchants"]] == SOME
    assert {part["status"] for part in parts} == {"planned"}
    planned = after(write_to(decision, RUN), run)
    assert (planned["status"], planned["planned"], planned["cursor"], planned["moved_at"]) == (
        "planning", 7, CURSOR, AT,
    )  # fmt: skip
    assert "parts" not in planned
    assert len(touched(decision)) == 4


def test_a_plan_that_was_planned_on_meanwhile_changes_nothing() -> None:
    write = write_to(actions.plan(system(), PLANNING, Ahead(SOME, CURSOR, complete=False)), RUN)
    assert holds(write, PLANNING)
    assert isinstance(refusal(write, replace(PLANNING, planned=1)), InvalidState)


@pytest.mark.parametrize("merchants", [SOME, []])
def test_a_plan_is_complete_once_with_its_last_merchants(merchants: list[str]) -> None:
    run = replace(PLANNING, planned=4)
    decision = actions.plan(system(), run, Ahead(merchants, CURSOR, complete=True))
    planned = after(write_to(decision, RUN), run)
    assert (planned["status"], planned["parts"]) == ("running", 4 + (3 if merchants else 0))
    assert refusal(write_to(decision, RUN), RUNNING).facts["state"] == "running"
    for other in (RUNNING, FINISHED):
        with pytest.raises(InvalidState):
            actions.plan(system(), other, Ahead([], {}, complete=True))


def test_a_whole_plan_fits_into_one_transaction() -> None:
    merchants = [f"{number:026d}" for number in range(PART_MERCHANTS * PARTS_AT_ONCE)]
    decision = actions.plan(system(), PLANNING, Ahead(merchants, CURSOR, complete=False))
    assert len(decision.writes) + 1 <= WRITES_MAX


@pytest.mark.parametrize(
    ("moved", "heard", "silent"), [(0, [], False), (16, [], True), (16, [1], False), (30, [20], True)]
)
def test_a_run_is_silent_when_nothing_was_heard_of_it(moved: int, heard: list[int], silent: bool) -> None:
    now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    stamps = [stamp(now - timedelta(minutes=each)) for each in heard]
    run = Run(id="r", status="running", started_at=stamp(now - timedelta(hours=2)), full=True)
    run = replace(run, moved_at=stamp(now - timedelta(minutes=moved)))
    assert run.is_silent(now, stamps) == silent


@pytest.mark.parametrize("points", [TONNE, TONNE + 1, 2 * TONNE - 1, 3 * TONNE + 345_678])
def test_a_lot_is_whole_tonnes_and_the_remainder_stays(points: int) -> None:
    merchant = institution(points=points)
    decision = actions.pay(system(), "r", merchant)
    amount, tonnes = points - points % TONNE, points // TONNE
    assert decision.facts.movement == "buy_back"
    assert decision.facts.postings == (
        Posting(SHOP, keys.POOL, amount, POINTS),
        Posting(keys.POOL, SHOP, amount, GRAMS),
    )
    paid = after(at(decision, SHOP), merchant)
    assert (paid["points"], paid["grams"]) == (points % TONNE, amount)
    lane = after(lane_of(decision), RunLane())
    assert (lane["merchants"], lane["points"], lane["tonnes"], lane["parts"]) == (1, amount, tonnes, 0)
    assert decision.answer.model_dump() == {
        "id": ID, "run": "r", "points": amount, "tonnes": tonnes, "grams": amount, "at": AT,
    }  # fmt: skip
    assert (decision.facts.counterparty, decision.facts.reference) == ("buy-back", "r")
    assert len(touched(decision)) == 2


def test_a_lot_is_named_by_its_run_and_its_merchant() -> None:
    assert lot_id("r", "a") == lot_id("r", "a")
    assert len({lot_id("r", "a"), lot_id("r", "b"), lot_id("s", "a")}) == 3


@pytest.mark.parametrize("stored", [institution(points=TONNE - 1), institution(points=TONNE, status="frozen"), None])
def test_a_balance_that_fell_meanwhile_is_read_again(stored: Any) -> None:
    decision = actions.pay(system(), "r", institution(points=TONNE))
    assert type(refusal(at(decision, SHOP), stored)) is Contended


def test_a_balance_that_gained_a_whole_tonne_meanwhile_is_read_again() -> None:
    decision = actions.pay(system(), "r", institution(points=TONNE))
    assert type(refusal(at(decision, SHOP), institution(points=2 * TONNE))) is Contended
    assert after(at(decision, SHOP), institution(points=2 * TONNE - 1))["points"] == TONNE - 1


@pytest.mark.parametrize("stored", [RunLane(status="finished"), None])
def test_a_finished_run_takes_no_lot_and_no_part(stored: Any) -> None:
    for decision in (
        actions.pay(system(), "r", institution(points=TONNE)),
        actions.part_done(system(), "r", RunPart(number=3)),
    ):
        assert isinstance(refusal(lane_of(decision), stored), InvalidState)


def test_a_part_is_done_once_and_its_lane_counts_it() -> None:
    part = RunPart(number=3, merchants=("a", "b"))
    decision = actions.part_done(system(), "r", part)
    assert after(write_to(decision, PART), part)["status"] == "done"
    counted = lane_of(decision)
    assert after(counted, RunLane(parts=1)).items() >= {"parts": 2, "at": AT}.items()
    assert counted.key in LANES_OF_THE_RUN[:COUNTING_LANES]
    assert refusal(write_to(decision, PART), replace(part, status="done")).facts["state"] == "done"
    assert len(touched(decision)) == 2


LANES_AS_READ = {
    LANES_OF_THE_RUN[0]: RunLane(merchants=2, points=3 * TONNE, tonnes=3, parts=1),
    LANES_OF_THE_RUN[1]: RunLane(merchants=1, points=TONNE, tonnes=1, parts=1),
}


def test_a_run_finishes_with_the_sums_of_its_lanes() -> None:
    decision = actions.finish(system(), RUNNING, LANES_AS_READ)
    finished = after(write_to(decision, RUN), RUNNING)
    expected = {"status": "finished", "finished_at": AT, "merchants": 3, "points": 4 * TONNE, "tonnes": 4}
    assert finished.items() >= expected.items()
    assert decision.answer.model_dump().items() >= expected.items()
    assert decision.metrics == {"RunMerchants": 3, "RunPoints": 4 * TONNE, "RunTonnes": 4}
    for key, lane in LANES_AS_READ.items():
        assert after(write_to(decision, key), lane)["status"] == "finished"


@pytest.mark.parametrize("changes", [{"points": 4 * TONNE, "merchants": 3}, {"merchants": 3}])
def test_a_lot_that_joins_while_its_run_finishes_is_counted(changes: Any) -> None:
    decision = actions.finish(system(), RUNNING, LANES_AS_READ)
    key, lane = next(iter(LANES_AS_READ.items()))
    assert type(refusal(write_to(decision, key), replace(lane, **changes))) is Contended


def test_a_run_finishes_once() -> None:
    write = write_to(actions.finish(system(), RUNNING, LANES_AS_READ), RUN)
    assert refusal(write, FINISHED).facts["state"] == "finished"
    for run in (PLANNING, FINISHED):
        with pytest.raises(InvalidState):
            actions.finish(system(), run, LANES_AS_READ)


def test_lanes_add_up_and_none_are_nothing() -> None:
    assert vars(total(LANES_AS_READ.values())) == {"merchants": 3, "points": 4 * TONNE, "tonnes": 4}
    assert vars(total([])) == {"merchants": 0, "points": 0, "tonnes": 0}


@pytest.fixture
def retired() -> Decision:
    body = NewRetirement(grams=400, purpose="offset", beneficiary="马拉松")
    return actions.retire(command(body, role="institution", sub="shop"), institution(), serial_key=SERIAL_KEY)


def test_a_retirement_takes_grams_and_certifies_them(retired: Decision) -> None:
    assert retired.facts.movement == "retirement"
    assert retired.facts.postings == (Posting(SHOP, keys.RETIRED, 400, GRAMS),)
    assert retired.facts.counterparty == "offset"
    assert after(at(retired, SHOP), institution(grams=1000))["grams"] == 600
    assert certificate(retired).items() >= {
        "kind": "retirement", "holder": "示例商贸", "beneficiary": "马拉松", "grams": 400, "points": 0,
        "purpose": "offset",
    }.items()  # fmt: skip
    assert len(touched(retired)) == 2


@pytest.mark.parametrize(
    ("stored", "code"),
    [
        (institution(grams=399), "insufficient_grams"),
        (institution(grams=400, kind="individual"), "not_found"),
        (institution(grams=400, status="frozen"), "account_frozen"),
        (institution(grams=400, status="closed"), "account_closed"),
        (None, "not_found"),
    ],
)
def test_only_an_institution_that_may_act_retires_what_it_holds(retired: Decision, stored: Any, code: str) -> None:
    assert refusal(at(retired, SHOP), stored).code == code


def test_each_step_has_the_name_by_which_an_auditor_finds_it() -> None:
    part = RunPart(number=3, merchants=("a", "b"))
    steps = {
        "buy_back_run_started": actions.start(system(), full=True),
        "buy_back_run_planned": actions.plan(system(), PLANNING, Ahead(SOME, CURSOR, complete=False)),
        "buy_back": actions.pay(system(), "r", institution(points=TONNE)),
        "buy_back_part_done": actions.part_done(system(), "r", part),
        "buy_back_run_finished": actions.finish(system(), RUNNING, LANES_AS_READ),
    }
    assert [decision.kind for decision in steps.values()] == list(steps)
    assert steps["buy_back_part_done"].answer.model_dump() == {"merchants": 2}
    assert steps["buy_back_run_planned"].answer.model_dump() == {"merchants": len(SOME)}


def test_who_comes_too_late_is_told_what_became_of_it_and_what_was_tried() -> None:
    done = write_to(actions.part_done(system(), "r", RunPart(number=3)), PART)
    assert not holds(done, None)
    assert refusal(done, RunPart(number=3, status="done")).facts == {"state": "done", "action": "done"}
    assert refusal(done, None).facts == {"state": "?", "action": "done"}
    finish = write_to(actions.finish(system(), RUNNING, LANES_AS_READ), RUN)
    assert refusal(finish, FINISHED).facts == {"state": "finished", "action": "finish"}
    assert refusal(finish, None).facts == {"state": "?", "action": "finish"}
    plan = write_to(actions.plan(system(), PLANNING, Ahead(SOME, CURSOR, complete=False)), RUN)
    assert refusal(plan, RUNNING).facts == {"state": "running", "action": "plan"}
    lane = lane_of(actions.pay(system(), "r", institution(points=TONNE)))
    assert refusal(lane, RunLane(status="finished")).facts == {"state": "finished", "action": "buy back"}


def test_steps_are_taken_from_what_was_read() -> None:
    part = RunPart(number=3)
    assert holds(write_to(actions.part_done(system(), "r", part), PART), part)
    finish = actions.finish(system(), RUNNING, LANES_AS_READ)
    assert holds(write_to(finish, RUN), RUNNING)
    for key, lane in LANES_AS_READ.items():
        assert holds(write_to(finish, key), lane)


def test_a_lot_has_the_same_name_for_ever() -> None:
    assert lot_id("r", "m") == keys.digest("lot", "r", "m")
    assert lot_id("r", "m") not in (keys.digest("r", "m"), lot_id("m", "r"))


def test_a_run_is_not_silent_at_the_last_moment() -> None:
    last = datetime.fromisoformat(AT) + timedelta(seconds=settings().silent_seconds)
    assert not PLANNING.is_silent(last)
    assert PLANNING.is_silent(last + timedelta(milliseconds=1))


def test_a_retirement_answers_what_was_asked_and_its_certificate(retired: Decision) -> None:
    assert retired.kind == "retirement"
    answer = retired.answer.model_dump()
    assert (answer["id"], answer["at"], answer["grams"], answer["purpose"]) == (ID, AT, 400, "offset")
    assert answer["certificate"]["serial"] == retired.facts.certificate


def test_a_lot_counts_in_a_running_lane_and_is_an_institutions() -> None:
    decision = actions.pay(system(), "r", institution(points=TONNE))
    lane = lane_of(decision)
    assert holds(lane, RunLane())
    assert (
        after(lane, RunLane(points=1)).items() >= {"merchants": 1, "points": TONNE + 1, "tonnes": 1, "at": AT}.items()
    )
    assert not holds(at(decision, SHOP), institution(points=TONNE, kind="individual"))
