"""How many grams back how many points: right at any time, whatever order the stream comes in."""

from typing import Any

from tests.world import World


def supply(world: World) -> dict[str, Any]:
    """The supply; its equations hold whenever it is asked for."""
    got: dict[str, Any] = world.get("/v1/supply").body
    assert got["grams_backing"] == got["points_circulating"]
    assert got["grams_confirmed"] == got["grams_backing"] + got["grams_held"] + got["grams_retired"]
    return got


def test_an_empty_platform_has_no_supply(world: World) -> None:
    assert supply(world) == {
        "grams_confirmed": 0, "grams_backing": 0, "grams_held": 0, "grams_retired": 0,
        "grams_uncovered": 0, "points_circulating": 0,
        "points_by_use": {"redeemed": 0, "cancelled": 0, "donated": 0, "bought_back": 0}, "as_of": None,
    }  # fmt: skip


def test_supply_follows_the_stream_and_counts_every_record_once(world: World) -> None:
    world.merchant()
    world.rich(points=7100)
    offer = world.offer(points=1000, stock=3)
    order = world.redeem(offer, 2000, 2).body["id"]
    assert supply(world)["grams_confirmed"] == 0
    for _ in range(3):
        world.stream()
        got = supply(world)
        assert (got["grams_confirmed"], got["points_circulating"]) == (7100, 7100)
        assert got["points_by_use"]["redeemed"] == 2000
        assert got["as_of"] == max(record["at"] for record in world.records() if "postings" in record)
    world.sweep()
    world.refund(order)
    world.stream()
    got = supply(world)
    assert (got["grams_confirmed"], got["points_by_use"]["redeemed"]) == (7100, 0)


def test_what_is_only_reported_is_no_supply(world: World) -> None:
    account = world.person()
    world.scenario(confirmation="manual")
    world.report(account)
    world.stream()
    assert supply(world)["grams_confirmed"] == 0


def test_health_says_that_it_answers_and_which_version(world: World) -> None:
    got = world.get("/v1/health")
    assert (got.status, got.body["status"]) == (200, "ok")
    assert got.body["version"]
