"""Fair events: entries reserve points, and a draw that anyone can compute again gives them goods or gives them back."""

import contextlib
import math
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import app
from chalicelib.draws import queries as draws
from chalicelib.events import queries, worker
from chalicelib.kernel import settle
from chalicelib.kernel.fields import stamp
from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.write import update
from infra.ops.lines import mark
from tests import books
from tests.desk import PLANS, Desk, institution
from tests.numbers import identity_number
from tests.world import Answer, World

DRAW = PLANS["event"] | {
    "starts_at": "2020-06-01T00:00:00Z", "opens_at": "2020-06-05T02:00:00Z", "quantity": 4, "allocation": "draw",
    "draws_at": "2097-06-20T00:00:00Z",
}  # fmt: skip
LATER = datetime(2097, 6, 21, tzinfo=UTC)


@pytest.fixture
def desk(world: World) -> Desk:
    world.institution("shop")
    return Desk(world)


@pytest.fixture
def event(desk: Desk) -> str:
    return desk.bring("event", plan=DRAW)


def enter(world: World, event: str, offer: str, *, sub: str = "alice", quantity: int = 1, **changes: Any) -> Answer:
    body = {"offer": offer, "quantity": quantity, "points": 10 * quantity} | changes
    return world.post(f"/v1/events/{event}/entries", body, role="individual", sub=sub)


def people(world: World, count: int) -> list[str]:
    subs = [f"person-{number}" for number in range(count)]
    for number, sub in enumerate(subs):
        world.rich(sub, identity_number(number), points=100)
    return subs


def its_time_comes(world: World, event: str) -> None:
    """As if ``draws_at`` had passed."""
    past = "2020-06-10T00:00:00.000Z"
    item = world.item(keys.draw(event)) or {}
    commit([update(keys.draw(event), assign={"draws_at": past, "rank": f"{past}:{event}"})])
    assert item["status"] == "open"


def draw(world: World, event: str) -> dict[str, Any]:
    got = world.get(f"/v1/events/{event}/draw", limit=100)
    assert got.status == 200, got
    return dict(got.body)


def resume() -> None:
    worker.draw_due(datetime.now(UTC))


def test_an_entry_reserves_points_which_stay_backed_and_are_hers_until_the_draw(world: World, event: str) -> None:
    offer = world.offer(points=10, stock=4)
    alice = world.rich(points=100)
    entered = enter(world, event, offer, quantity=2)
    assert entered.status == 201, entered
    assert entered.body.items() >= {"state": "entered", "points": 20, "quantity": 2, "order": None}.items()
    balances = world.me()["balances"]
    assert (balances["points"], balances["held_points"]) == (80, 20)
    path = f"/v1/events/{event}/entries/{entered.body['id']}"
    assert world.get(path, role="individual", sub="alice").body == entered.body
    [line, *_] = world.entries()
    assert (line["kind"], line["points"], line["reference"]) == ("draw_entry", -20, entered.body["id"])
    assert line["counterparty"] == world.me("shop", "institution")["id"]
    listed = draw(world, event)
    assert (listed["entries"], listed["seed"], listed["offers"]) == (1, None, [])
    assert listed["items"] == [{"id": entered.body["id"], "offer": offer, "quantity": 2, "rank": None, "awarded": None}]
    assert alice not in str(listed)
    books.check(world)


def test_nothing_of_a_draw_is_sold_and_the_refusal_names_where_to_enter(world: World, event: str) -> None:
    offer = world.offer(points=10, stock=4)
    world.rich(points=100)
    refused = world.redeem(offer, 10)
    assert refused.refused == (409, "offer_unavailable")
    assert f"/v1/events/{event}/entries" in refused.body["detail"]


def test_one_person_enters_once_whatever_the_key(world: World, event: str) -> None:
    offer = world.offer(points=10, stock=4)
    world.rich(points=15)
    first = enter(world, event, offer)
    again = enter(world, event, offer)
    assert again.refused == (409, "entered_already"), again
    assert again.body["entry"] == first.body["id"]
    assert world.points() == 5


