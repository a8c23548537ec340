"""Webhooks of orders: each at least once, an order's in order, given up and replayed; nothing else depends on them."""

import contextlib
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import settings
from chalicelib.errors import Unavailable
from chalicelib.kernel.fields import stamp
from chalicelib.partners import model, queries, reactions, worker
from chalicelib.partners.items import WAITING
from chalicelib.queues import sender as queue
from chalicelib.signing import webhooks
from chalicelib.table import keys
from tests.partner import Sent, System, register, system
from tests.world import CODES, PEOPLE, World

EXCHANGE = {"role": "exchange", "sub": "exchange"}
SHOP = {"role": "institution", "sub": "shop"}
PAUSES = "5 300 1800"


class Clock(datetime):
    """Now, and later."""

    ahead = timedelta()

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + cls.ahead


class Post:
    """The way from the stream to a merchant's system; messages are delivered when a test says so."""

    def __init__(self, world: World, system: System) -> None:
        self.world, self.system = world, system
        self.sent: list[tuple[dict[str, Any], int]] = []

    def send(self, messages: Any, *, to: str = "", delay_seconds: int = 0) -> None:
        if given := list(messages):
            assert to == settings.settings().webhook_queue_url
            self.sent += [(message, delay_seconds) for message in given]

    def integrate(self, sub: str = "shop", code: str = CODES[0], url: str = "") -> str:
        merchant = self.world.merchant(sub, code)
        register(merchant, url or self.system.url, self.system.public_key)
        return merchant

    def deliver(self, message: dict[str, Any]) -> None:
        import app

        record = {"body": json.dumps(message), "receiptHandle": "r", "messageId": "m"}
        assert app.send_webhooks({"Records": [record]}, None) == {"batchItemFailures": []}

    def drain(self) -> None:
        """The stream from its beginning, then every message that is not held back, twice."""
        self.world.stream()
        while ready := [message for message, delay in self.sent if not delay]:
            self.sent = [(message, delay) for message, delay in self.sent if delay]
            for message in ready:
                self.deliver(message)
                self.deliver(message)

    def later(self, seconds: float) -> None:
        """So much later the schedule fires; what was held back is lost."""
        Clock.ahead += timedelta(seconds=seconds)
        self.sent.clear()
        worker.resume(Clock.now(UTC))
        self.drain()

    def list(self, status: str = "failed", **options: Any) -> list[dict[str, Any]]:
        answer = self.world.get("/v1/webhook-deliveries", status=status, **(SHOP | options))
        assert answer.status == 200, answer
        items: list[dict[str, Any]] = answer.body["items"]
        return items

    def order(self, offer: str, sub: str = "alice") -> str:
        answer = self.world.redeem(offer, sub=sub)
        assert answer.status == 201, answer
        return str(answer.body["id"])


