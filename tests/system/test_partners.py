"""Merchants' own systems on the whole local system: the guide's example, dead ones, slow ones, kill -9 in between."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from chalicelib.partners.handshake import HandshakeFailed, handshake
from infra.dev.demo.people import institution
from infra.here import ROOT
from tests.partner import Sent, System, register, system
from tests.system.city import City, check_books
from tests.system.conftest import eventually
from tests.worlds import forget_everything

pytestmark = pytest.mark.system


class Town(City):
    """A city whose merchants have systems of their own; five tries for a webhook, a second apart."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._env["WEBHOOK_PAUSES_SECONDS"] = "1 1 1 1"  # more tries than any test kills

    @contextmanager
    def as_the_app(self) -> Iterator[None]:
        """What is called in the block finds the app's own table, secrets and settings."""
        with patch.dict(os.environ, self.environment):
            forget_everything()
            yield
        forget_everything()

    def integrate(self, merchant: str, url: str, key: str, redirects: tuple[str, ...] = ()) -> None:
        """What the step of onboarding does: the handshake, and what is kept of it."""
        with self.as_the_app():
            handshake(callback_url=url, public_key=key, merchant=merchant, now=datetime.now(UTC))
            self.register(merchant, url, key, redirects)

    def register(self, merchant: str, url: str, key: str, redirects: tuple[str, ...] = ()) -> None:
        with self.as_the_app():
            register(merchant, url, key, redirects=redirects)

    @property
    def shop(self) -> str:
        return str(self.get("/v1/accounts/me", "institution", "shop")["id"])

    def order(self, offer: str) -> str:
        answer = self.redeem(0, offer)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def refund(self, order: str, sub: str = "shop") -> None:
        assert self.post(f"/v1/redemptions/{order}/refund", {}, "institution", sub).status_code == 200

    def deliveries(self, status: str) -> list[dict[str, Any]]:
        path = f"/v1/webhook-deliveries?limit=100&status={status}"
        items: list[dict[str, Any]] = self.get(path, "institution", "shop")["items"]
        return items


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with Town(tmp_path) as stack:
        stack.settle_down(1)
        stack.report(0, 1_000_000)
        yield stack


class Example:
    """docs/examples/partner.py, run as its guide says."""

    def __init__(self, town: Town, folder: Path) -> None:
        script, self.output = ROOT / "docs" / "examples" / "partner.py", folder / "partner.out"
        command = [sys.executable, str(script), "--merchant", town.shop, "--platform", town.url, "--port", "0"]
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen([*command, "--key", str(folder / "partner.key")], stdout=output)
        eventually(lambda: len(self.lines()) == 1)
        [self.integration] = self.lines()

    def lines(self) -> list[dict[str, Any]]:
        whole = [line for line in self.output.read_text().splitlines(keepends=True) if line.endswith("\n")]
        return [json.loads(line) for line in whole]

    def orders(self) -> list[tuple[str, str]]:
        return [(each["type"], each["data"]["redemption"]) for each in self.lines()[1:]]


@pytest.fixture
def example(town: Town, tmp_path: Path) -> Iterator[Example]:
    started = Example(town, tmp_path)
    yield started
    started.process.terminate()
    started.process.wait()


def test_the_example_of_the_guide_makes_a_handshake_and_prints_orders(town: Town, example: Example) -> None:
    town.integrate(town.shop, example.integration["callback_url"], example.integration["public_key"])
    offer = town.offer()
    orders = [town.order(offer) for _ in range(3)]
    town.refund(orders[1])
    eventually(lambda: len(example.orders()) == 4)
    assert {order for kind, order in example.orders() if kind == "order.placed"} == set(orders)
    assert example.orders().index(("order.placed", orders[1])) < example.orders().index(("order.refunded", orders[1]))
    eventually(lambda: town.deliveries("pending") == [])


