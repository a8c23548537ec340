"""Consumers that meet in a lane part, and each keeps what it has."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib import lanes


def test_a_consumer_keeps_its_lane_until_it_meets_another(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = iter([41, 7])
    monkeypatch.setattr("chalicelib.lanes.random.randrange", lambda _: next(chosen))
    lanes.forget()
    assert [lanes.mine(), lanes.mine(), lanes.mine(8)] == [41, 41, 1]
    lanes.leave()
    assert [lanes.mine(), lanes.mine(4)] == [7, 3]


def test_shards_that_are_read_side_by_side_have_lanes_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = iter([3, 9])
    monkeypatch.setattr("chalicelib.lanes.random.randrange", lambda _: next(chosen))
    lanes.forget()
    with ThreadPoolExecutor(1) as other:
        assert (lanes.mine(), other.submit(lanes.mine).result(), lanes.mine()) == (3, 9, 3)
