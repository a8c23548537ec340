"""Donations, closings, abandonments and refunds in each other's way: each is decided, then another comes first.

Whoever wins, every point that was given is retired for the beneficiary, or back with its person, once; and no donation
is taken by a campaign that was abandoned.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.campaigns.refunding import worker
from chalicelib.kernel import settle
from chalicelib.table.commit import commit
from tests.integration.test_abandoned import abandon, agree
from tests.integration.test_campaigns import approved, close, donate
from tests.world import PEOPLE, World
from tests.worlds import quick_world

WAYS = ("give", "give", "abandon", "close", "refund", "stream")
POINTS = 5000
ALLOWED = {200, 201, 409, 503}


@contextmanager
def first(other: Callable[[], object]) -> Iterator[None]:
    """``other`` happens between a decision and its commit, once."""
    waiting = [other]

    def late(writes: Any) -> None:
        while waiting:
            waiting.pop()()
        commit(writes)

    with patch.object(settle, "commit", late):
        yield


class Race:
    def __init__(self, world: World) -> None:
        self.world, self.days = world, 0
        world.institution()
        for sub, number in zip(("alice", "bob"), PEOPLE, strict=True):
            world.rich(sub, number, points=POINTS)
        self.campaign = approved(world)
        self.turn = 0

    def do(self, way: str) -> None:
        self.turn += 1
        match way:
            case "give":
                answer = donate(self.world, self.campaign, 100 + self.turn, ("alice", "bob")[self.turn % 2])
            case "abandon":
                answer = abandon(self.world, self.campaign)
            case "close":
                answer = close(self.world, self.campaign)
            case "refund":
                self.days += 2
                worker.refund_due(datetime.now(UTC) + timedelta(days=self.days))
                return
            case _:
                self.world.stream()
                return
        assert answer.status in ALLOWED, answer

    def settled(self) -> None:
        """Everything has come to its end: what was given is where it belongs."""
        status = self.world.get(f"/v1/campaigns/{self.campaign}").body["status"]
        if status not in ("abandoned", "closed"):
            self.do("abandon" if status == "approved" else "close")
        for _ in range(3):
            self.do("stream")
            self.do("refund")
        self.do("stream")
        seen = self.world.get(f"/v1/campaigns/{self.campaign}").body
        given = 2 * POINTS - self.world.points() - self.world.points("bob")
        kinds = [each["kind"] for each in self.world.records()]
        if seen["status"] == "abandoned":
            assert (given, seen["refunded_points"]) == (0, seen["gathered_points"])
            assert kinds.count("donation") == kinds.count("donation_refunded")
        else:
            assert (seen["status"], given) == ("closed", seen["gathered_points"])
            assert "donation_refunded" not in kinds
        supply = self.world.get("/v1/supply").body
        assert (supply["grams_retired"], supply["points_by_use"]["donated"]) == (given, given)
        agree(self.world)


PAIRS = st.lists(st.tuples(st.sampled_from(WAYS), st.sampled_from(WAYS)), min_size=2, max_size=4)


@given(PAIRS)
@settings(max_examples=12, deadline=None)
def test_whoever_is_first_no_point_is_lost_or_given_back_twice(pairs: list[tuple[str, str]]) -> None:
    with quick_world() as world:
        run(world, pairs)


@pytest.mark.parametrize(
    "pairs",
    [
        [("give", "give"), ("give", "abandon")],
        [("give", "stream"), ("abandon", "give")],
        [("give", "stream"), ("abandon", "abandon"), ("refund", "refund")],
        [("give", "stream"), ("abandon", "close")],
        [("give", "stream"), ("close", "abandon")],
        [("give", "give"), ("abandon", "stream"), ("stream", "refund"), ("give", "refund")],
    ],
)
def test_each_of_two_may_be_first(pairs: list[tuple[str, str]]) -> None:
    with quick_world() as world:
        run(world, pairs)


def run(world: World, pairs: list[tuple[str, str]]) -> None:
    race = Race(world)
    for way, other in pairs:
        with first(lambda other=other: race.do(other)):  # type: ignore[misc]  # bound at once
            race.do(way)
    race.settled()
