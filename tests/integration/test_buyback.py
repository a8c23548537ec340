"""Buy-back: every merchant its whole tonnes, once a run, whatever happens twice; and what its grams are used for."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.buyback import worker
from chalicelib.mall.worker import sweep_merchant
from chalicelib.queues import sender as queue
from chalicelib.table import keys
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
    monkeypatch.setattr(queue, "send", lambda messages: found.sent.extend(messages))
    world.rich(points=9 * TONNE)
    return found  # type: ignore[return-value]


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
    monkeypatch.setattr(worker, "PART_MERCHANTS", 2)
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
    id = worker.scheduled("2026-11-23T18:00:00Z")
    world.stream()
    jobs.deliver(jobs.sent.pop(0))
    part = world.item(keys.run_part(id, 1))
    assert part is not None
    assert part["merchants"] == [keys.account_id("shop")]
    jobs.drain()
    assert world.get(f"/v1/buy-back-runs/{id}", **EXCHANGE).body["tonnes"] == 1


def test_what_a_queue_lost_is_sent_again(world: World, jobs: Jobs) -> None:
    world.merchant()
    sell(world, TONNE)
    world.post("/v1/buy-back-runs", **EXCHANGE)
    world.stream()
    for _ in range(2):  # first the planning is lost, then the part
        jobs.sent.clear()
        worker.resume()
        jobs.deliver(jobs.sent.pop(0))
    jobs.sent.clear()
    worker.resume()
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


def test_a_merchant_that_fails_keeps_no_other_of_its_part_from_being_paid(world: World, jobs: Jobs) -> None:
    broken = world.merchant()
    world.merchant("second", CODES[1])
    sell(world, TONNE)
    sell(world, TONNE, "second")
    run = world.post("/v1/buy-back-runs", **EXCHANGE).body["id"]
    worker.handle({"run": run}, lambda _: 0)

    def sweep(merchant: str) -> int:
        if merchant == broken:
            raise ValueError("broken")
        return sweep_merchant(merchant)

    with pytest.raises(ValueError, match="broken"):
        worker.handle({"run": run, "part": 1}, sweep)
    assert world.me("second", "institution")["balances"] == {"points": 0, "grams": TONNE, "held_points": 0}
    worker.handle({"run": run, "part": 1}, sweep_merchant)
    assert world.me("shop", "institution")["balances"] == {"points": 0, "grams": TONNE, "held_points": 0}
    found = world.get(f"/v1/buy-back-runs/{run}", **EXCHANGE).body
    assert (found["status"], found["tonnes"]) == ("finished", 2)


def test_a_refund_after_a_buy_back_takes_what_is_left_or_is_refused(world: World, jobs: Jobs) -> None:
    world.merchant()
    offer = world.offer(points=600_000, stock=10)
    orders = [world.redeem(offer, 600_000).body["id"] for _ in range(2)]
    jobs.run()
    refused = world.refund(orders[0])
    assert refused.refused == (409, "insufficient_points")
    assert refused.body["available"] == 200_000
    sell(world, 400_000)
    jobs.run()
    assert world.refund(orders[0]).status == 200
    assert world.points("shop", "institution") == 0
    assert supply_holds(world)["points_by_use"] == {
        "redeemed": TONNE, "cancelled": 0, "donated": 0, "bought_back": TONNE,
    }  # fmt: skip


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
