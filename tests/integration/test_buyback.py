"""Buy-back: every merchant its whole tonnes, once a run, whatever happens twice; and what its grams are used for."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.buyback import model, queries, worker
from chalicelib.kernel.fields import stamp
from chalicelib.queues import sender as queue
from chalicelib.table import keys
from tests import books
from tests.world import CODES, World

TONNE = 1_000_000
EXCHANGE = {"role": "exchange", "sub": "exchange"}


class Jobs:
    """The queue: messages as sent, delivered by hand, as often as a test likes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sent: list[dict[str, Any]] = []

    def deliver(self, message: dict[str, Any]) -> list[dict[str, str]]:
        import app

        record = {"body": json.dumps(message), "receiptHandle": "r", "messageId": "m"}
        failures: list[dict[str, str]] = app.pay_lots({"Records": [record]}, None)["batchItemFailures"]
        return failures

    def drain(self) -> None:
        """Everything that was sent, and what that sends, each twice."""
        while self.sent:
            message = self.sent.pop(0)
            assert self.deliver(message) == []
            assert self.deliver(message) == []

    def run(self) -> dict[str, Any]:
        """A run by hand, from its start to its end."""
        started = self.world.post("/v1/buy-back-runs", **EXCHANGE)
        assert started.status == 202, started
        self.world.stream()
        self.drain()
        found: dict[str, Any] = self.world.get(f"/v1/buy-back-runs/{started.body['id']}", **EXCHANGE).body
        return found


