"""Points held in a merchant's own mall: hold, capture, release, expiry, refund; limits, suspension, withdrawal."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.holds import queries
from chalicelib.holds.worker import expire_due
from chalicelib.kernel.fields import stamp
from chalicelib.table import keys, read
from tests import books
from tests.consents import (
    ALICE,
    SHOP,
    age_hold,
    capture,
    change_grant,
    hold,
    mall,
    order,
    refund,
    release,
    reporting,
    spending,
    withdraw,
)
from tests.costs import units
from tests.world import CODES, PEOPLE, Answer, World

EXCHANGE: dict[str, Any] = {"role": "exchange", "sub": "exchange"}
PAST = "2020-01-01T00:00:00.000Z"
POINTS = 1000


@pytest.fixture
def grant(world: World) -> str:
    """Alice has 1000 points, and lets the shop take up to 500 an order and 800 a day."""
    world.rich(points=POINTS)
    return spending(world, mall(world))


@pytest.fixture
def held(world: World, grant: str) -> str:
    """400 of Alice's points are held by the shop."""
    answer = hold(world, grant)
    assert answer.status == 201, answer
    return str(answer.body["id"])


@pytest.fixture(autouse=True)
def balanced(world: World) -> Any:
    """After each test the books agree, before and after the stream has come."""
    yield
    books.check(world)
    world.stream()
    world.stream()
    books.check(world)
    books.check_projected(world, world.get("/v1/supply").body)


def balances(world: World) -> tuple[int, int, int]:
    """Alice's points, her held points, and the shop's points."""
    hers = world.me()["balances"]
    return hers["points"], hers["held_points"], world.points("shop", "institution")


def status(world: World, id: str) -> str:
    return str(world.get(f"/v1/holds/{id}", **ALICE).body["status"])


@pytest.mark.engine
def test_an_order_is_held_and_captured_in_part(world: World, grant: str) -> None:
    answer = hold(world, grant)
    assert (answer.status, answer.body["status"], answer.body["points"]) == (201, "held", 400)
    assert balances(world) == (600, 400, 0)
    taken = capture(world, answer.body["id"], 300)
    assert (taken.status, taken.body["status"], taken.body["captured_points"]) == (200, "captured", 300)
    assert balances(world) == (700, 0, 300)
    for who in (ALICE, SHOP, EXCHANGE):
        assert world.get(f"/v1/holds/{answer.body['id']}", **who).body == taken.body


@pytest.mark.engine
def test_a_released_hold_gives_everything_back(world: World, held: str) -> None:
    assert release(world, held).body["status"] == "released"
    assert balances(world) == (POINTS, 0, 0)
    for step in (capture, release, refund):
        assert step(world, held).refused == (409, "invalid_state")


@pytest.mark.engine
def test_a_hold_expires_by_itself_once(world: World, held: str) -> None:
    assert expire_due(datetime.now(UTC)) == 0
    age_hold(world, held, PAST)
    assert (expire_due(datetime.now(UTC)), expire_due(datetime.now(UTC))) == (1, 0)
    assert (status(world, held), balances(world)) == ("expired", (POINTS, 0, 0))
    assert capture(world, held).refused == (409, "invalid_state")


@pytest.mark.parametrize("end", [capture, release])
def test_a_hold_that_ended_before_its_time_leaves_the_list_of_what_is_due(
    world: World, held: str, end: Callable[..., Answer]
) -> None:
    assert end(world, held).status == 200
    age_hold(world, held, PAST)
    assert expire_due(datetime.now(UTC)) == 0
    assert [item for item in world.items() if item.get("list", {"S": ""})["S"].startswith("holds:")] == []
    world.stream()
    assert len(world.get("/v1/holds", **SHOP).body["items"]) == 1