@contextlib.contextmanager
def listening(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    """A merchant's system that listens, with a queue and a clock of the test's own."""
    monkeypatch.setenv("WEBHOOK_PAUSES_SECONDS", PAUSES)
    settings.settings.cache_clear()
    for module in (worker, reactions):
        monkeypatch.setattr(module, "datetime", Clock)
    monkeypatch.setattr(Clock, "ahead", timedelta())
    with system() as found:
        made = Post(world, found)
        monkeypatch.setattr(queue, "send", made.send)
        yield made


@pytest.fixture
def post(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    with listening(world, monkeypatch) as made:
        world.rich(points=100_000)
        yield made


def broken(_: Any) -> Sent:
    return Sent(503)


def test_an_order_and_its_refund_are_told_in_order_once_and_signed(world: World, post: Post) -> None:
    merchant = post.integrate()
    order = post.order(offer := world.offer())
    assert world.refund(order).status == 200
    post.drain()
    assert post.system.events() == [("order.placed", order), ("order.refunded", order)]
    [key] = world.get(f"/v1/webhook-keys/{merchant}").body["keys"]
    for got in post.system.got:
        webhooks.verify(webhooks.load(key), got.headers, got.body, datetime.now(UTC))
    placed, refunded = (got.event for got in post.system.got)
    account = keys.account_id("alice")
    assert placed["data"] == {
        "merchant": merchant, "redemption": order, "account": account, "offer": offer, "quantity": 1, "points": 1000,
        "status": "placed",
    }  # fmt: skip
    assert refunded["data"] == placed["data"] | {"status": "refunded"}
    assert placed["timestamp"] < refunded["timestamp"]


def test_a_webhook_names_nobody(world: World, post: Post) -> None:
    post.integrate()
    post.order(world.offer())
    post.drain()
    sent = post.system.got[0].body.decode() + str(post.system.got[0].headers)
    assert "alice" not in sent
    assert "王" not in sent
    assert PEOPLE[0] not in sent


def test_a_delivery_can_be_looked_up_by_its_webhook_id(world: World, post: Post) -> None:
    post.integrate()
    order = post.order(world.offer())
    post.drain()
    path = f"/v1/webhook-deliveries/{post.system.got[0].headers['webhook-id']}"
    found = world.get(path, **SHOP).body
    assert (found["status"], found["attempts"], found["redemption"], found["reason"]) == ("delivered", 1, order, None)
    assert world.get(path, **EXCHANGE).status == 200
    assert world.get(path, role="institution", sub="other").refused == (404, "not_found")


def test_merchants_without_a_system_of_their_own_have_nothing_on_the_way(world: World, post: Post) -> None:
    world.merchant()
    world.refund(post.order(world.offer()))
    post.drain()
    assert post.system.got == []
    assert not [item for item in world.items() if item["sk"] == {"S": "delivery"}]


def test_orders_after_the_integration_are_told_though_a_no_was_heard_before(world: World, post: Post) -> None:
    merchant = world.merchant()
    offer = world.offer()
    post.order(offer)
    world.stream()
    register(merchant, post.system.url, "whpk_")
    order = post.order(offer)
    world.stream(world.items()[-1:] + [item for item in world.items() if item["pk"] == {"S": f"record:{order}"}])
    assert len(post.sent) == 1


def test_an_order_whose_event_is_forgotten_is_not_told_by_a_rebuild(world: World, post: Post) -> None:
    post.integrate()
    post.order(world.offer())
    post.drain()
    [place] = [place for place in world.store.items if place[1] == "delivery"]
    del world.store.items[place]  # as DynamoDB does in time
    Clock.ahead = model.KEPT + timedelta(minutes=1)
    post.drain()
    assert len(post.system.got) == 1


def test_a_later_registration_moves_the_webhooks(world: World, post: Post) -> None:
    merchant = post.integrate(url="http://127.0.0.1:9/")
    register(merchant, post.system.url, "whpk_")
    post.order(world.offer())
    post.drain()
    assert len(post.system.got) == 1


def test_a_failing_system_is_asked_again_after_each_pause_then_no_more(
    world: World, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "carbon-points")
    post.integrate()
    post.system.answer = broken
    post.order(world.offer())
    post.drain()
    for pause, tries in ((1, 1), (5, 2), (10, 2), (295, 3), (1801, 4), (9999, 4)):
        post.later(pause)
        assert len(post.system.got) == tries
    lines = [vars(record).get("fields", {}) for record in caplog.records]
    assert [sum(line.get(name, 0) for line in lines) for name in ("WebhooksFailed", "WebhooksGivenUp")] == [4, 1]
    [failed] = post.list()
    assert (failed["attempts"], failed["reason"], failed["next_attempt_at"]) == (4, "status", None)
    assert post.list("pending") == []


def test_a_retry_is_the_same_event_with_a_new_signature(world: World, post: Post) -> None:
    post.integrate()
    post.system.answer = broken
    post.order(world.offer())
    post.drain()
    post.later(6)
    first, second = post.system.got
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] < second.headers["webhook-timestamp"]


def test_short_pauses_are_left_to_the_queue(world: World, post: Post) -> None:
    post.integrate()
    post.system.answer = broken
    post.order(world.offer())
    post.drain()
    [(message, delay)] = post.sent
    Clock.ahead += timedelta(seconds=delay)
    post.deliver(message)
    assert len(post.system.got) == 2
    post.later(2000)
    assert post.sent == []  # half an hour is more than SQS waits: the schedule's


def test_what_was_given_up_is_replayed_with_what_waited_for_it(world: World, post: Post) -> None:
    post.integrate()
    post.system.answer = broken
    order = post.order(world.offer())
    post.drain()
    for pause in (6, 301, 1801):
        post.later(pause)
    world.refund(order)
    post.drain()
    assert [(each["type"], each["reason"]) for each in sorted(post.list(), key=lambda each: each["type"])] == [
        ("order.placed", "status"), ("order.refunded", "earlier_failed"),
    ]  # fmt: skip
    post.system.answer = lambda _: Sent()
    post.system.got.clear()
    [placed] = [each for each in post.list() if each["type"] == "order.placed"]
    path = f"/v1/webhook-deliveries/{placed['id']}/replay"
    answer = world.post(path, **SHOP, key="again")
    assert (answer.status, answer.body["status"], answer.body["attempts"]) == (200, "pending", 0)
    assert world.post(path, **SHOP, key="again").headers["Idempotent-Replayed"] == "true"
    assert world.post(path, **SHOP).refused == (409, "invalid_state")
    post.later(61)
    assert post.system.events() == [("order.placed", order), ("order.refunded", order)]
    assert post.list() == post.list("pending") == []


def test_an_event_that_waits_for_another_is_not_given_up_before_it(world: World, post: Post) -> None:
    post.integrate()
    post.system.answer = broken
    order = post.order(world.offer())
    post.drain()
    world.refund(order)
    post.drain()
    post.later(6)
    post.system.answer = lambda _: Sent()
    post.later(301)
    assert [kind for kind, _ in post.system.events()] == ["order.placed"] * 3 + ["order.refunded"]
    assert post.list() == post.list("pending") == []


def test_a_failing_system_is_left_alone_by_its_other_orders_and_gets_them_all_when_it_is_back(
    world: World, post: Post
) -> None:
    post.integrate()
    post.system.answer = broken
    offer = world.offer()
    orders = {post.order(offer) for _ in range(5)}
    post.drain()
    assert len(post.system.got) == 1
    post.later(6)
    assert len(post.system.got) == 2
    post.system.answer = lambda _: Sent()
    post.system.got.clear()
    post.later(301)
    assert {order for _, order in post.system.events()} == orders
    assert len(post.system.got) == 5


def test_a_failing_system_delays_nobody_else(world: World, post: Post) -> None:
    with system() as dead:
        pass
    post.integrate("dead", CODES[1], url=dead.url)
    post.integrate()
    lost, order = post.order(world.offer("dead")), post.order(world.offer())
    post.drain()
    assert post.system.events() == [("order.placed", order)]
    assert [each["redemption"] for each in post.list("pending", sub="dead")] == [lost]


def test_a_system_that_is_silent_for_days_is_no_longer_waited_for(world: World, post: Post) -> None:
    post.integrate()
    post.system.answer = broken
    offer = world.offer()
    orders = [post.order(offer) for _ in range(3)]
    post.drain()
    post.later(WAITING.total_seconds() + 60)
    assert {each["redemption"] for each in post.list()} == set(orders)


def test_what_the_queue_lost_is_sent_by_the_schedule(world: World, post: Post) -> None:
    post.integrate()
    order = post.order(world.offer())
    world.stream()
    post.sent.clear()
    post.later(60)
    assert post.system.events() == [("order.placed", order)]


def test_a_try_that_was_interrupted_comes_again(world: World, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    post.integrate()
    order = post.order(world.offer())
    world.stream()
    [(message, _)] = post.sent
    with monkeypatch.context() as patch:
        patch.setattr(worker, "_try", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            worker.handle(message)
    post.deliver(message)
    assert post.system.got == []  # another might be at it
    post.later(60)
    assert post.system.events() == [("order.placed", order)]


def test_an_event_that_is_gone_when_it_is_claimed_is_not_sent(
    world: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.integrate()
    post.order(world.offer())
    world.stream()
    [(message, _)] = post.sent
    gone = keys.delivery(message["delivery"])
    stored = queries.delivery(message["delivery"])
    del world.store.items[gone.pk, gone.sk]
    monkeypatch.setattr("chalicelib.partners.queries.delivery", lambda _: stored)
    post.deliver(message)
    assert post.system.got == []
    assert world.item(gone) is None


def test_of_two_workers_one_sends(world: World, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    post.integrate()
    post.order(world.offer())
    world.stream()
    [(message, _)] = post.sent
    true_try = worker._try

    def meanwhile(*given: Any) -> Any:
        monkeypatch.setattr(worker, "_try", true_try)
        post.deliver(message)
        return true_try(*given)

    monkeypatch.setattr(worker, "_try", meanwhile)
    post.deliver(message)
    assert len(post.system.got) == 1


def test_the_stream_does_not_wait_for_the_queue(world: World, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(messages: Any, **_: Any) -> None:
        if list(messages):
            raise Unavailable()

    post.integrate()
    order = post.order(world.offer())
    with monkeypatch.context() as patch:
        patch.setattr(queue, "send", away)
        world.stream()
    assert [entry["id"] for entry in world.entries(kind="redemption")] == [order]
    post.later(60)
    assert post.system.events() == [("order.placed", order)]


def test_webhooks_touch_no_value(world: World, post: Post) -> None:
    post.integrate()
    post.system.answer = broken
    world.refund(post.order(world.offer()))
    world.stream()

    def books() -> list[Any]:
        kept = ("delivery:", "partner:", "agenda:", "walk:")
        return [item for item in world.items() if not item["pk"]["S"].startswith(kept)]

    before = books()
    post.drain()
    for pause in (6, 301, 1801, 60):
        post.later(pause)
    assert len(post.list()) == 2
    assert books() == before


def test_the_exchange_sees_all_page_by_page_and_a_merchant_its_own(world: World, post: Post) -> None:
    post.system.answer = broken
    for sub, code in (("shop", CODES[0]), ("mall", CODES[1]), ("kiosk", CODES[2])):
        post.integrate(sub, code)
        offer = world.offer(sub)
        for _ in range(2):
            post.order(offer)
    post.drain()
    everything = post.list("pending", **EXCHANGE)
    assert len(everything) == len({each["id"] for each in everything}) == 6
    seen: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = world.get("/v1/webhook-deliveries", **EXCHANGE, status="pending", limit=1, **cursor).body
        seen += page["items"]
        if not page["next_cursor"]:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == everything
    shop, mall = keys.account_id("shop"), keys.account_id("mall")
    assert [each for each in everything if each["merchant"] == shop] == post.list("pending")
    assert post.list("pending", **EXCHANGE, merchant=mall) == post.list("pending", sub="mall")
    assert post.list("pending", merchant=mall) == []


def test_keys_are_published_for_institutions_only(world: World, post: Post) -> None:
    shop, mall = world.institution(), world.institution("mall", CODES[1])
    first, second = (world.get(f"/v1/webhook-keys/{each}").body["keys"] for each in (shop, mall))
    assert first != second
    for nobody in (keys.account_id("alice"), keys.account_id("nobody")):
        assert world.get(f"/v1/webhook-keys/{nobody}").refused == (404, "not_found")


def test_a_2xx_is_success_however_long_the_answer_is(post: Post) -> None:
    """Standard Webhooks: only the status matters, so the body is not read."""
    post.integrate()
    post.system.answer = lambda _: Sent(200, b"x" * 20_000)
    order = post.order(post.world.offer())
    post.drain()
    [event] = [each.event for each in post.system.got]
    assert (event["type"], event["data"]["redemption"]) == ("order.placed", order)
    assert post.list("pending") == post.list("failed") == []


def gone(_: Any) -> Sent:
    return Sent(410)


def test_a_system_that_answers_410_gets_nothing_until_it_is_registered_again(
    world: World, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    merchant = post.integrate()
    post.system.answer = gone
    offer = world.offer()
    first = post.order(offer)
    post.drain()
    second = post.order(offer)
    post.drain()
    caplog.set_level(logging.INFO, "carbon-points")
    for pause in (6, 301, 1801, WAITING.total_seconds()):
        post.later(pause)
    assert len(post.system.got) == 1
    assert post.list() == []
    waiting = {each["redemption"]: each for each in post.list("pending")}
    assert {each["reason"] for each in waiting.values()} == {"endpoint_disabled"}
    assert {each["next_attempt_at"] for each in waiting.values()} == {None}
    assert waiting.keys() == {first, second}
    assert {each["redemption"] for each in post.list("pending", **EXCHANGE)} == {first, second}
    post.system.answer = lambda _: Sent()
    post.system.got.clear()
    register(merchant, post.system.url, "whpk_", at=stamp(Clock.now(UTC)))
    post.later(60)
    assert sorted(order for _, order in post.system.events()) == sorted([first, second])
    assert post.list() == post.list("pending") == []


def test_a_refund_waits_with_its_order_for_a_disabled_system(world: World, post: Post) -> None:
    merchant = post.integrate()
    post.system.answer = gone
    order = post.order(world.offer())
    post.drain()
    world.refund(order)
    post.drain()
    assert [each["reason"] for each in post.list("pending")] == ["endpoint_disabled"] * 2
    post.system.answer = lambda _: Sent()
    post.system.got.clear()
    register(merchant, post.system.url, "whpk_", at=stamp(Clock.now(UTC)))
    post.later(60)
    assert post.system.events() == [("order.placed", order), ("order.refunded", order)]


def test_of_two_registrations_only_the_one_that_answered_410_is_disabled(world: World, post: Post) -> None:
    merchant = post.integrate()
    order = post.order(world.offer())

    def moved(_: Any) -> Sent:
        register(merchant, post.system.url, "whpk_", at="2026-02-01T08:00:00.000Z")
        post.system.answer = lambda _: Sent()
        return Sent(410)

    post.system.answer = moved
    post.drain()
    post.later(60)
    assert [each for _, each in post.system.events()] == [order, order]
    known = queries.partner(merchant)
    assert known
    assert known.disabled_at is None


def test_a_system_is_disabled_once_though_two_tries_hear_it(
    world: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.integrate()
    offer = world.offer()
    orders = {post.order(offer) for _ in range(2)}
    world.stream()
    messages = [message for message, _ in post.sent]
    true_try = worker._try

    def meanwhile(*given: Any) -> Any:
        monkeypatch.setattr(worker, "_try", true_try)
        post.deliver(messages[1])
        return true_try(*given)

    post.system.answer = gone
    monkeypatch.setattr(worker, "_try", meanwhile)
    post.deliver(messages[0])
    assert len(post.system.got) == 2
    assert {each["redemption"] for each in post.list("pending")} == orders
    assert len([each for each in world.records() if each["kind"] == "webhooks_disabled"]) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_system_that_asks_for_time_is_left_alone_for_so_long(world: World, post: Post, status: int) -> None:
    post.integrate()
    post.system.answer = lambda _: Sent(status, headers={"retry-after": "7200"})
    offer = world.offer()
    first = post.order(offer)
    post.drain()
    second = post.order(offer)
    post.drain()
    for pause in (6, 301, 6000):
        post.later(pause)
    assert len(post.system.got) == 1
    assert {each["redemption"] for each in post.list("pending")} == {first, second}
    post.system.answer = lambda _: Sent()
    post.later(1000)
    assert {order for _, order in post.system.events()} == {first, second}
    assert post.list("pending") == []


def test_a_short_retry_after_does_not_hurry_us(world: World, post: Post) -> None:
    post.integrate()
    post.system.answer = lambda _: Sent(503, headers={"retry-after": "1"})
    post.order(world.offer())
    post.drain()
    post.later(3)
    assert len(post.system.got) == 1
    post.later(3)
    assert len(post.system.got) == 2
