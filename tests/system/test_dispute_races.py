"""Sixteen clients at once on disputed orders: officials rule, the merchant refunds, the person withdraws, and what was
earned is bought back. Points go back once, and each dispute ends once.
"""

from collections.abc import Iterator

import httpx
import pytest

from tests.system.city import City, check_books, codes
from tests.system.conftest import eventually

pytestmark = pytest.mark.system
ORDERS, PRICE = 8, 500_000
EXCHANGES = ("exchange", "another")


class Town(City):
    """One person with disputed orders, whose merchant has answered."""

    def build(self) -> None:
        self.settle_down(1)
        assert self.report(0, ORDERS * PRICE).status_code == 201
        offer = self.offer(points=PRICE, fulfilment="goods")
        body = {"offer": offer, "quantity": 1, "points": PRICE}
        sold = [self.post("/v1/redemptions", body, "individual", "p0") for _ in range(ORDERS)]
        self.orders = [each.json()["id"] for each in sold]
        self.disputes = [self.dispute(each).json()["id"] for each in self.orders]
        for each in self.disputes:
            answer = self.post(f"/v1/disputes/{each}/answer", {"text": "no"}, "institution", "shop")
            assert answer.status_code == 200, answer.text

    def dispute(self, order: str) -> httpx.Response:
        body = {"kind": "redemption", "object": order, "reason": "other", "text": "no"}
        return self.post("/v1/disputes", body, "individual", "p0")

    def end(self, number: int) -> httpx.Response:
        """One of the ways in which a dispute can end, another for each number."""
        order, dispute = self.orders[number % ORDERS], self.disputes[number % ORDERS]
        way = number // ORDERS % 4
        if way == 2:
            return self.post(f"/v1/redemptions/{order}/refund", {}, "institution", "shop")
        if way == 3:
            return self.post(f"/v1/disputes/{dispute}/withdraw", {}, "individual", "p0")
        return self.post(
            f"/v1/disputes/{dispute}/rule", {"outcome": "uphold", "text": "so"}, "exchange", EXCHANGES[way]
        )

    def status(self, dispute: str) -> str:
        return str(self.get(f"/v1/disputes/{dispute}")["status"])


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with Town(tmp_path_factory.mktemp("disputes")) as stack:
        stack.build()
        yield stack


def test_one_object_has_one_open_dispute_however_many_are_opened_at_once(city: Town) -> None:
    answers = city.at_once(lambda n: city.dispute(city.orders[n % ORDERS]), range(4 * ORDERS))
    assert codes(answers) == {"dispute_open": 4 * ORDERS}


def test_points_go_back_once_and_each_dispute_ends_once(city: Town) -> None:
    def act(number: int) -> httpx.Response | None:
        if number % 11 == 10:
            city.fire("sweep" if number % 2 else "buy_back")
            return None
        return city.end(number)

    answers = [each for each in city.at_once(act, range(8 * ORDERS)) if each is not None]
    assert set(codes(answers)) <= {"200", "already_refunded", "invalid_state", "contended"}
    refunded = [each for each in city.orders if city.get(f"/v1/redemptions/{each}")["status"] == "refunded"]
    assert city.get("/v1/accounts/me")["balances"]["points"] == len(refunded) * PRICE
    eventually(lambda: not any(city.status(each).startswith("awaiting") for each in city.disputes))
    for order, dispute in zip(city.orders, city.disputes, strict=True):
        status = city.status(dispute)
        assert status in {"upheld", "withdrawn", "resolved"}
        assert order in refunded or status == "withdrawn"
    eventually(lambda: city.unfiled() == 0)
    check_books(city)
