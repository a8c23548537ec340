"""Webhooks of disputes: opened and ruled, in order, and what a ruling did has its own event as always."""

from collections.abc import Iterator

import pytest

from chalicelib.table import keys
from tests.consents import mall
from tests.disputes import answered, held, opened, order, rule, trip
from tests.integration.test_webhooks import Post, listening
from tests.partner import register
from tests.world import PEOPLE, World


@pytest.fixture
def post(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    with listening(world, monkeypatch) as made:
        yield made


def test_an_order_is_disputed_ruled_and_refunded_in_order(world: World, post: Post) -> None:
    id = order(world)
    merchant = keys.account_id("shop")
    register(merchant, post.system.url, post.system.public_key)
    claimed = answered(world, "redemption", id)
    assert rule(world, claimed).status == 200
    post.drain()
    events = post.system.events()
    assert sorted(events) == sorted(
        [("order.placed", id), ("order.refunded", id), ("dispute.opened", claimed), ("dispute.ruled", claimed)]
    )
    assert events.index(("dispute.opened", claimed)) < events.index(("dispute.ruled", claimed))
    assert events.index(("order.placed", id)) < events.index(("order.refunded", id))
    sent = {got.event["type"]: got.event["data"] for got in post.system.got}
    assert sent["dispute.ruled"] == sent["dispute.opened"] | {"status": "upheld", "refunded_points": 1000}
    assert (
        sent["dispute.opened"].items()
        >= {"merchant": merchant, "dispute": claimed, "kind": "redemption", "object": id}.items()
    )
    assert sent["order.refunded"] == sent["order.placed"] | {"status": "refunded"}


def test_a_dispute_of_a_hold_names_nobody(world: World, post: Post) -> None:
    id = held(world)
    register(keys.account_id("shop"), post.system.url, post.system.public_key)
    assert rule(world, answered(world, "hold", id)).status == 200
    post.drain()
    assert {kind for kind, _ in post.system.events()} == {"dispute.opened", "dispute.ruled", "hold.released"}
    sent = " ".join(got.body.decode() + str(got.headers) for got in post.system.got)
    for name in ("alice", "王", PEOPLE[0], keys.account_id("alice"), "It is not right"):
        assert name not in sent


def test_a_dismissal_is_sent_without_a_refund(world: World, post: Post) -> None:
    claimed = answered(world, "redemption", order(world))
    register(keys.account_id("shop"), post.system.url, post.system.public_key)
    assert rule(world, claimed, "dismiss").status == 200
    post.drain()
    assert {kind for kind, _ in post.system.events()} == {"order.placed", "dispute.opened", "dispute.ruled"}


def test_a_dispute_of_a_reduction_concerns_no_merchant(world: World, post: Post) -> None:
    id = trip(world)
    register(mall(world), post.system.url, post.system.public_key)
    opened(world, "reduction", id)
    post.drain()
    assert post.system.got == []
