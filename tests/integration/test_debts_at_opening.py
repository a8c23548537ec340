"""A debt holds an account open, and follows its person to the account that she opens later."""

import pytest

from tests import books
from tests.world import World


def trip(world: World, account: str, points: int) -> str:
    return str(world.report(account, str(points), scenario="walk").body["id"])


def spend(world: World, points: int, sub: str = "alice") -> None:
    body = {"points": points, "purpose": "trip"}
    assert world.post("/v1/cancellations", body, role="individual", sub=sub).status == 201


def undo(world: World, reduction: str) -> None:
    body = {"reason": "no such trip", "evidence_sha256": "0" * 64}
    assert world.post(f"/v1/reductions/{reduction}/reverse", body, role="bureau", sub="bureau").status == 200


def test_an_account_that_owes_does_not_close(world: World) -> None:
    account = world.rich(points=100)
    reduction = trip(world, account, 200)
    spend(world, 300)
    undo(world, reduction)
    refused = world.close()
    assert refused.refused == (409, "invalid_state")
    assert (refused.body["debt_points"], refused.body["debt_grams"]) == (200, 0)
    trip(world, account, 200)
    assert world.close().status == 200
    books.check(world)


def test_an_account_that_is_reversed_at_the_last_moment_does_not_close(world: World) -> None:
    account = world.rich(points=100)
    reduction = trip(world, account, 200)
    spend(world, 300)

    def reversed_first(store, request, asked):  # type: ignore[no-untyped-def]
        undo(world, reduction)
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [reversed_first]
    assert world.close().refused == (409, "invalid_state")
    assert world.me()["debt_points"] == 200


@pytest.mark.engine
def test_a_debt_of_after_the_closing_goes_along_to_another_login(world: World) -> None:
    account = world.rich(points=100)
    reduction = trip(world, account, 200)
    spend(world, 300)
    assert world.close().status == 200
    undo(world, reduction)
    later = world.person("alice-2")
    assert (world.me()["debt_points"], world.me("alice-2")["debt_points"]) == (0, 200)
    books.check(world)
    world.stream()
    [line] = world.entries("alice-2")
    assert (line["kind"], line["points"], line["debt_points"]) == ("account_transfer", 0, 200)
    trip(world, later, 250)
    assert (world.points("alice-2"), world.me("alice-2")["debt_points"]) == (50, 0)
    books.check(world)
    world.stream()
    books.check_projected(world, world.get("/v1/supply").body)


def test_a_debt_is_there_when_the_same_login_opens_again(world: World) -> None:
    account = world.rich(points=100)
    reduction = trip(world, account, 100)
    spend(world, 200)
    world.close()
    undo(world, reduction)
    world.person()
    assert world.me()["debt_points"] == 100
    books.check(world)


def test_what_is_reversed_after_the_new_opening_follows_too(world: World) -> None:
    account = world.rich(points=100)
    reduction = trip(world, account, 100)
    spend(world, 200)
    world.close()
    later = world.person("alice-2")
    undo(world, reduction)
    assert (world.me()["debt_points"], world.me("alice-2")["debt_points"]) == (0, 100)
    trip(world, later, 100)
    assert world.close("alice-2").status == 200
    world.person("alice")
    second = trip(world, account, 30)
    undo(world, second)
    assert (world.points(), world.me()["debt_points"]) == (0, 0)
    books.check(world)


def test_a_reversal_while_she_opens_loses_no_debt(world: World) -> None:
    account = world.rich(points=100)
    reduction = trip(world, account, 100)
    spend(world, 200)
    world.close()

    def reversed_first(store, request, asked):  # type: ignore[no-untyped-def]
        undo(world, reduction)
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [reversed_first]
    world.person("alice-2")
    assert (world.me()["debt_points"], world.me("alice-2")["debt_points"]) == (0, 100)
    books.check(world)
