"""Limits and caps belong to the person, whichever account and login she comes with."""

import pytest

from chalicelib.table import keys
from tests.numbers import identity_number
from tests.world import PEOPLE, World

PERSON = {"kind": "individual", "name": "王小明", "identity_number": PEOPLE[0]}


def spend(world: World, sub: str, points: int) -> None:
    if points:
        body = {"points": points, "purpose": "trip"}
        assert world.post("/v1/cancellations", body, role="individual", sub=sub).status == 201


def moved(world: World, old: str, new: str) -> str:
    """The person closes one account and opens another under another login."""
    spend(world, old, world.points(old))
    assert world.close(old).status == 200
    return world.person(new)


@pytest.mark.engine
def test_a_limited_offer_is_not_sold_again_to_the_same_person_under_another_login(world: World) -> None:
    world.merchant()
    world.rich("alice", points=1000)
    offer = world.offer(per_account_limit=1)
    order = world.redeem(offer).body["id"]
    world.fulfil(order)
    account = moved(world, "alice", "alice2")
    world.report(account, "2000", scenario="walk")
    assert world.redeem(offer, sub="alice2").refused == (409, "limit_reached")
    third = moved(world, "alice2", "alice3")
    world.report(third, "2000", scenario="walk")
    assert world.redeem(offer, sub="alice3").refused == (409, "limit_reached")
    assert world.points("alice3") == 2000


def test_a_refund_frees_the_limit_of_the_person_who_bought_in_her_second_account(world: World) -> None:
    world.merchant()
    world.person("alice")
    world.close("alice")
    world.rich("alice2", points=3000)
    offer = world.offer(per_account_limit=1)
    order = world.redeem(offer, sub="alice2").body["id"]
    assert world.redeem(offer, sub="alice2").refused == (409, "limit_reached")
    assert world.refund(order).status == 200
    assert world.redeem(offer, sub="alice2").status == 201


@pytest.mark.engine
def test_the_cap_of_a_day_holds_for_all_accounts_of_a_person(world: World) -> None:
    account = world.person()
    world.scenario("walk", grams_per_unit="1", unit="m", daily_cap_grams=100)
    assert world.report(account, "60", scenario="walk").status == 201
    second = moved(world, "alice", "alice2")
    assert world.report(second, "41", scenario="walk").pointers == ["/quantity"]
    assert world.report(second, "40", scenario="walk").status == 201
    spend(world, "alice2", 40)
    world.close("alice2")
    assert world.person("alice") == account
    assert world.report(account, "1", scenario="walk").pointers == ["/quantity"]


def test_a_rejected_trip_of_a_second_account_frees_the_cap_of_the_person(world: World) -> None:
    world.person()
    world.scenario("walk", grams_per_unit="1", unit="m", daily_cap_grams=100, confirmation="manual")
    second = moved(world, "alice", "alice2")
    reported = world.report(second, "100", scenario="walk").body["id"]
    world.post(f"/v1/reductions/{reported}/reject", {"reason": "no"}, role="bureau", sub="b")
    assert world.report(second, "100", scenario="walk").status == 201


def test_a_trip_for_nobody_under_a_cap_names_the_account(world: World) -> None:
    world.scenario("walk", grams_per_unit="1", unit="m", daily_cap_grams=100)
    assert world.report("nobody", "1", scenario="walk").pointers == ["/account"]
    world.person("alice")  # that nobody was there is not remembered
    assert world.report(keys.account_id("alice"), "1", scenario="walk").status == 201


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_the_export_shows_what_counts_for_the_person_though_an_earlier_account_keeps_it(
    world: World, limit: int
) -> None:
    account = world.person()
    world.scenario("walk", grams_per_unit="1", unit="m", daily_cap_grams=1000)
    world.report(account, "60", scenario="walk")
    moved(world, "alice", "alice2")
    places: list[tuple[str, int]] = []
    cursor: dict[str, str] = {}
    while True:
        page = world.get("/v1/accounts/me/export", role="individual", sub="alice2", limit=limit, **cursor).body
        places += [(item["place"], item["kept"].get("grams")) for item in page["items"]]
        if not page["next_cursor"]:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert places == [("account", 0), ("usage:walk:20240115", 60)]


@pytest.mark.parametrize("closed_before", [False, True])
def test_of_two_logins_that_open_with_one_number_at_once_one_wins(world: World, closed_before: bool) -> None:
    if closed_before:
        world.person("alice")
        world.close("alice")

    def other_first(store, request, asked):  # type: ignore[no-untyped-def]
        assert world.post("/v1/accounts", PERSON, role="individual", sub="bob").status == 201
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [other_first]
    assert world.post("/v1/accounts", PERSON, role="individual", sub="carol").refused == (409, "account_exists")
    assert world.get("/v1/accounts/me", role="individual", sub="carol").status == 404


def test_a_claim_of_before_persons_were_kept_is_respected_and_gets_its_person(world: World) -> None:
    account = world.person("alice", identity_number(1))
    [place] = [place for place in world.store.items if place[1] == "identity"]
    for name in ("person", "open"):
        del world.store.items[place][name]
    other = PERSON | {"identity_number": identity_number(1)}
    assert world.post("/v1/accounts", other, role="individual", sub="bob").refused == (409, "account_exists")
    assert world.close("alice").status == 200
    world.person("bob", identity_number(1))
    kept = world.item(keys.account(keys.holder(keys.account_id("bob")))) or {}
    assert kept["person"] == account