@pytest.fixture
def jobs(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    found = Jobs(world)
    monkeypatch.setattr(queue, "send", lambda messages, **_: found.sent.extend(messages))
    world.rich(points=9 * TONNE)
    return found  # type: ignore[return-value]


def later() -> datetime:
    """When nothing was heard of a run for long enough."""
    return datetime.now(UTC) + timedelta(minutes=16)


def monday_after(moment: datetime) -> datetime:
    return moment + timedelta(days=7 - moment.weekday())


def sell(world: World, points: int, sub: str = "shop", **terms: Any) -> None:
    offer = world.offer(sub, points=points, stock=100, **terms)
    assert world.redeem(offer, points).status == 201


def supply_holds(world: World) -> dict[str, Any]:
    world.stream()
    supply: dict[str, Any] = world.get("/v1/supply").body
    assert supply["grams_backing"] == supply["points_circulating"]
    assert supply["grams_confirmed"] == supply["grams_backing"] + supply["grams_held"] + supply["grams_retired"]
    return supply


def test_a_merchant_gets_its_whole_tonnes_and_the_remainder_stays(world: World, jobs: Jobs) -> None:
    world.merchant()
    sell(world, 2 * TONNE)
    sell(world, 345_678, busy=True)
    run = jobs.run()
    assert {name: run[name] for name in ("status", "merchants", "points", "tonnes")} == {
        "status": "finished", "merchants": 1, "points": 2 * TONNE, "tonnes": 2,
    }  # fmt: skip
    assert world.me("shop", "institution")["balances"] == {"points": 345_678, "grams": 2 * TONNE, "held_points": 0}
    supply = supply_holds(world)
    assert (supply["grams_held"], supply["points_by_use"]["bought_back"]) == (2 * TONNE, 2 * TONNE)
    totals = world.me("shop", "institution")["totals"]
    assert (totals["earned"], totals["bought_back"]) == (2_345_678, 2 * TONNE)
    [lot] = world.get("/v1/buy-backs", role="institution", sub="shop").body["items"]
    assert (lot["run"], lot["points"], lot["tonnes"], lot["grams"]) == (run["id"], 2 * TONNE, 2, 2 * TONNE)


def test_the_statement_follows_every_point_through_sweeps_and_lots(world: World, jobs: Jobs) -> None:
    world.merchant()
    sell(world, TONNE)
    jobs.run()
    world.stream()
    lines = {line["kind"]: line for line in world.entries("shop", "institution")}
    assert {kind: (line["points"], line["grams"], line["swept_points"]) for kind, line in lines.items()} == {
        "buy_back": (-TONNE, TONNE, 0),
        "sweep": (0, 0, TONNE),
        "redemption": (TONNE, 0, 0),
    }
    # sweep and lot may fall into one millisecond, and then stand in either order
    assert lines["redemption"]["at"] <= lines["sweep"]["at"] <= lines["buy_back"]["at"]


def test_less_than_a_tonne_waits(world: World, jobs: Jobs) -> None:
    world.merchant()
    sell(world, TONNE - 1)
    run = jobs.run()
    assert (run["status"], run["merchants"], run["tonnes"]) == ("finished", 0, 0)
    assert world.me("shop", "institution")["balances"] == {"points": TONNE - 1, "grams": 0, "held_points": 0}


def test_many_merchants_are_paid_in_parts_and_the_totals_agree(world: World, jobs: Jobs, monkeypatch: Any) -> None:
    monkeypatch.setattr(model, "PART_MERCHANTS", 2)
    for number, code in enumerate(CODES):
        world.merchant(f"shop-{number}", code)
        sell(world, TONNE * (number % 3) + 1, f"shop-{number}")
    run = jobs.run()
    assert (run["merchants"], run["points"], run["tonnes"]) == (2, 3 * TONNE, 3)
    assert supply_holds(world)["grams_held"] == 3 * TONNE


def test_a_schedule_that_fires_twice_starts_one_run(world: World, jobs: Jobs) -> None:
    world.merchant()
    sell(world, TONNE)
    for _ in range(2):
        worker.scheduled("2026-11-22T18:00:00Z")
        world.stream()
    jobs.drain()
    [run] = world.get("/v1/buy-back-runs", **EXCHANGE).body["items"]
    assert (run["status"], run["tonnes"]) == ("finished", 1)


def test_on_other_days_only_merchants_that_sold_something_are_looked_at(world: World, jobs: Jobs) -> None:
    world.merchant()
    world.merchant("idle", CODES[1])
    sell(world, TONNE)
    world.stream()
    id = worker.scheduled(stamp(monday_after(datetime.now(UTC))))
    world.stream()
    jobs.deliver(jobs.sent.pop(0))
    part = world.item(keys.run_part(id, 1))
    assert part is not None
    assert part["merchants"] == [keys.account_id("shop")]
    jobs.drain()
    assert world.get(f"/v1/buy-back-runs/{id}", **EXCHANGE).body["tonnes"] == 1


def test_what_a_queue_lost_is_sent_again_once_the_run_is_silent(world: World, jobs: Jobs) -> None:
    world.merchant()
    sell(world, TONNE)
    world.post("/v1/buy-back-runs", **EXCHANGE)
    world.stream()
    for lost in ("planned", "part"):  # what plans, then what pays
        jobs.sent.clear()
        worker.resume(datetime.now(UTC))
        assert jobs.sent == []  # it may be at work
        worker.resume(later())
        again, jobs.sent = [each for each in jobs.sent if lost in each], []
        assert again
        for message in again:
            assert jobs.deliver(message) == []
    jobs.sent.clear()
    worker.resume(later())
    jobs.drain()
    [run] = world.get("/v1/buy-back-runs", **EXCHANGE).body["items"]
    assert (run["status"], run["tonnes"]) == ("finished", 1)


def test_a_finished_run_pays_no_more(world: World, jobs: Jobs) -> None:
    world.merchant()
    sell(world, TONNE)
    run = jobs.run()
    sell(world, TONNE)
    for message in ({"run": run["id"]}, {"run": run["id"], "part": 1}):
        assert jobs.deliver(message) == []
    assert world.get(f"/v1/buy-back-runs/{run['id']}", **EXCHANGE).body == run
    assert jobs.run()["tonnes"] == 1


def test_a_message_that_fails_comes_again_alone(world: World, jobs: Jobs, monkeypatch: Any) -> None:
    assert jobs.deliver({"run": "nowhere"}) == [{"itemIdentifier": "m"}]


def test_a_merchant_that_fails_keeps_no_other_of_its_part_from_being_paid(
    world: World, jobs: Jobs, monkeypatch: Any
) -> None:
    broken = world.merchant()
    world.merchant("second", CODES[1])
    sell(world, TONNE)
    sell(world, TONNE, "second")
    world.sweep()
    run = world.post("/v1/buy-back-runs", **EXCHANGE).body["id"]
    worker.handle({"run": run}, lambda _: True)
    pay = worker.pay

    def fails(run: str, merchant: str, known: Any) -> None:
        if merchant == broken:
            raise ValueError("broken")
        pay(run, merchant, known)

    monkeypatch.setattr(worker, "pay", fails)
    with pytest.raises(ValueError, match="broken"):
        worker.handle({"run": run, "part": 1}, lambda _: True)
    assert world.me("second", "institution")["balances"] == {"points": 0, "grams": TONNE, "held_points": 0}
    monkeypatch.setattr(worker, "pay", pay)
    worker.handle({"run": run, "part": 1}, lambda _: True)
    assert world.me("shop", "institution")["balances"] == {"points": 0, "grams": TONNE, "held_points": 0}
    found = world.get(f"/v1/buy-back-runs/{run}", **EXCHANGE).body
    assert (found["status"], found["tonnes"]) == ("finished", 2)


def test_what_happens_to_a_merchant_after_its_part_was_read_counts(world: World, jobs: Jobs, monkeypatch: Any) -> None:
    """One sells another tonne, one is frozen: the first is paid both, the second nothing, and the run ends."""
    world.merchant()
    world.merchant("second", CODES[1])
    sell(world, TONNE)
    sell(world, TONNE, "second")
    world.sweep()
    run = world.post("/v1/buy-back-runs", **EXCHANGE).body["id"]
    worker.handle({"run": run}, lambda _: True)
    read = queries.with_a_tonne

    def then(ids: Any) -> Any:
        found = read(ids)
        sell(world, TONNE)
        world.sweep()
        path = f"/v1/accounts/{world.me('second', 'institution')['id']}/freeze"
        assert world.post(path, {"reason": "investigation"}, **EXCHANGE).status == 200
        return found

    monkeypatch.setattr(queries, "with_a_tonne", then)
    worker.handle({"run": run, "part": 1}, lambda _: True)
    assert world.me("shop", "institution")["balances"] == {"points": 0, "grams": 2 * TONNE, "held_points": 0}
    assert world.me("second", "institution")["balances"] == {"points": TONNE, "grams": 0, "held_points": 0}
    found = world.get(f"/v1/buy-back-runs/{run}", **EXCHANGE).body
    assert (found["status"], found["merchants"], found["tonnes"]) == ("finished", 1, 2)


def test_a_run_waits_until_what_was_sold_is_swept_message_by_message(world: World, jobs: Jobs) -> None:
    run = world.post("/v1/buy-back-runs", **EXCHANGE).body["id"]
    outcomes = iter([False, False, True])
    for _ in range(2):
        worker.handle({"run": run}, lambda _: next(outcomes))
        assert jobs.sent == [{"run": run}]
        jobs.sent.clear()
        assert world.get(f"/v1/buy-back-runs/{run}", **EXCHANGE).body["status"] == "planning"
    worker.handle({"run": run}, lambda _: next(outcomes))
    assert world.get(f"/v1/buy-back-runs/{run}", **EXCHANGE).body["status"] == "finished"


def retire(world: World, grams: int) -> None:
    body = {"grams": grams, "purpose": "offset", "beneficiary": "示例商贸 2026"}
    assert world.post("/v1/retirements", body, role="institution", sub="shop").status == 201


def test_a_refund_after_a_buy_back_takes_points_then_grams(world: World, jobs: Jobs) -> None:
    world.merchant()
    offer = world.offer(points=600_000, stock=10)
    order, _ = [world.redeem(offer, 600_000).body["id"] for _ in range(2)]
    jobs.run()
    before = world.points()
    assert world.refund(order).status == 200
    assert world.points() == before + 600_000
    shop = world.me("shop", "institution")
    assert shop["balances"] == {"points": 0, "grams": 600_000, "held_points": 0}
    line = world.entries("shop", "institution")[0]
    assert (line["kind"], line["points"], line["grams"]) == ("refund", -200_000, -400_000)
    assert line["counterparty"] == world.me()["id"]
    own = world.entries()[0]
    assert (own["kind"], own["points"], own["grams"], own["counterparty"]) == ("refund", 600_000, 0, shop["id"])
    assert supply_holds(world)["points_by_use"] == {
        "redeemed": 600_000, "cancelled": 0, "donated": 0, "bought_back": 600_000,
    }  # fmt: skip
    totals = world.me("shop", "institution")["totals"]
    assert (totals["earned"], totals["bought_back"]) == (600_000, 600_000)
    books.check(world)
    books.check_projected(world, world.get("/v1/supply").body)


def test_a_refund_out_of_grams_repays_what_the_person_owes(world: World, jobs: Jobs) -> None:
    world.merchant()
    false = world.report(world.me()["id"], str(TONNE), scenario="walk").body["id"]
    order = world.redeem(world.offer(points=10 * TONNE), 10 * TONNE).body["id"]
    body = {"reason": "行程未发生", "evidence_sha256": "a" * 64}
    reversed_ = world.post(f"/v1/reductions/{false}/reverse", body, role="bureau", sub="bureau").body
    assert reversed_["points_outstanding"] == TONNE
    jobs.run()
    assert world.refund(order).status == 200
    assert (world.points(), world.me()["debt_points"]) == (9 * TONNE, 0)
    supply = supply_holds(world)
    assert (supply["grams_uncovered"], supply["points_by_use"]["redeemed"]) == (0, 0)
    assert (supply["grams_held"], supply["points_by_use"]["bought_back"]) == (0, 0)
    books.check(world)
    books.check_projected(world, supply)


def test_a_refund_is_refused_for_what_the_merchant_has_retired(world: World, jobs: Jobs) -> None:
    world.merchant()
    order = world.redeem(world.offer(points=TONNE), TONNE).body["id"]
    jobs.run()
    retire(world, 1)
    refused = world.refund(order)
    assert refused.refused == (409, "insufficient_points")
    assert (refused.body["needed"], refused.body["available"]) == (1, 0)
    sell(world, 1)
    assert world.sweep()
    assert world.refund(order).status == 200
    assert world.me("shop", "institution")["balances"] == {"points": 0, "grams": 0, "held_points": 0}
    assert supply_holds(world)["grams_retired"] == 1


@pytest.mark.engine
def test_bought_back_grams_are_retired_with_a_certificate(world: World, jobs: Jobs) -> None:
    world.merchant()
    sell(world, TONNE)
    jobs.run()
    body = {"grams": 400_000, "purpose": "offset", "beneficiary": "示例商贸 2026"}
    caller = {"role": "institution", "sub": "shop"}
    retired = world.post("/v1/retirements", body, **caller)
    assert (retired.status, retired.body["grams"]) == (201, 400_000)
    assert world.get(f"/v1/retirements/{retired.body['id']}", **caller).body == retired.body
    certificate = world.get(f"/v1/certificates/{retired.body['certificate']['serial']}").body
    assert (certificate["kind"], certificate["grams"], certificate["beneficiary"]) == (
        "retirement", 400_000, "示例商贸 2026",
    )  # fmt: skip
    too_much = world.post("/v1/retirements", body | {"grams": 600_001}, **caller)
    assert too_much.refused == (409, "insufficient_grams")
    assert too_much.body["available"] == 600_000
    supply = supply_holds(world)
    assert (supply["grams_held"], supply["grams_retired"]) == (600_000, 400_000)
    assert world.me("shop", "institution")["totals"]["retired"] == 400_000
