"""No key that many requests share is over half of what a partition takes, at thirty million trips a day."""

from typing import Any

from chalicelib.agenda import notes
from infra.dev.bench.scale import CHUNK, Key, page, shared
from infra.here import ROOT
from tests.world import World


def measured(world: World, movement: str, act: Any) -> list[Key]:
    """What the consumers write for CHUNK movements."""
    done = {(str(item["pk"]["S"]), str(item["sk"]["S"])) for item in world.items()}
    for number in range(CHUNK):
        act(number)
    new = [item for item in world.items() if (str(item["pk"]["S"]), str(item["sk"]["S"])) not in done]
    changes: list[Any] = []
    apply = world.store.apply

    def watched(after: Any) -> None:
        changes.extend((place[0], world.store.items.get(place), item) for place, item in after.items())
        apply(after)

    world.store.apply = watched  # type: ignore[method-assign]
    world.stream(new)
    world.store.apply = apply  # type: ignore[method-assign]
    return shared(movement, changes)


def test_no_shared_key_is_over_half_of_its_limit_and_the_page_shows_each(world: World) -> None:
    world.merchant()
    account = world.rich(points=100_000)
    for number in range(CHUNK):
        world.scenario(f"s{number}")
    world.stream()
    trips = measured(world, "trip", lambda number: world.report(account, scenario=f"s{number}"))
    offer = world.offer(stock=100)
    notes.forget()
    sales = measured(world, "redemption", lambda _: world.redeem(offer))
    keys = [*trips, *sales]
    assert {"supply", "statistics"} <= {key.name for key in keys}
    assert [key.name for key in keys if key.share > 0.5] == []
    assert page(keys) == (ROOT / "docs" / "scale.md").read_text()
