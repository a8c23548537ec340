"""False trips are taken back over HTTP: points, debts, supply, statement and books."""

from typing import Any

import pytest

from tests import books, consents
from tests.costs import units
from tests.world import Answer, World

REVERSAL = {"reason": "行程未发生", "evidence_sha256": "a" * 64}


def trip(world: World, account: str, grams: int, record: str) -> dict[str, Any]:
    answer: Answer = world.report(account, str(grams), scenario="walk", record=record)
    assert answer.status == 201, answer.body
    return dict(answer.body)


def reverse(world: World, reduction: str, **options: Any) -> Answer:
    return world.post(f"/v1/reductions/{reduction}/reverse", REVERSAL, role="bureau", sub="bureau", **options)


def supply(world: World) -> dict[str, Any]:
    world.stream()
    found = dict(world.get("/v1/supply").body)
    books.check(world)
    books.check_projected(world, found)
    return found


def test_what_is_unspent_is_taken_back(world: World) -> None:
    account = world.rich(points=1000)
    false = trip(world, account, 300, "false")
    done = reverse(world, false["id"])
    assert (done.status, done.body["status"]) == (200, "reversed")
    assert (done.body["points_recovered"], done.body["points_outstanding"]) == (300, 0)
    assert (world.me()["balances"]["points"], world.me()["debt_points"]) == (1000, 0)
    line = world.entries()[0]
    assert (line["kind"], line["points"], line["reference"]) == ("reversal", -300, false["id"])
    found = supply(world)
    assert (found["grams_confirmed"], found["grams_uncovered"]) == (1000, 0)
    read = world.get(f"/v1/reductions/{false['id']}", role="bureau", sub="bureau").body
    assert (read["status"], read["points"], read["reason"]) == ("reversed", 0, "行程未发生")


def test_what_is_spent_becomes_a_debt_that_the_next_trips_repay(world: World) -> None:
    world.merchant()
    account = world.rich(points=100)
    false = trip(world, account, 900, "false")
    world.redeem(world.offer(points=1000), points=1000)
    done = reverse(world, false["id"]).body
    assert (done["points_recovered"], done["points_outstanding"]) == (0, 900)
    assert world.me()["debt_points"] == 900
    assert supply(world)["grams_uncovered"] == 900
    some = trip(world, account, 400, "true-1")
    assert (some["points"], some["repaid_points"]) == (0, 400)
    rest = trip(world, account, 800, "true-2")
    assert (rest["points"], rest["repaid_points"]) == (300, 500)
    me = world.me()
    assert (me["balances"]["points"], me["debt_points"]) == (300, 0)
    assert [(each["points"], each["debt_points"]) for each in world.entries()[:2]] == [(300, -500), (0, -400)]
    found = supply(world)
    assert (found["grams_uncovered"], found["grams_confirmed"]) == (0, 1300)
    assert world.me()["totals"]["earned"] == 1300


def test_earn_spend_reverse_and_refund_keeps_nothing(world: World) -> None:
    world.merchant()
    account = world.rich(points=1)
    false = trip(world, account, 999, "false")
    order = world.redeem(world.offer(points=1000), points=1000).body
    assert reverse(world, false["id"]).body["points_outstanding"] == 999
    refunded = world.post(f"/v1/redemptions/{order['id']}/refund", {}, role="institution", sub="shop")
    assert refunded.status == 200, refunded.body
    me = world.me()
    assert (me["balances"]["points"], me["debt_points"]) == (1, 0)
    found = supply(world)
    assert (found["grams_uncovered"], found["points_circulating"]) == (0, 1)
    assert found["points_by_use"]["redeemed"] == 0


def test_a_reversal_is_done_once_and_replayed(world: World) -> None:
    account = world.rich(points=1000)
    false = trip(world, account, 300, "false")
    first = reverse(world, false["id"], key="k")
    again = reverse(world, false["id"], key="k")
    assert (again.body, again.headers["Idempotent-Replayed"]) == (first.body, "true")
    other = reverse(world, false["id"])
    assert (other.status, other.body["code"]) == (409, "invalid_state")
    assert world.me()["balances"]["points"] == 1000


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"evidence_sha256": "a" * 64}, "/reason"),
        (REVERSAL | {"reason": "  "}, "/reason"),
        (REVERSAL | {"evidence_sha256": "no"}, "/evidence_sha256"),
    ],
)
def test_a_reversal_needs_its_reason_and_evidence(world: World, body: dict[str, Any], pointer: str) -> None:
    false = trip(world, world.rich(points=10), 300, "false")
    refused = world.post(f"/v1/reductions/{false['id']}/reverse", body, role="bureau", sub="bureau")
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, pointer)


def test_only_the_bureau_reverses_and_only_what_there_is(world: World) -> None:
    false = trip(world, world.rich(points=10), 300, "false")
    path = f"/v1/reductions/{false['id']}/reverse"
    assert world.post(path, REVERSAL, role="exchange", sub="exchange").body["code"] == "role_not_allowed"
    assert reverse(world, "nothing").status == 404


def test_a_frozen_person_s_trip_can_be_reversed(world: World) -> None:
    account = world.rich(points=100)
    false = trip(world, account, 300, "false")
    world.post(f"/v1/accounts/{account}/freeze", {"reason": "核查"}, role="exchange", sub="exchange")
    assert reverse(world, false["id"]).body["points_recovered"] == 300
    supply(world)


SHORT = "经核查，该行程未发生"
SENTENCE = "行程与同一账户的另一行程时间重叠，运营方未能证明"


@pytest.mark.parametrize("of", ["account", "grant"])
@pytest.mark.parametrize(
    ("spent", "reason", "cost"),
    [(0, SHORT, 8), (1000, SHORT, 8), (1087, SHORT, 8), (0, SENTENCE, 8), (1087, SENTENCE, 8), (1000, SENTENCE, 10)],
)
def test_a_reversal_under_a_daily_cap_costs_eight_units_and_two_more_where_its_record_passes_a_kilobyte(
    world: World, spent: int, reason: str, cost: int, of: str
) -> None:
    """Record, reduction, the person's day, and her account: 2 each. What is spent in part has the most postings."""
    world.merchant()
    account = world.rich(points=200)
    world.scenario(code="bicycle", grams_per_unit="1", daily_cap_grams=5000)
    named = {"account": account}
    if of == "grant":
        named = {"grant": consents.reporting(world, scenario="bicycle")}
    at = "2026-01-31T08:00:00Z" if of == "account" else consents.now()
    trip = {"record_id": "trip-20260131-0000000001", "quantity": "887.5", "occurred_at": at}
    made = world.post("/v1/reductions", trip | named | {"scenario": "bicycle"}, **consents.REPORTER)
    assert made.status == 201, made
    if spent:
        assert world.redeem(world.offer(points=spent), points=spent).status == 201
    path = f"/v1/reductions/{made.body['id']}/reverse"
    body = {"reason": reason, "evidence_sha256": "a" * 64}
    assert units(world, lambda: world.post(path, body, role="bureau", sub="bureau-officer")) == cost
    read = world.get(f"/v1/reductions/{made.body['id']}", role="bureau", sub="bureau").body
    assert (read["status"], read["reason"]) == ("reversed", reason)
    supply(world)
