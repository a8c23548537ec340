"""Webhooks of holds and withdrawn grants: as robust as those of orders, and they name nobody."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.holds.worker import expire_due
from chalicelib.signing import webhooks
from chalicelib.table import keys
from tests.consents import (
    ALICE,
    SHOP,
    age_hold,
    capture,
    consent,
    hold,
    mall,
    redeem,
    release,
    spend,
    spending,
    withdraw,
)
from tests.integration.test_webhooks import Post, listening
from tests.partner import Sent, register
from tests.world import PEOPLE, World


@pytest.fixture
def post(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    """A mall whose system listens, and Alice with points."""
    with listening(world, monkeypatch) as made:
        world.rich(points=5000)
        register(mall(world), made.system.url, made.system.public_key)
        yield made


@pytest.fixture
def grant(world: World, post: Post) -> str:
    return spending(world, keys.account_id("shop"), points_max_day=5000)


def held(world: World, grant: str, order: str = "o-1") -> str:
    answer = hold(world, grant, order_reference=order)
    assert answer.status == 201, answer
    return str(answer.body["id"])


def test_each_end_of_a_hold_is_sent_once_and_signed(world: World, post: Post, grant: str) -> None:
    captured, released, expired = (held(world, grant, f"o-{number}") for number in range(3))
    assert capture(world, captured, 300).status == 200
    assert release(world, released).status == 200
    age_hold(world, expired, "2020-01-01T00:00:00.000Z")
    assert expire_due(datetime.now(UTC)) == 1
    post.drain()
    ends = [("hold.captured", captured), ("hold.released", released), ("hold.expired", expired)]
    assert sorted(post.system.events()) == sorted(ends)
    merchant = keys.account_id("shop")
    [key] = world.get(f"/v1/webhook-keys/{merchant}").body["keys"]
    for got in post.system.got:
        webhooks.verify(webhooks.load(key), got.headers, got.body, datetime.now(UTC))
    [taken] = [got.event["data"] for got in post.system.got if got.event["type"] == "hold.captured"]
    assert taken == {
        "merchant": merchant, "hold": captured, "grant": grant, "order_reference": "o-0", "points": 400,
        "captured_points": 300, "status": "captured",
    }  # fmt: skip


@pytest.mark.parametrize(("who", "role"), [(ALICE, "individual"), (SHOP, "institution")])
def test_a_withdrawn_grant_is_sent_under_the_merchants_own_name(
    world: World, post: Post, grant: str, who: dict[str, Any], role: str
) -> None:
    assert withdraw(world, grant, **who).status == 200
    post.drain()
    [got] = post.system.got
    assert (got.event["type"], got.event["data"]) == (
        "grant.withdrawn",
        {
            "merchant": keys.account_id("shop"),
            "grant": grant,
            "reference": "m-1",
            "status": "withdrawn",
            "withdrawn_by": role,
        },
    )


def test_a_grant_that_no_merchant_knows_is_withdrawn_in_silence(world: World, post: Post) -> None:
    offered = consent(world, spend(keys.account_id("shop")))
    assert withdraw(world, offered.body["id"]).status == 200
    post.drain()
    assert post.system.got == []


def test_a_consent_to_report_concerns_no_merchant(world: World, post: Post) -> None:
    report = consent(world)
    assert report.status == 201, report
    assert redeem(world, report.body["code"]).status == 200
    assert withdraw(world, report.body["id"]).status == 200
    post.drain()
    assert post.system.got == []


def test_what_is_sent_of_a_person_is_a_grant(world: World, post: Post, grant: str) -> None:
    assert capture(world, held(world, grant)).status == 200
    assert withdraw(world, grant).status == 200
    post.drain()
    sent = " ".join(got.body.decode() + str(got.headers) for got in post.system.got)
    for name in ("alice", "王", PEOPLE[0], keys.account_id("alice")):
        assert name not in sent


def test_what_failed_is_listed_with_its_hold_and_replayed(world: World, post: Post, grant: str) -> None:
    post.system.answer = lambda _: Sent(503)
    id = held(world, grant)
    assert capture(world, id).status == 200
    post.drain()
    [waits] = post.list("pending")
    assert (waits["type"], waits["hold"], waits["redemption"], waits["grant"]) == ("hold.captured", id, None, None)
    for pause in (6, 301, 1801):
        post.later(pause)
    [failed] = post.list()
    post.system.answer = lambda _: Sent()
    post.system.got.clear()
    assert world.post(f"/v1/webhook-deliveries/{failed['id']}/replay", **SHOP).status == 200
    post.later(61)
    assert post.system.events() == [("hold.captured", id)]
    assert post.list() == post.list("pending") == []


def test_410_holds_back_events_of_holds_too(world: World, post: Post, grant: str) -> None:
    post.system.answer = lambda _: Sent(410)
    id = held(world, grant)
    assert release(world, id).status == 200
    post.drain()
    [waits] = post.list("pending")
    assert (waits["hold"], waits["reason"]) == (id, "endpoint_disabled")