def test_other_keys_late_answers_and_redirects_do_not_pass(town: Town, example: Example) -> None:
    def reason(url: str, key: str) -> str:
        with pytest.raises(HandshakeFailed) as failed:
            town.integrate(town.shop, url, key)
        return str(failed.value.facts["reason"])

    assert reason(example.integration["callback_url"], System().public_key) == "other_key"
    with system() as other:
        other.answer = lambda _: Sent(307, b"", {"location": example.integration["callback_url"]})
        assert reason(other.url, example.integration["public_key"]) == "redirected"
        over = threading.Event()
        other.answer = lambda got: Sent(**vars(other.prove(got)) | {"wait": over})
        began = time.monotonic()
        assert reason(other.url, other.public_key) == "late"
        assert time.monotonic() - began < 6
        over.set()


def test_a_dead_system_is_given_up_and_replayed_in_order_when_it_lives(town: Town) -> None:
    with system() as gone:
        port = int(gone.url.split(":")[2].split("/")[0])
    town.register(town.shop, gone.url, gone.public_key)
    order = town.order(town.offer())
    eventually(lambda: [each["attempts"] for each in town.deliveries("failed")] == [5], 60)
    town.refund(order)
    eventually(lambda: len(town.deliveries("failed")) == 2, 60)
    with system(port) as back:
        placed = next(each for each in town.deliveries("failed") if each["type"] == "order.placed")
        replayed = town.post(f"/v1/webhook-deliveries/{placed['id']}/replay", {}, "exchange", "exchange")
        assert (replayed.status_code, replayed.json()["status"]) == (200, "pending")
        eventually(lambda: len(back.got) == 2)
        assert back.events() == [("order.placed", order), ("order.refunded", order)]
        eventually(lambda: town.deliveries("failed") == town.deliveries("pending") == [])


def test_a_slow_system_delays_neither_others_nor_the_books(town: Town) -> None:
    slow_shop = town.post("/v1/accounts", institution(1), "institution", "slow").json()["id"]
    admission = {"account": slow_shop, "mode": "other", "reason": "race"}
    assert town.post("/v1/merchants", admission, "exchange", "exchange").status_code == 201
    terms = {"title": "票", "description": "一张", "category": "transport", "points": 100, "stock": 1000,
             "per_account_limit": None, "starts_at": None, "ends_at": None, "fulfilment": "voucher"}  # fmt: skip
    slow_offer = town.post("/v1/offers", terms, "institution", "slow").json()["id"]
    over = threading.Event()
    with system() as slow, system() as quick:
        slow.answer = lambda _: Sent(wait=over)
        town.register(slow_shop, slow.url, slow.public_key)
        town.register(town.shop, quick.url, quick.public_key)
        offer = town.offer()
        for _ in range(30):
            town.order(slow_offer)
        orders = [town.order(offer) for _ in range(5)]
        began = time.monotonic()
        eventually(lambda: town.unfiled() == 0, 3)
        eventually(lambda: {order for _, order in quick.events()} == set(orders), 12)
        print(f"others waited for {time.monotonic() - began:.1f} s")
        over.set()


def test_every_event_arrives_in_order_though_everything_is_killed(town: Town) -> None:
    with system() as partner:
        town.register(town.shop, partner.url, partner.public_key)
        offer = town.offer()
        orders: list[str] = []
        for delay in (0.0, 0.05, 0.2, 0.5):
            some = [town.order(offer) for _ in range(4)]
            for order in some[:2]:
                town.refund(order)
            orders += some
            time.sleep(delay)
            town.kill9()
            town.start()
        wanted = {("order.placed", order) for order in orders}
        wanted |= {("order.refunded", orders[start + each]) for start in range(0, 16, 4) for each in range(2)}

        def arrived() -> bool:
            town.fire("retry_webhooks")  # as the clock does each minute
            return set(partner.events()) >= wanted

        eventually(arrived, 150)
        assert set(partner.events()) == wanted
        for kind, order in wanted:
            if kind == "order.refunded":
                assert partner.events().index(("order.placed", order)) < partner.events().index((kind, order))
        eventually(lambda: town.unfiled() == 0)
        check_books(town)
