"""What a command costs in DynamoDB's write units."""

from collections.abc import Callable

from infra.dev.bench.units import transaction_units
from tests.world import Answer, World


def units(world: World, do: Callable[[], Answer]) -> int:
    """Write units of a command: of each item that it changed."""
    before = {(item["pk"]["S"], item["sk"]["S"]): item for item in world.items()}
    answer = do()
    assert answer.status in {200, 201}, answer
    after = {(item["pk"]["S"], item["sk"]["S"]): item for item in world.items()}
    changed = [place for place, item in after.items() if before.get(place) != item]
    return sum(transaction_units(before.get(place), after[place]) for place in changed)