def test_one_hold_that_fails_keeps_no_other_from_expiring(
    world: World, grant: str, held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = hold(world, grant, order_reference="o-2").body["id"]
    for id in (held, other):
        age_hold(world, id, PAST)
    find = queries.item

    def broken(id: str) -> Any:
        if id == held:
            raise ValueError("broken")
        return find(id)

    monkeypatch.setattr(queries, "item", broken)
    with pytest.raises(ValueError, match="broken"):
        expire_due(datetime.now(UTC))
    monkeypatch.undo()
    assert (status(world, held), status(world, other)) == ("held", "expired")


def test_the_minute_schedule_expires_holds(world: World, held: str) -> None:
    import app

    age_hold(world, held, PAST)
    event: Any = dict.fromkeys(("account", "region", "detail-type", "source", "id"), "") | {
        "version": "0", "time": stamp(datetime.now(UTC)), "detail": {}, "resources": []
    }  # fmt: skip
    app.retry_webhooks(event, None)
    assert status(world, held) == "expired"


def test_what_has_expired_is_not_captured_even_before_the_schedule_came(world: World, held: str) -> None:
    age_hold(world, held, PAST)
    refused = capture(world, held)
    assert (refused.refused, refused.body["state"]) == ((409, "invalid_state"), "expired")
    assert release(world, held).status == 200


@pytest.mark.engine
def test_captured_points_are_refunded_in_parts_and_never_more(world: World, held: str) -> None:
    assert refund(world, held).refused == (409, "invalid_state")
    capture(world, held, 300)
    assert refund(world, held, 100).body["refunded_points"] == 100
    more = refund(world, held, 201)
    assert (more.refused, more.pointers) == ((422, "invalid_request"), ["/points"])
    assert refund(world, held, 50, reason=None).body["refunded_points"] == 150
    last = refund(world, held, 150, reason="")
    assert (last.body["status"], last.body["refunded_points"]) == ("captured", 300)
    assert refund(world, held, 1).refused == (409, "already_refunded")
    assert balances(world) == (POINTS, 0, 0)


def test_the_exchange_refunds_with_a_reason_even_for_a_frozen_merchant(world: World, held: str) -> None:
    capture(world, held, 300)
    shop = keys.account_id("shop")
    world.post(f"/v1/accounts/{shop}/freeze", {"reason": "court"}, **EXCHANGE)
    assert refund(world, held).refused == (409, "account_frozen")
    for reason in (None, "", " "):
        assert refund(world, held, reason=reason, **EXCHANGE).pointers == ["/reason"]
    assert refund(world, held, **EXCHANGE).status == 200
    assert balances(world) == (800, 0, 200)


def test_a_merchant_without_points_cannot_refund(world: World, held: str) -> None:
    capture(world, held, 400)
    world.store.items[keys.account(keys.holder(keys.account_id("shop")))]["points"] = {"N": "50"}
    refused = refund(world, held)
    assert (refused.refused, refused.body["available"]) == ((409, "insufficient_points"), 50)
    world.store.items[keys.account(keys.holder(keys.account_id("shop")))]["points"] = {"N": "400"}


# who is refused, and how


def test_more_than_is_held_cannot_be_captured_nor_twice(world: World, held: str) -> None:
    more = capture(world, held, 401)
    assert (more.refused, more.pointers) == ((422, "invalid_request"), ["/points"])
    assert capture(world, held, 400).status == 200
    assert capture(world, held, 400).refused == (409, "invalid_state")
    assert balances(world) == (600, 0, 400)


def test_a_merchant_learns_neither_her_balance_nor_her_account(world: World, grant: str) -> None:
    world.post("/v1/cancellations", {"points": 700, "purpose": "trip"}, **ALICE)
    refused = hold(world, grant)
    assert refused.refused == (409, "insufficient_points")
    assert "available" not in refused.body
    assert "300" not in str(refused.body)
    made = hold(world, grant, points=300).body
    capture(world, made["id"], 200)
    refund(world, made["id"], 50)
    world.stream()
    seen = [made, world.entries("shop", "institution"), world.get("/v1/holds", **SHOP).body]
    assert keys.account_id("alice") not in str(seen)


def test_an_order_reference_names_one_hold_for_ever(world: World, grant: str, held: str) -> None:
    for changes in ({}, {"points": 100}, {"points": 500}, {"grant": "x"}):
        again = world.post("/v1/holds", order(grant) | changes, **SHOP)
        assert (again.refused, again.body["hold"]) == ((409, "order_reference_used"), held)
    release(world, held)
    assert hold(world, grant).refused == (409, "order_reference_used")
    assert hold(world, grant, order_reference="o-2").status == 201


def test_a_lost_answer_is_replayed_by_its_key(world: World, grant: str) -> None:
    first, again = hold(world, grant, key="k"), hold(world, grant, key="k")
    assert (again.status, again.body) == (201, first.body)
    assert hold(world, grant, key="k", points=100).refused == (422, "idempotency_key_reused")
    assert balances(world) == (600, 400, 0)


def test_limits_an_order_and_a_day(world: World, grant: str) -> None:
    refused = hold(world, grant, points=501)
    assert (refused.refused, refused.body["limit"]) == ((409, "limit_reached"), 500)
    assert hold(world, grant, points=500).status == 201
    refused = hold(world, grant, points=301, order_reference="o-2")
    assert (refused.refused, refused.body["held"]) == ((409, "limit_reached"), 500)
    last = hold(world, grant, points=300, order_reference="o-2")
    assert release(world, last.body["id"]).status == 200
    assert hold(world, grant, points=1, order_reference="o-3").refused == (409, "limit_reached")
    for who in (ALICE, SHOP):
        assert world.get(f"/v1/grants/{grant}", **who).body["used_points_today"] == 800


def test_a_new_day_begins_with_the_whole_limit(world: World, grant: str, held: str) -> None:
    change_grant(world, grant, day="20200101", used_points=800)
    assert world.get(f"/v1/grants/{grant}", **ALICE).body["used_points_today"] == 0
    assert hold(world, grant, order_reference="o-2").status == 201
    assert world.get(f"/v1/grants/{grant}", **ALICE).body["used_points_today"] == 400


def test_withdrawal_stops_new_holds_only(world: World, grant: str, held: str) -> None:
    assert withdraw(world, grant).status == 200
    assert hold(world, grant, order_reference="o-2").refused == (409, "grant_inactive")
    assert capture(world, held, 100).status == 200
    assert refund(world, held, 100).status == 200


def test_suspension_stops_new_holds_only(world: World, grant: str, held: str) -> None:
    world.post(f"/v1/merchants/{keys.account_id('shop')}/suspend", {}, **EXCHANGE)
    assert hold(world, grant, order_reference="o-2").refused == (409, "merchant_suspended")
    assert capture(world, held, 100).status == 200


def expired(world: World, grant: str) -> str:
    change_grant(world, grant, expires_at=PAST)
    return grant


def frozen(world: World, grant: str) -> str:
    world.post(f"/v1/accounts/{keys.account_id('alice')}/freeze", {"reason": "court"}, **EXCHANGE)
    return grant


GRANTS: dict[str, Callable[[World, str], str]] = {
    "unknown": lambda world, grant: "x",
    "expired": expired,
    "of a frozen person": frozen,
}


@pytest.mark.parametrize("made", GRANTS.values(), ids=GRANTS)
def test_a_grant_that_allows_nothing_gets_one_answer(
    world: World, grant: str, made: Callable[[World, str], str]
) -> None:
    assert hold(world, made(world, grant)).refused == (409, "grant_inactive")


def test_a_grant_of_another_merchant_holds_nothing(world: World, grant: str) -> None:
    mall(world, "rival", CODES[1])
    assert hold(world, grant, sub="rival").refused == (409, "grant_inactive")


def test_a_grant_to_report_holds_nothing(world: World) -> None:
    mall(world)
    assert hold(world, reporting(world)).refused == (409, "grant_inactive")


def test_only_merchants_with_a_mall_of_their_own_hold_points(world: World, grant: str) -> None:
    world.merchant("corner", CODES[1])
    world.institution("nobody", CODES[2])
    for sub in ("corner", "nobody", "unknown"):
        assert hold(world, grant, sub=sub).refused == (403, "role_not_allowed")
    world.post(f"/v1/accounts/{keys.account_id('shop')}/freeze", {"reason": "court"}, **EXCHANGE)
    assert hold(world, grant).refused == (409, "account_frozen")


@pytest.mark.parametrize("seconds", [59, 604_801, 0, "60", None])
def test_a_hold_lasts_from_a_minute_to_a_week(world: World, grant: str, seconds: Any) -> None:
    assert hold(world, grant, expires_in_seconds=seconds).pointers == ["/expires_in_seconds"]


def test_nobody_else_sees_or_moves_a_hold(world: World, held: str) -> None:
    mall(world, "rival", CODES[1])
    world.person("bob", PEOPLE[1])
    for who in ({"role": "institution", "sub": "rival"}, {"role": "individual", "sub": "bob"}):
        assert world.get(f"/v1/holds/{held}", **who).refused == (404, "not_found")
    for step in (capture, release, refund):
        assert step(world, held, sub="rival").refused == (404, "not_found")
    assert capture(world, held, **ALICE).refused == (403, "role_not_allowed")


# the person's side


def test_a_person_releases_a_hold_a_day_after_its_expiry_failed(world: World, held: str) -> None:
    assert release(world, held, **ALICE).refused == (409, "invalid_state")
    age_hold(world, held, stamp(datetime.now(UTC) - timedelta(hours=23)))
    assert release(world, held, **ALICE).refused == (409, "invalid_state")
    age_hold(world, held, stamp(datetime.now(UTC) - timedelta(hours=24)))
    assert release(world, held, **ALICE).body["status"] == "released"
    assert balances(world) == (POINTS, 0, 0)


def test_an_account_with_held_points_does_not_close(world: World, grant: str) -> None:
    held = hold(world, grant, points=500).body["id"]
    world.post("/v1/cancellations", {"points": 500, "purpose": "trip"}, **ALICE)
    refused = world.close()
    assert (refused.refused, refused.body["held"]) == ((409, "invalid_state"), 500)
    capture(world, held, 500)
    assert world.close().status == 200
    assert refund(world, held).refused == (409, "account_closed")


@pytest.mark.parametrize("end", [capture, release])
def test_freezing_a_person_stops_nothing_that_is_held(world: World, held: str, end: Callable[..., Answer]) -> None:
    frozen(world, "")
    assert end(world, held).status == 200
    assert world.me()["balances"]["held_points"] == 0


def test_statements_and_totals_show_what_became_of_a_hold(world: World, held: str) -> None:
    capture(world, held, 300)
    refund(world, held, 100)
    shop = keys.account_id("shop")
    for _ in range(2):  # before and after the stream
        lines = [line for line in world.entries() if line["kind"] != "conversion"]
        assert [(line["kind"], line["points"]) for line in lines] == [("refund", 100), ("capture", 100), ("hold", -400)]
        assert {(line["counterparty"], line["reference"]) for line in lines} == {(shop, held)}
        world.stream()
    lines = world.entries("shop", "institution")
    assert [(line["kind"], line["points"]) for line in lines] == [("refund", -100), ("capture", 300)]
    assert {(line["counterparty"], line["reference"]) for line in lines} == {(f"hold:{held}", held)}
    assert world.me()["totals"]["redeemed"] == 200
    assert world.me("shop", "institution")["totals"]["earned"] == 200
    assert world.get("/v1/supply").body["points_by_use"]["redeemed"] == 200
    assert world.get("/v1/accounts/me/entries", kind="hold", **ALICE).body["items"][0]["points"] == -400


def test_a_full_capture_counts_as_redeemed_though_nothing_comes_back(world: World, held: str) -> None:
    capture(world, held, 400)
    world.stream()
    world.stream()
    assert world.me()["totals"]["redeemed"] == 400
    assert world.get("/v1/supply").body["points_by_use"]["redeemed"] == 400


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_holds_are_listed_newest_first_on_pages_of_any_size(world: World, grant: str, limit: int) -> None:
    made = [hold(world, grant, points=100, order_reference=f"o-{number}").body["id"] for number in range(3)]
    capture(world, made[0], 100)
    world.stream()
    asking = (ALICE, SHOP, EXCHANGE | {"merchant": keys.account_id("shop")})
    for who in asking:
        found: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            answer = world.get("/v1/holds", **who, limit=limit, **cursor)
            assert answer.status == 200, answer
            found += [each["id"] for each in answer.body["items"]]
            if not answer.body["next_cursor"]:
                break
            cursor = {"cursor": answer.body["next_cursor"]}
        assert sorted(found) == sorted(made)
    assert world.get("/v1/holds", **EXCHANGE).pointers == ["/merchant"]


# two at once: the second comes while the first is being committed


def meanwhile(world: World, do: Callable[[], Any]) -> None:
    """``do`` is done just before the next transaction."""

    def first(store, request, asked):  # type: ignore[no-untyped-def]
        do()
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [first]


def run_out(world: World, id: str) -> Any:
    """Its time is over, and the schedule comes."""
    age_hold(world, id, PAST)
    return expire_due(datetime.now(UTC))


ENDS: dict[str, Callable[[World, str], Any]] = {"capture": capture, "release": release, "expire": run_out}


@pytest.mark.parametrize("second", ["capture", "release"])
@pytest.mark.parametrize("first", ENDS)
def test_a_hold_ends_once_whoever_comes_first(world: World, held: str, first: str, second: str) -> None:
    meanwhile(world, lambda: ENDS[first](world, held))
    assert ENDS[second](world, held).refused == (409, "invalid_state")
    assert balances(world) == ((700, 0, 300) if first == "capture" else (POINTS, 0, 0))


def test_an_expiry_that_meets_a_release_does_nothing(world: World, held: str) -> None:
    age_hold(world, held, PAST)
    meanwhile(world, lambda: release(world, held))
    assert expire_due(datetime.now(UTC)) == 0
    assert (status(world, held), balances(world)) == ("released", (POINTS, 0, 0))


def test_a_hold_that_meets_a_withdrawal_is_refused(world: World, grant: str) -> None:
    meanwhile(world, lambda: withdraw(world, grant))
    assert hold(world, grant).refused == (409, "grant_inactive")
    assert balances(world) == (POINTS, 0, 0)


@pytest.mark.parametrize("other_points", [300, 500])
def test_two_holds_at_once_keep_the_limit_of_the_day(world: World, grant: str, other_points: int) -> None:
    """The first of the day, and a later one."""
    for reference in ("a", "c"):
        other = {"points": other_points if reference == "a" else 1, "order_reference": f"{reference}-other"}
        meanwhile(world, lambda other=other: hold(world, grant, **other))  # type: ignore[misc]
        answer = hold(world, grant, points=400, order_reference=reference)
        assert (answer.status == 201) == (reference == "a" and other_points == 300)
    assert world.get(f"/v1/grants/{grant}", **ALICE).body["used_points_today"] <= 800


def test_two_refunds_at_once_pay_each_point_once(world: World, held: str) -> None:
    capture(world, held, 300)
    meanwhile(world, lambda: refund(world, held, 200))
    assert refund(world, held, 200).pointers == ["/points"]
    meanwhile(world, lambda: refund(world, held, 50))
    assert refund(world, held, 50).body["refunded_points"] == 300
    assert balances(world) == (POINTS, 0, 0)


def test_one_order_sent_twice_at_once_is_held_once(world: World, grant: str) -> None:
    meanwhile(world, lambda: hold(world, grant))
    assert hold(world, grant).refused == (409, "order_reference_used")
    assert balances(world) == (600, 400, 0)


def test_a_hold_and_its_ends_cost_what_the_decision_says(world: World, grant: str) -> None:
    first, second = (keys.digest("hold", keys.account_id("shop"), f"o-{number}") for number in (1, 2))
    assert units(world, lambda: hold(world, grant, order_reference="o-1")) == 8
    assert units(world, lambda: capture(world, first, 300)) == 8
    assert units(world, lambda: refund(world, first)) == 8
    assert units(world, lambda: hold(world, grant, order_reference="o-2")) == 8
    assert units(world, lambda: release(world, second)) == 6


def test_a_hold_reads_once_before_it_is_decided(world: World, grant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def ask(operation: Any, **request: Any) -> Any:
        asked.append(operation.__name__)
        return operation(**request)

    monkeypatch.setattr(read, "ask", ask)
    assert hold(world, grant).status == 201
    assert asked == ["batch_get_item"]
