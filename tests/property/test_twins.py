"""The same change twice at once: whatever a command has read may have moved before it commits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib.buyback.model import LANES, TONNE
from chalicelib.buyback.worker import pay
from chalicelib.table import client, keys
from chalicelib.table.commit import commit
from chalicelib.table.write import put
from tests.commands import COMMANDS, Ready, send
from tests.prepared import prepared
from tests.property.test_interruptions import books_balance
from tests.world import World

MOMENTS = range(6)  # before the first request of a command to the table, before the second, and so on
AFTER_READING_THE_TILLS = 3  # a refund reads the order's Record and state, then the tills, and commits


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)


@pytest.fixture(params=list(COMMANDS))
def ready(request: pytest.FixtureRequest, world: World) -> Ready:
    return prepared(request.param, world)


@contextmanager
def just_before(moment: int, happens: Callable[[], Any]) -> Iterator[list[Any]]:
    """``happens`` once, just before the request number ``moment`` is sent; what it answered."""
    answers: list[Any] = []
    state = {"count": -1}

    def hook(**_: Any) -> None:
        state["count"] += 1
        if state["count"] == moment:
            answers.append(happens())

    events = client.client().meta.events
    events.register_first("before-send.dynamodb", hook)
    yield answers
    events.unregister("before-send.dynamodb", hook)


@pytest.mark.parametrize("moment", MOMENTS)
def test_two_requests_with_one_key_both_get_the_one_answer(world: World, ready: Ready, moment: int) -> None:
    with just_before(moment, lambda: send(world, ready, key="k")) as twins:
        answer = send(world, ready, key="k")
    assert answer.status in {200, 201, 202}, answer
    assert [twin.body for twin in twins] in ([], [answer.body])
    assert books_balance(world)


@pytest.mark.parametrize("moment", MOMENTS)
def test_of_two_requests_with_two_keys_the_later_is_served_or_refused(world: World, ready: Ready, moment: int) -> None:
    with just_before(moment, lambda: send(world, ready, key="other")) as twins:
        answer = send(world, ready, key="k")
    assert all(twin.status in {200, 201, 202} for twin in twins)
    assert answer.status < 500, answer
    assert answer.code != "contended"
    assert books_balance(world)


def test_a_refund_is_paid_though_till_and_merchant_change_places_between_its_reads(world: World) -> None:
    """The till was empty when it was read; then it sold, and what the merchant had was bought back."""
    merchant = world.merchant()
    world.rich(points=2 * TONNE)
    offer = world.offer(points=TONNE)
    order = world.redeem(offer, TONNE).body["id"]
    world.sweep()

    def sell_and_buy_back() -> None:
        assert world.redeem(offer, TONNE).status == 201
        for lane in range(LANES):
            store(keys.run_lane("run", lane))
        pay("run", merchant)

    def store(key: keys.Key) -> None:
        lane = {"merchants": 0, "points": 0, "tonnes": 0, "parts": 0, "status": "running"}
        commit([put(key, lane)])

    with just_before(AFTER_READING_THE_TILLS, sell_and_buy_back):
        refunded = world.refund(order)
    assert refunded.status == 200, refunded
    assert world.points() == TONNE
    assert world.points("shop", "institution") == 0


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_refund_is_paid_though_its_till_is_swept_meanwhile(world: World, moment: int) -> None:
    world.merchant()
    world.rich(points=1000)
    order = world.redeem(world.offer()).body["id"]
    with just_before(moment, world.sweep):
        assert world.refund(order).status == 200
    assert world.points() == 1000
    assert books_balance(world)