def test_an_entry_is_refused_for_what_is_wrong_with_it(world: World, desk: Desk, event: str) -> None:
    offer = world.offer(points=10, stock=4)
    world.institution("mall", "91512081MA62K0260E")
    desk.bring("event", plan=DRAW, sub="mall")
    foreign = world.offer("mall", points=10, stock=4)
    assert enter(world, event, offer).refused == (404, "not_found")  # no account
    world.rich(points=15)
    assert enter(world, event, foreign).pointers == ["/offer"]
    assert enter(world, event, "nothing").pointers == ["/offer"]
    assert enter(world, event, offer, quantity=3).pointers == ["/quantity"]
    assert enter(world, event, offer, points=11).pointers == ["/points"]
    assert enter(world, event, offer, quantity=2).refused == (409, "insufficient_points")
    assert enter(world, "nothing", offer).refused == (404, "not_found")
    world.patch(f"/v1/offers/{offer}", {"status": "off_shelf"}, **institution("shop"))
    assert enter(world, event, offer).refused == (409, "offer_unavailable")
    assert draw(world, event)["entries"] == 0
    books.check(world)


def test_entries_are_taken_in_their_time_only(world: World, desk: Desk) -> None:
    event = desk.bring("event", plan=DRAW | {"opens_at": "2097-06-19T00:00:00Z"})
    offer = world.offer(points=10, stock=4)
    world.rich(points=100)
    assert enter(world, event, offer).refused == (409, "entries_closed")
    commit([update(keys.draw(event), assign={"opens_at": "2020-01-01T00:00:00.000Z"})])
    its_time_comes(world, event)
    assert enter(world, event, offer).refused == (409, "entries_closed")


def test_a_list_that_is_closed_takes_no_entry_that_began_before(world: World, event: str) -> None:
    offer = world.offer(points=10, stock=4)
    world.rich(points=100)
    for number in range(8):
        commit([update(keys.draw_lane(event, number), assign={"closed": True})])
    assert enter(world, event, offer).refused == (409, "entries_closed")
    assert world.points() == 100


def test_an_event_without_a_draw_takes_no_entries(world: World, desk: Desk) -> None:
    plan = {name: value for name, value in DRAW.items() if name not in ("allocation", "draws_at")}
    event = desk.bring("event", plan=plan)
    offer = world.offer(points=10, stock=4)
    world.rich(points=100)
    assert enter(world, event, offer).refused == (409, "invalid_state")
    assert world.get(f"/v1/events/{event}/draw").refused == (404, "not_found")
    assert world.get(f"/v1/events/{event}").body["commitment"] is None


def outcomes(world: World, event: str) -> tuple[int, int]:
    """Units that entries got by the public list, and by the orders of the people."""
    public = sum(each["awarded"] for each in draw(world, event)["items"])
    orders = [record for record in world.records() if record["kind"] == "redemption"]
    return public, sum(int(posting[2]) for each in orders for posting in each["postings"] if "units" in posting[3])


def orders(world: World, sub: str) -> list[tuple[str, int, int]]:
    """What a person finds among her orders."""
    found = world.get("/v1/redemptions", role="individual", sub=sub).body["items"]
    return [(each["id"], each["quantity"], each["points"]) for each in found]


def test_the_draw_gives_out_exactly_what_there_is_and_gives_back_the_rest(world: World, event: str) -> None:
    offer = world.offer(points=10, stock=4)
    subs = people(world, 7)
    ids = {
        sub: enter(world, event, offer, sub=sub, quantity=1 + number % 2).body["id"] for number, sub in enumerate(subs)
    }
    before = draw(world, event)
    its_time_comes(world, event)
    resume()
    after = draw(world, event)
    assert (after["status"], after["entries"], after["commitment"]) == ("settled", 7, before["commitment"])
    assert outcomes(world, event) == (4, 4)
    awarded = {each["id"]: each["awarded"] for each in after["items"]}
    for sub in subs:
        who = {"role": "individual", "sub": sub}
        entry = world.get(f"/v1/events/{event}/entries/{ids[sub]}", **who).body
        assert entry["awarded"] == awarded[entry["id"]]
        assert entry["state"] == ("won" if entry["awarded"] else "lost")
        balances = world.me(sub)["balances"]
        assert (balances["points"], balances["held_points"]) == (100 - 10 * entry["awarded"], 0)
        assert orders(world, sub) == (
            [(entry["order"], entry["awarded"], 10 * entry["awarded"])] if entry["order"] else []
        )
    books.check(world)
    world.stream()
    books.check_projected(world, world.get("/v1/supply").body)
    assert world.get("/v1/supply").body["points_by_use"]["redeemed"] == 40
    assert sum(world.me(sub)["totals"]["redeemed"] for sub in subs) == 40
    assert world.get(f"/v1/events/{event}").body["left"] == 0


