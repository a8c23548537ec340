"""Buy-back on the whole local system: fired twice at once, its workers killed, its messages lost and repeated."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.buyback.model import SELLERS
from infra.dev.demo.people import institution
from tests.system.city import City, check_books, codes
from tests.system.conftest import eventually

pytestmark = pytest.mark.system
TONNE = 1_000_000
SHOPS = 6


class Mall(City):
    """A city with several merchants that have sold for tonnes."""

    def open_shops(self) -> None:
        """Each shop sells once for its own number of tonnes and 100 000 points more; one has less than a tonne."""
        self.shops = [f"shop-{number}" for number in range(1, SHOPS)]
        for number, sub in enumerate(self.shops, 1):
            id = self.post("/v1/accounts", institution(number), "institution", sub).json()["id"]
            admission = {"account": id, "mode": "other", "reason": "race"}
            assert self.post("/v1/merchants", admission, "exchange", "exchange").status_code == 201
        self.sell_all()
        eventually(lambda: self.noted() == len(self.shops))  # a run pays whose sales the stream has brought

    def noted(self) -> int:
        """The merchants that a run would look at."""
        return len({item["sk"] for item in self.items() if item["pk"].startswith(f"agenda:{SELLERS.name}:")})

    def sell_all(self) -> None:
        for number, sub in enumerate(self.shops):
            points = number * TONNE + 100_000
            self.report(0, points)
            offer = {
                "title": "大礼包",
                "description": "一份",
                "category": "goods",
                "points": points,
                "stock": 1,
                "per_account_limit": None,
                "starts_at": None,
                "ends_at": None,
                "fulfilment": "goods",
            }
            made = self.post("/v1/offers", offer, "institution", sub).json()
            order = {"offer": made["id"], "quantity": 1, "points": points}
            assert self.post("/v1/redemptions", order, "individual", "p0").status_code == 201

    def runs(self) -> list[dict[str, Any]]:
        """Every run: a fast machine starts more than a page of them."""
        page = self.get("/v1/buy-back-runs?limit=100", "exchange", "exchange")
        runs: list[dict[str, Any]] = page["items"]
        while page["next_cursor"]:
            page = self.get(f"/v1/buy-back-runs?limit=100&cursor={page['next_cursor']}", "exchange", "exchange")
            runs += page["items"]
        return runs

    def settled(self) -> bool:
        return self.unfiled() == 0 and all(run["status"] == "finished" for run in self.runs())

    def check_runs(self) -> None:
        """Each run's totals are those of its lots, and no merchant has two lots of one run."""
        eventually(self.settled, 60)
        check_books(self)
        lots = [json.loads(item["answer"]) | {"by": item["postings"][0][0]} for item in self.items() if _is_lot(item)]
        for run in self.runs():
            own = [lot for lot in lots if lot["run"] == run["id"]]
            assert len({lot["by"] for lot in own}) == len(own) == run["merchants"]
            assert sum(lot["points"] for lot in own) == run["points"] == run["tonnes"] * TONNE


def _is_lot(item: dict[str, Any]) -> bool:
    return bool(item["sk"] == "record" and item["kind"] == "buy_back")


@pytest.fixture
def mall(tmp_path: Path) -> Iterator[Mall]:
    with Mall(tmp_path) as stack:
        stack.settle_down(1)
        stack.open_shops()
        yield stack


def test_schedules_fired_at_once_pay_each_merchant_once(mall: Mall) -> None:
    mall.at_once(lambda _: mall.fire("buy_back"), range(3))
    starts = mall.at_once(lambda _: mall.post("/v1/buy-back-runs", {}, "exchange", "exchange", "by-hand"), range(8))
    assert codes(starts) == {"202": 8}
    mall.check_runs()
    assert sum(run["tonnes"] for run in mall.runs()) == 1 + 2 + 3 + 4
    balances = [mall.get("/v1/accounts/me", "institution", sub)["balances"] for sub in mall.shops]
    expected = [{"points": 100_000, "grams": number * TONNE, "held_points": 0} for number in range(SHOPS - 1)]
    assert balances == expected


def test_a_run_survives_kills_of_everything_at_any_moment(mall: Mall) -> None:
    for delay in (0.0, 0.05, 0.1, 0.2, 0.4):
        mall.post("/v1/buy-back-runs", {}, "exchange", "exchange")
        time.sleep(delay)
        mall.kill9()
        mall.start()
    mall.check_runs()
    assert sum(run["tonnes"] for run in mall.runs()) == 1 + 2 + 3 + 4


def test_messages_that_come_twice_and_out_of_order_pay_nothing_twice(mall: Mall) -> None:
    queue, sqs = mall.environment["BUY_BACK_QUEUE_URL"], mall.client("sqs")
    run = mall.post("/v1/buy-back-runs", {}, "exchange", "exchange").json()["id"]
    for message in [{"run": run, "part": 1}, {"run": run}, {"run": run, "part": 7}] * 3:
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(message))
    mall.check_runs()
    assert [run["tonnes"] for run in mall.runs()] == [10]


def test_selling_goes_on_during_a_run(mall: Mall) -> None:
    stop = threading.Event()

    def keep_firing() -> None:
        while not stop.is_set():
            mall.post("/v1/buy-back-runs", {}, "exchange", "exchange")

    firing = threading.Thread(target=keep_firing)
    firing.start()
    for _ in range(5):
        mall.sell_all()
    stop.set()
    firing.join()
    mall.post("/v1/buy-back-runs", {}, "exchange", "exchange")
    mall.check_runs()
    earned = 6 * (10 * TONNE + 5 * 100_000)
    left = sum(mall.get("/v1/accounts/me", "institution", sub)["balances"]["points"] for sub in mall.shops)
    assert sum(run["points"] for run in mall.runs()) + left == earned
