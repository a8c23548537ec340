"""Every command may be sent again with its key; it is done once."""

import json

import pytest

from tests.commands import COMMANDS, Ready, send
from tests.prepared import prepared
from tests.world import PEOPLE, World

REUSED = (422, "idempotency_key_reused")


@pytest.fixture(params=list(COMMANDS))
def ready(request: pytest.FixtureRequest, world: World) -> Ready:
    return prepared(request.param, world)


@pytest.mark.engine
def test_a_replay_answers_the_same_and_changes_nothing(world: World, ready: Ready) -> None:
    first = send(world, ready, key="k")
    assert first.status in {200, 201, 202}
    assert "Idempotent-Replayed" not in first.headers
    after = world.items()
    for _ in range(2):
        again = send(world, ready, key="k")
        assert (again.status, again.body) == (first.status, first.body)
        assert again.headers["Idempotent-Replayed"] == "true"
    assert world.items() == after


def test_a_replay_after_the_stream_answers_the_same(world: World, ready: Ready) -> None:
    first = send(world, ready, key="k")
    world.stream()
    again = send(world, ready, key="k")
    assert (again.status, again.body) == (first.status, first.body)


def test_a_replay_may_be_spelt_differently(world: World, ready: Ready) -> None:
    first = send(world, ready, key="k")
    spelt = json.dumps(dict(reversed(ready.body.items())), indent=3).encode()
    again = send(world, ready, key="k", raw=spelt, headers={"Content-Type": "Application/JSON; charset=utf-8"})
    assert (again.status, again.body) == (first.status, first.body)


def test_a_key_stands_for_one_body(world: World, ready: Ready) -> None:
    if ready.other is None:
        return  # its only body is {}
    send(world, ready, key="k")
    after = world.items()
    assert send(world, ready, key="k", body=ready.other).refused == REUSED
    assert world.items() == after


def test_a_key_stands_for_one_path(world: World, ready: Ready) -> None:
    send(world, ready, key="k")
    after = world.items()
    other = {
        "individual": ("/v1/accounts/me/close", {}),
        "institution": ("/v1/accounts/me/close", {}),
        "scenario_operator": ("/v1/reduction-batches", {"scenario": "metro", "lines": 1, "sha256": "0" * 64}),
        "exchange": ("/v1/redemptions/other/refund", {}),
        "bureau": ("/v1/reductions/other/confirm", {}),
    }[ready.role]
    if other[0] != ready.path:
        assert send(world, ready, key="k", method="POST", path=other[0], body=other[1]).refused == REUSED
    if ready.path.count("/") > 3 and "/me/" not in ready.path:
        parts = ready.path.split("/")
        id = 2 if parts[1] == "sandbox" else 3
        elsewhere = "/".join([*parts[:id], "other", *parts[id + 1 :]])
        assert send(world, ready, key="k", path=elsewhere).refused == REUSED
    assert world.items() == after


def test_a_key_is_its_callers_own(world: World, ready: Ready) -> None:
    send(world, ready, key="k")
    stranger = send(world, ready, key="k", sub="stranger")
    assert stranger.headers.get("Idempotent-Replayed") is None
    assert stranger.refused != REUSED


def test_without_a_proper_key_nothing_is_done(world: World, ready: Ready) -> None:
    before = world.items()
    for key in (None, " ", "a b", "a\tb", "k" * 256, "\u00e9", "\u9375", "a\x7f", "a\x00"):
        assert send(world, ready, key=key).refused == (400, "idempotency_key_required"), key
        assert world.items() == before, key


@pytest.mark.parametrize("key", ["!", "~", "k" * 255, "{}\"'\\/%00"])
def test_a_key_is_1_to_255_visible_ascii_characters(world: World, ready: Ready, key: str) -> None:
    assert send(world, ready, key=key).status in {200, 201, 202}
    assert send(world, ready, key=key).headers["Idempotent-Replayed"] == "true"


def test_a_refusal_is_not_kept_so_the_key_serves_once_the_cause_is_mended(world: World) -> None:
    world.merchant()
    account = world.rich(points=500)
    offer = world.offer()
    assert world.redeem(offer, key="k").refused == (409, "insufficient_points")
    world.report(account, "500", scenario="walk")
    bought = world.redeem(offer, key="k")
    assert bought.status == 201
    assert "Idempotent-Replayed" not in bought.headers
    assert world.redeem(offer, key="k").body == bought.body
    assert world.points() == 0


def test_a_refusal_costs_one_read_of_the_record_and_a_success_none(world: World) -> None:
    world.merchant()
    world.rich(points=1500)
    offer = world.offer()
    assert world.redeem(offer).status == 201  # the offer's terms are remembered from now on
    before = world.store.requests
    assert (world.redeem(offer).code, world.store.requests - before) == ("insufficient_points", 2)
    world.report(world.me()["id"], "1000", scenario="walk")
    before = world.store.requests
    assert (world.redeem(offer).status, world.store.requests - before) == (201, 1)


def test_after_a_refusal_the_key_may_even_bring_another_body(world: World) -> None:
    world.merchant()
    world.rich(points=1000)
    offer = world.offer()
    assert world.redeem(offer, 2000, 2, key="k").refused == (409, "insufficient_points")
    assert world.redeem(offer, 1000, 1, key="k").status == 201


def test_a_replay_outlives_whatever_made_it_possible(world: World) -> None:
    """The answer of an order stays its answer when the offer has changed and the account is closed."""
    world.merchant()
    world.rich(points=1000)
    offer = world.offer(stock=1, per_account_limit=1)
    first = world.redeem(offer, key="k")
    world.fulfil(first.body["id"])
    world.patch(f"/v1/offers/{offer}", {"points": 5, "status": "off_shelf"}, role="institution", sub="shop")
    world.close()
    again = world.redeem(offer, key="k")
    assert (again.status, again.body) == (201, first.body)


def test_two_callers_may_use_the_same_key(world: World) -> None:
    world.merchant()
    offer = world.offer()
    world.rich("alice", points=1000)
    world.rich("bob", PEOPLE[1], points=1000)
    orders = {world.redeem(offer, sub=sub, key="k").body["id"] for sub in ("alice", "bob")}
    assert len(orders) == 2


def test_queries_need_no_key(world: World) -> None:
    world.person()
    assert world.get("/v1/accounts/me", role="individual", sub="alice").status == 200