def test_who_wins_a_part_finds_the_order_among_her_orders(world: World, event: str) -> None:
    """Points come back with her order, as they come to the merchant of any other."""
    mark()  # lists of one kind read copies alone
    offer = world.offer(points=10, stock=1)
    world.rich(points=100)
    entry = enter(world, event, offer, quantity=2).body
    its_time_comes(world, event)
    resume()
    won = world.get(f"/v1/events/{event}/entries/{entry['id']}", role="individual", sub="alice").body
    assert (won["awarded"], world.points()) == (1, 90)
    for _ in ("before the stream has filed it", "after"):
        assert orders(world, "alice") == [(won["order"], 1, 10)]
        lines = world.get("/v1/accounts/me/entries", role="individual", sub="alice", kind="redemption").body["items"]
        assert [(each["id"], each["points"]) for each in lines] == [(won["order"], 10)]
        world.stream()
    assert [each["id"] for each in world.get("/v1/redemptions", **institution("shop")).body["items"]] == [won["order"]]


@pytest.mark.parametrize("commits", range(1, 9))
def test_a_draw_that_dies_after_any_commit_is_finished_by_the_next_firing(
    world: World, event: str, monkeypatch: pytest.MonkeyPatch, commits: int
) -> None:
    offer = world.offer(points=10, stock=2)
    for sub in people(world, 4):
        assert enter(world, event, offer, sub=sub).status == 201
    its_time_comes(world, event)
    real, left = settle.__dict__["commit"], iter(range(commits))

    def dying(writes: Any) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        real(writes)

    with monkeypatch.context() as patch:
        patch.setattr(settle, "commit", dying)
        with contextlib.suppress(KeyboardInterrupt):
            resume()
    books.check(world)
    resume()
    done = world.records()
    resume()
    assert world.records() == done
    assert draw(world, event)["status"] == "settled"
    assert outcomes(world, event) == (2, 2)
    books.check(world)


