"""What a request has time for, by a clock that only the tests move."""

import math

import boto3
import pytest
from botocore.config import Config

from chalicelib import deadline
from chalicelib.errors import Unavailable
from chalicelib.files import client as files
from chalicelib.queues import sender as queues
from chalicelib.signing import remote
from chalicelib.table import client as table
from tests.clock import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock.installed(monkeypatch)


def test_what_nobody_waits_for_has_no_deadline(clock: Clock) -> None:
    assert deadline.left() == math.inf
    deadline.begin(1e9)


@pytest.mark.parametrize(("remaining", "left"), [(900, 27), (29, 27), (28.5, 26.5), (10, 8), (2, 0), (1, 0)])
def test_the_nearer_end_counts_and_two_seconds_are_kept_for_the_answer(
    clock: Clock, remaining: float, left: float
) -> None:
    with deadline.within(remaining):
        assert deadline.left() == left
    assert deadline.left() == math.inf


def test_a_call_begins_only_where_it_cannot_outlast_the_request(clock: Clock) -> None:
    with deadline.within(29):
        clock.pass_by(18)
        deadline.begin(9)
        clock.pass_by(0.5)
        with pytest.raises(Unavailable):
            deadline.begin(9)


def test_a_pause_ends_with_the_request(clock: Clock) -> None:
    with deadline.within(29):
        clock.pass_by(26)
        deadline.pause(0.25)
        deadline.pause(5)
        deadline.pause(5)
    assert clock.pauses == [0.25, 0.75, 0]


def test_a_client_asks_for_the_worst_case_of_each_try(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def begin(seconds: float) -> None:
        asked.append(seconds)
        raise Unavailable()

    monkeypatch.setattr(deadline, "begin", begin)
    config = Config(connect_timeout=3, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 4})
    client = boto3.client("dynamodb", config=config)
    deadline.guard(client, "dynamodb")
    with pytest.raises(Unavailable):
        client.list_tables()
    assert asked == [3 + 4 + 4]


@pytest.mark.parametrize("made", [table.client, files.client, queues.client, remote.client])
def test_every_client_may_begin_in_a_new_request_and_not_at_its_end(clock: Clock, made: object) -> None:
    client = made.__wrapped__()  # type: ignore[attr-defined]
    service = client.meta.service_model.service_name
    with deadline.within(29):
        client.meta.events.emit(f"before-send.{service}.Any", request=None)
        clock.pass_by(25)
        with pytest.raises(Unavailable):
            client.meta.events.emit(f"before-send.{service}.Any", request=None)
