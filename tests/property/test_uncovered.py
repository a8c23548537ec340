"""Whatever a person earns, spends and loses, and however the stream brings it: her flags are those of her debt."""

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from chalicelib.reconciliation import flags
from tests import books
from tests.world import World
from tests.worlds import quick_world

BUREAU: dict[str, Any] = {"role": "bureau", "sub": "bureau"}
ALICE: dict[str, Any] = {"role": "individual", "sub": "alice"}
WHY = {"reason": "no such trip", "evidence_sha256": "0" * 64}

STEPS = st.one_of(
    st.tuples(st.just("trip"), st.integers(1, 50)),
    st.tuples(st.just("cancel"), st.integers(1, 4)),
    st.tuples(st.just("reverse"), st.integers(0, 5)),
    st.tuples(st.just("stream"), st.randoms(use_true_random=False)),
)


class Story:
    """Alice's trips that stand, and her certificates in the order of their issue."""

    def __init__(self, world: World) -> None:
        self.world, self.account = world, world.rich(points=30)
        self.trips: list[str] = []
        self.certified: list[tuple[str, int]] = []
        for points in (40, 20):
            self.trip(points)
        self.cancel(3)

    def trip(self, points: int) -> None:
        self.trips.append(self.world.report(self.account, str(points), scenario="walk").body["id"])

    def cancel(self, quarters: int) -> None:
        if points := self.world.points() * quarters // 4:
            done = self.world.post("/v1/cancellations", {"points": points, "purpose": "x"}, **ALICE)
            self.certified.append((done.body["certificate"]["serial"], points))

    def reverse(self, number: int) -> None:
        if self.trips:
            reduction = self.trips.pop(number % len(self.trips))
            assert self.world.post(f"/v1/reductions/{reduction}/reverse", WHY, **BUREAU).status == 200

    def stream(self, chance: Any) -> None:
        """Some of the Records, in any order."""
        records = [item for item in self.world.items() if item["sk"] == {"S": "record"}]
        self.world.stream(chance.sample(records, chance.randint(0, len(records))))

    def flags(self) -> dict[str, int]:
        found = self.world.get("/v1/certificates", limit=100, **BUREAU).body["items"]
        return {item["serial"]: item["uncovered_grams"] for item in found}

    def expected(self) -> dict[str, int]:
        debt, flags = self.world.me()["debt_points"], Counter[str]()
        for serial, grams in reversed(self.certified):
            flags[serial] = min(debt, grams)
            debt -= flags[serial]
        return {serial: grams for serial, grams in flags.items() if grams}


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
@given(st.lists(STEPS, min_size=4, max_size=16))
def test_flags_are_those_of_the_debt_however_it_came_about(steps: list[tuple[str, Any]]) -> None:
    with quick_world() as world:
        story = Story(world)
        for step, much in steps:
            getattr(story, step)(much)
        world.stream()
        event(f"{len(story.expected())} flags")  # seen with --hypothesis-show-statistics: most stories leave some
        assert story.flags() == story.expected()
        books.check(world)
        assert list(flags.differences(books.audited(world.items()))) == []
        assert sum(story.flags().values()) <= world.get("/v1/supply").body["grams_uncovered"]