def test_every_offer_is_drawn_however_many_the_merchant_has(
    world: World, event: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page of an event looks at some of a merchant's offers; a draw that missed one could never be settled."""
    monkeypatch.setattr(queries, "OFFERS_MAX", 1)
    offers = [world.offer(points=10, stock=1) for _ in range(4)]
    for sub, offer in zip(people(world, 4), offers, strict=True):
        assert enter(world, event, offer, sub=sub).status == 201
    its_time_comes(world, event)
    resume()
    drawn = draw(world, event)
    assert (drawn["status"], [each["awarded"] for each in drawn["items"]]) == ("settled", [1, 1, 1, 1])
    world.stream()
    books.check(world)
    assert books.differing(world.items()) == []


def test_codes_are_handed_out_to_the_winners_alone(world: World, event: str) -> None:
    offer = world.offer(points=10, stock=2)
    added = world.post(f"/v1/offers/{offer}/vouchers", {"codes": ["A-1", "A-2"]}, **institution("shop"))
    assert added.status == 201, added
    subs = people(world, 3)
    for sub in subs:
        assert enter(world, event, offer, sub=sub).status == 201
    its_time_comes(world, event)
    resume()
    orders = [each for sub in subs for each in world.get("/v1/redemptions", role="individual", sub=sub).body["items"]]
    assert sorted(code for each in orders for code in each["vouchers"]) == ["A-1", "A-2"]
    assert {each["status"] for each in orders} == {"fulfilled"}
    books.check(world)


def test_a_frozen_person_is_drawn_as_all_others_are(world: World, event: str) -> None:
    offer = world.offer(points=10, stock=1)
    subs = people(world, 2)
    for sub in subs:
        assert enter(world, event, offer, sub=sub).status == 201
        account = world.me(sub)["id"]
        world.post(f"/v1/accounts/{account}/freeze", {"reason": "court"}, role="exchange", sub="exchange")
    its_time_comes(world, event)
    resume()
    assert draw(world, event)["status"] == "settled"
    assert sorted(world.points(sub) for sub in subs) == [90, 100]
    books.check(world)


def test_an_account_with_an_entry_cannot_close_and_its_merchant_cannot_leave(world: World, event: str) -> None:
    offer = world.offer(points=10, stock=1)
    world.rich(points=10)
    assert enter(world, event, offer).status == 201
    assert world.close().refused == (409, "invalid_state")
    from chalicelib.mall.offers import queries as mall

    shop = world.me("shop", "institution")["id"]
    assert mall.owes(shop, "2097-07-01T00:00:00.000Z", math.inf)
    assert draws.unsettled([event])


def test_the_winner_of_a_refunded_order_gets_the_points_back_once(world: World, event: str) -> None:
    offer = world.offer(points=10, stock=1)
    world.rich(points=25)
    enter(world, event, offer, quantity=2)
    its_time_comes(world, event)
    resume()
    [order] = world.get("/v1/redemptions", role="individual", sub="alice").body["items"]
    assert (order["quantity"], order["points"], world.points()) == (1, 10, 15)
    world.sweep()
    assert world.refund(order["id"]).status == 200
    assert world.points() == 25
    books.check(world)
    world.stream()
    books.check_projected(world, world.get("/v1/supply").body)
    assert world.me()["totals"]["redeemed"] == 0


def test_the_stock_of_a_draw_stays_once_its_time_has_come(world: World, event: str) -> None:
    offer = world.offer(points=10, stock=1)
    item = world.item(keys.offer(offer)) or {}
    past = item["event"] | {"draws_at": "2020-01-01T00:00:00.000Z"}
    commit([update(keys.offer(offer), assign={"event": past})])
    shop = institution("shop")
    assert world.patch(f"/v1/offers/{offer}", {"stock_added": 1}, **shop).pointers == ["/stock_added"]
    assert world.post(f"/v1/offers/{offer}/vouchers", {"codes": ["A"]}, **shop).pointers == ["/codes"]
    assert world.patch(f"/v1/offers/{offer}", {"title": "another"}, **shop).status == 200


@pytest.mark.parametrize(
    "change",
    [
        {"draws_at": None},
        {"allocation": "first_come"},
        {"draws_at": "2020-06-05T02:00:00Z"},
        {"draws_at": "2097-07-01T00:00:00Z"},
    ],
)
def test_the_time_of_a_draw_is_part_of_the_plan_of_a_draw_alone(desk: Desk, change: dict[str, Any]) -> None:
    assert desk.apply("event", plan=DRAW | change).pointers == ["/plan/draws_at"]


def test_the_schedule_draws_what_is_due(world: World, event: str) -> None:
    its_time_comes(world, event)
    app.resume({"version": "0", "id": "1", "source": "aws.events", "detail-type": "Scheduled Event", "account": "1",
                "region": "us-east-1", "time": stamp(LATER), "resources": [], "detail": {}}, None)  # fmt: skip
    assert draw(world, event)["status"] == "settled"


def verify(page: dict[str, Any], entries: list[dict[str, Any]]) -> None:
    """The lines that the public is given, and no others."""
    [lines] = re.findall(r"```python\n(.*?)```", (Path(app.__file__).parent / "docs/events.md").read_text(), re.DOTALL)
    assert len([line for line in lines.splitlines() if line]) <= 20
    names: dict[str, Any] = {}
    exec(lines, names)
    names["verify"](page, entries)


def pages(world: World, event: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    first = page = world.get(f"/v1/events/{event}/draw", limit=3).body
    entries = [*page["items"]]
    while page["next_cursor"]:
        page = world.get(f"/v1/events/{event}/draw", limit=3, cursor=page["next_cursor"]).body
        entries += page["items"]
    return first, entries


def test_anyone_can_compute_the_draw_again_by_the_lines_of_the_documents(world: World, event: str) -> None:
    offers = [world.offer(points=10, stock=3), world.offer(points=20, stock=1)]
    for number, sub in enumerate(people(world, 8)):
        entered = enter(world, event, offers[number % 2], sub=sub, quantity=2, points=20 * (1 + number % 2))
        assert entered.status == 201, entered
    committed = world.get(f"/v1/events/{event}").body["commitment"]
    its_time_comes(world, event)
    resume()
    page, entries = pages(world, event)
    assert (page["commitment"], len(entries)) == (committed, 8)
    verify(page, entries)
    assert sorted((each["stock"], each["awarded"]) for each in page["offers"]) == [(1, 1), (3, 3)]
    for wrong in ({"seed": "0" * 64}, {"entries": 7}, {"list_digest": "0" * 64}):
        with pytest.raises(AssertionError):
            verify(page | wrong, entries)
    winner = next(each for each in entries if each["awarded"])
    with pytest.raises(AssertionError):
        verify(page, [each | {"awarded": 0} if each is winner else each for each in entries])


def test_each_draw_has_its_share_of_a_firing(monkeypatch: pytest.MonkeyPatch) -> None:
    """One with very many entries holds up no other; what it leaves unused is for those behind it."""
    shares: list[float] = []
    monkeypatch.setattr(draws, "due", lambda _: iter(["a", "b", "c"]))
    monkeypatch.setattr(worker, "_draw", lambda _, until: shares.append(until - time.monotonic()))
    resume()
    assert [round(each) for each in shares] == [40, 60, 120]
