"""A merchant leaves while sixteen clients buy, capture, fulfil and refund: it leaves once, and no point is stranded."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from chalicelib.table import keys
from tests.system.city import check_books, codes
from tests.system.conftest import eventually
from tests.system.test_hold_races import PAST, PEOPLE, Mall

pytestmark = pytest.mark.system
ROUNDS_MAX = 6


class Leaving(Mall):
    """The city whose mall sells and holds, and then leaves."""

    def build(self) -> None:
        super().build()
        body = {
            "title": "票", "description": "一张", "category": "transport", "points": 100, "stock": 1000,
            "fulfilment": "goods",
        }  # fmt: skip
        self.ticket = str(self.post("/v1/offers", body, "institution", "mall").json()["id"])
        bought = self.at_once(lambda n: self.redeem(n % PEOPLE, self.ticket), range(24))
        assert codes(bought) == {"201": 24}
        self.orders = [answer.json()["id"] for answer in bought]
        self.holds = [self.hold(n).json()["id"] for n in range(PEOPLE)]

    def order(self, id: str, action: str) -> httpx.Response:
        body: dict[str, Any] = {"fulfil": {"voucher": None, "note": None}, "refund": {}}[action]
        return self.post(f"/v1/redemptions/{id}/{action}", body, "institution", "mall")

    def leave(self) -> httpx.Response:
        return self.post(f"/v1/merchants/{self.mall}/leave", {"reason": "race"}, "institution", "mall")

    def status(self) -> str:
        return str(self.get(f"/v1/merchants/{self.mall}")["status"])

    def placed(self) -> list[str]:
        found = self.get("/v1/redemptions?status=placed&limit=100", "institution", "mall")["items"]
        return [each["id"] for each in found]


def test_a_merchant_leaves_once_with_every_point(tmp_path: Path) -> None:
    with Leaving(tmp_path) as city:
        city.build()

        def act(number: int) -> httpx.Response:
            if number % 16 == 5:
                return city.leave()
            if number % 4 == 0:
                return city.redeem(number % PEOPLE, city.ticket)
            if number % 4 == 1:
                return city.step(city.holds[number // 4 % PEOPLE], "capture")
            return city.order(city.orders[number % 24], "fulfil" if number % 4 == 2 else "refund")

        answers = codes(city.at_once(act, range(96)))
        usual = {"offer_unavailable", "invalid_state", "already_refunded", "contended"}
        assert set(answers) <= {"200", "201", *usual}
        eventually(lambda: city.get(f"/v1/offers/{city.ticket}")["status"] == "off_shelf")
        assert city.redeem(0, city.ticket).json()["code"] == "offer_unavailable"
        assert city.hold(0).json()["code"] == "merchant_suspended"
        eventually(lambda: city.unfiled() == 0)
        go(city)
        assert city.status() == "left"
        kinds = [item["kind"] for item in city.items() if item["sk"] == "record"]
        assert (kinds.count("merchant_leaving"), kinds.count("merchant_left")) == (1, 1)
        assert city.get("/v1/accounts/me", "institution", "mall")["balances"]["points"] == 0
        eventually(lambda: city.unfiled() == 0)
        check_books(city)


def go(city: Leaving) -> None:
    """The schedule fires, several at once, while what is open is served; as if ten minutes had passed."""
    city.change(keys.departure(city.mall), {"since": PAST})
    for _ in range(ROUNDS_MAX):
        open_orders = city.placed()

        def act(number: int, open_orders: list[str] = open_orders) -> None:
            if number < 2:
                city.fire("resume")
            elif number % 2:
                city.step(city.holds[number % PEOPLE], "release")
            elif open_orders:
                city.order(open_orders[number % len(open_orders)], "fulfil" if number % 4 else "refund")

        city.at_once(act, range(32))
        if city.status() == "left":
            return
