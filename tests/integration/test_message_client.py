"""The client that is notified of messages: one, by the machinery of all webhooks, and it learns as little as can be."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.messages import prepare, reactions
from chalicelib.partners import handshake
from chalicelib.signing import webhooks
from tests.integration.test_webhooks import Post, broken, listening
from tests.partner import Sent
from tests.world import CODES, PEOPLE, Answer, World

EXCHANGE: dict[str, Any] = {"role": "exchange", "sub": "exchange"}


@pytest.fixture
def post(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    with listening(world, monkeypatch) as made:
        yield made


def register(world: World, post: Post, account: str = "", url: str = "") -> Answer:
    body = {
        "client": account or world.institution("app", CODES[3]),
        "callback_url": url or post.system.url,
        "public_key": post.system.public_key,
    }
    return world.post("/v1/message-client", body, **EXCHANGE)


def recipient(world: World, sub: str = "alice") -> Any:
    return world.get("/v1/messages", role="individual", sub=sub).body["recipient"]


def test_each_message_is_sent_once_and_signed_under_a_name_of_the_clients_own(world: World, post: Post) -> None:
    alice, bob = world.person(), world.person("bob", PEOPLE[1])
    client = register(world, post).body["client"]
    for account in (alice, bob):
        world.freeze(account)
    post.drain()
    post.drain()
    [key] = world.get(f"/v1/webhook-keys/{client}").body["keys"]
    assert len(post.system.got) == 2
    for got in post.system.got:
        webhooks.verify(webhooks.load(key), got.headers, got.body, datetime.now(UTC))
    data = {each.event["data"]["recipient"]: each.event["data"] for each in post.system.got}
    assert set(data) == {recipient(world), recipient(world, "bob")}
    [message] = world.messages()
    assert data[recipient(world)] == {
        "client": client, "message": message["id"], "recipient": recipient(world), "kind": "account_frozen",
    }  # fmt: skip
    for secret in (alice, bob, "alice", "froze", "冻结"):
        assert secret not in json.dumps(data, ensure_ascii=False).replace("account_frozen", "")


def test_nothing_is_sent_before_a_client_is_registered_and_nothing_of_before_afterwards(
    world: World, post: Post
) -> None:
    world.freeze(account := world.person())
    post.drain()
    assert recipient(world) is None
    assert register(world, post).status == 201
    post.drain()
    assert post.system.got == []
    world.freeze(account, "unfreeze")
    post.drain()
    assert [got.event["data"]["kind"] for got in post.system.got] == ["account_released"]


def test_what_fails_is_tried_again_given_up_and_replayed_like_any_webhook(world: World, post: Post) -> None:
    client = register(world, post).body["client"]
    world.freeze(world.person())
    post.system.answer = broken
    post.drain()
    for seconds in (6, 301, 1801, 1801):
        post.later(seconds)
    [failed] = world.get("/v1/webhook-deliveries", merchant=client, **EXCHANGE).body["items"]
    [message] = world.messages()
    assert (failed["type"], failed["message"], failed["redemption"]) == ("message.created", message["id"], None)
    post.system.answer, post.system.got = lambda _: Sent(), []
    replayed = world.post(f"/v1/webhook-deliveries/{failed['id']}/replay", role="institution", sub="app")
    assert replayed.status == 200
    post.drain()
    assert [got.event["data"]["message"] for got in post.system.got] == [message["id"]]


def test_an_institutions_own_messages_are_not_sent(world: World, post: Post) -> None:
    register(world, post)
    world.freeze(world.institution())
    post.drain()
    assert post.system.got == []
    assert len(world.messages("shop", "institution")) == 1


def test_a_client_that_answers_410_or_whose_registration_ended_gets_nothing_more(world: World, post: Post) -> None:
    client = register(world, post).body["client"]
    world.freeze(account := world.person())
    post.system.answer = lambda _: Sent(410)
    post.drain()
    assert world.get("/v1/message-client", **EXCHANGE).body["disabled_at"] is not None
    world.freeze(account, "unfreeze")
    post.drain()
    pending = world.get("/v1/webhook-deliveries", merchant=client, status="pending", **EXCHANGE).body["items"]
    assert len(pending) == 1  # what was on its way; nothing piles up behind it
    post.system.answer = lambda _: Sent()
    assert register(world, post, client).body["disabled_at"] is None
    ended = world.post("/v1/message-client/end", **EXCHANGE)
    assert (ended.status, ended.body["client"]) == (200, client)
    assert ended.body["ended_at"] is not None
    post.system.got.clear()
    world.freeze(account)
    world.stream()
    assert post.system.got == []
    assert recipient(world) is None
    assert world.post("/v1/message-client/end", **EXCHANGE).refused == (409, "invalid_state")
    assert register(world, post, client).status == 201
    assert recipient(world)


def test_another_client_takes_its_place_and_knows_everyone_by_another_name(world: World, post: Post) -> None:
    world.person()
    register(world, post)
    first = recipient(world)
    assert register(world, post, world.institution("other", CODES[1])).status == 201
    assert recipient(world) not in (None, first)


def test_a_merchant_a_person_and_a_system_that_does_not_prove_itself_are_refused(
    world: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert register(world, post, world.merchant()).refused == (409, "invalid_state")
    assert register(world, post, world.person()).pointers == ["/client"]
    assert register(world, post, "nobody").pointers == ["/client"]
    monkeypatch.setattr(prepare, "handshake", handshake.handshake)
    app = world.institution("app", CODES[3])
    assert register(world, post, app).refused == (409, "handshake_failed")
    assert world.get("/v1/message-client", **EXCHANGE).status == 404
    post.system.answer = lambda got: post.system.prove(got) if "challenge" in str(got.event) else Sent()
    assert register(world, post, app).status == 201
    frozen = world.institution("late", CODES[2])
    world.freeze(frozen)
    assert register(world, post, frozen).refused == (409, "account_frozen")


def test_a_crash_between_a_message_and_its_event_loses_neither(
    world: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(world, post)
    world.freeze(world.person())

    def dies(_: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(reactions, "_notify_client", dies)
        with pytest.raises(AssertionError, match="batchItemFailures"):
            world.stream()
    assert len(world.messages()) == 1
    assert post.system.got == []
    post.drain()
    assert len(post.system.got) == 1
