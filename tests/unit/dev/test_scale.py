"""No key that many requests share is over half of what a partition takes, at thirty million trips a day."""

from typing import Any

from chalicelib.agenda import notes
from infra.dev.bench.scale import CHUNK, Key, page, shared
from infra.here import ROOT
from tests.partner import register
from tests.world import World


def measured(world: World, movement: str, act: Any) -> list[Key]:
    """What is written for CHUNK movements, by the requests and by the consumers."""
    done = {(str(item["pk"]["S"]), str(item["sk"]["S"])) for item in world.items()}
    changes: list[Any] = []
    apply = world.store.apply

    def watched(after: Any) -> None:
        changes.extend((place[0], world.store.items.get(place), item) for place, item in after.items())
        apply(after)

    world.store.apply = watched  # type: ignore[method-assign]
    for number in range(CHUNK):
        act(number)
    new = [item for item in world.items() if (str(item["pk"]["S"]), str(item["sk"]["S"])) not in done]
    world.stream(new)
    world.store.apply = apply  # type: ignore[method-assign]
    return shared(movement, changes)


def confirm(world: World) -> None:
    """The bureau confirms what has waited longest."""
    waiting = world.get("/v1/reductions", role="bureau", sub="bureau", limit=1).body["items"]
    answer = world.post(f"/v1/reductions/{waiting[0]['id']}/confirm", role="bureau", sub="bureau")
    assert answer.status == 200, answer


def test_no_shared_key_is_over_half_of_its_limit_and_the_page_shows_each(world: World) -> None:
    merchant = world.merchant()
    account = world.rich(points=100_000)
    for number in range(CHUNK):
        world.scenario(f"s{number}")
        world.scenario(f"m{number}", confirmation="manual")
    world.stream()
    trips = measured(world, "trip", lambda number: world.report(account, scenario=f"s{number}"))

    def by_hand(number: int) -> None:
        world.report(account, scenario=f"m{number}")
        confirm(world)

    manual = measured(world, "manual trip", by_hand)
    register(merchant, "https://shop.example.com/hooks", "key")
    offer = world.offer(stock=100, fulfil_within_days=7)
    notes.forget()
    sales = measured(world, "redemption", lambda _: world.redeem(offer))
    keys = [*trips, *manual, *sales]
    assert {"supply", "statistics", "list orders-due", "list reductions"} <= {key.name for key in keys}
    assert [key.name for key in keys if key.share > 0.5] == []
    assert page(keys) == (ROOT / "docs" / "scale.md").read_text()
