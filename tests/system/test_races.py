"""Sixteen clients at once on one balance, one stock, one limit, one key: value moves once, and the books agree."""

import json
import time
from collections.abc import Iterator

import httpx
import pytest

from chalicelib.table import keys
from tests.system.city import AT_ONCE, City, check_books, codes
from tests.system.conftest import eventually

pytestmark = pytest.mark.system
RICH = range(8, 8 + AT_ONCE)  # people with points enough for anything; the first eight are each test's own


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with City(tmp_path_factory.mktemp("city")) as stack:
        stack.settle_down(8 + AT_ONCE)
        assert codes(stack.at_once(lambda n: stack.report(n, 100_000), RICH)) == {"201": AT_ONCE}
        yield stack


@pytest.fixture(autouse=True)
def books(city: City) -> Iterator[None]:
    """After each test the books agree."""
    yield
    eventually(lambda: city.unfiled() == 0)
    check_books(city)


def test_one_balance_is_spent_once(city: City) -> None:
    city.report(0, 1000)
    offer = city.offer()
    answers = city.at_once(lambda _: city.redeem(0, offer), range(40))
    assert codes(answers) == {"201": 10, "insufficient_points": 30}
    assert city.get("/v1/accounts/me", sub="p0")["balances"]["points"] == 0


@pytest.mark.parametrize("busy", [False, True], ids=["one till", "sixteen tills"])
def test_one_stock_is_sold_once(city: City, busy: bool) -> None:
    offer = city.offer(stock=20, busy=busy)
    answers = city.at_once(lambda n: city.redeem(RICH[n % AT_ONCE], offer), range(64))
    assert codes(answers) == {"201": 20, "sold_out": 44}
    eventually(lambda: city.get(f"/v1/offers/{offer}")["stock"] == 0)


def test_the_last_units_are_sold_from_several_tills(city: City) -> None:
    offer = city.offer(stock=16, busy=True)
    answers = city.at_once(lambda n: city.redeem(RICH[n], offer, quantity=5), range(4))
    assert codes(answers) == {"201": 3, "sold_out": 1}
    assert city.redeem(RICH[0], offer).status_code == 201
    assert city.redeem(RICH[0], offer).json()["code"] == "sold_out"


def test_one_limit_is_kept(city: City) -> None:
    offer = city.offer(per_account_limit=3)
    answers = city.at_once(lambda _: city.redeem(RICH[0], offer), range(32))
    assert codes(answers) == {"201": 3, "limit_reached": 29}


def test_one_key_acts_once_and_answers_all_alike(city: City) -> None:
    city.report(1, 1000)
    offer = city.offer()
    answers = city.at_once(lambda _: city.redeem(1, offer, key="the-one"), range(32))
    assert codes(answers) == {"201": 32}
    assert len({answer.text for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 31
    assert city.get("/v1/accounts/me", sub="p1")["balances"]["points"] == 900


def test_one_trip_is_credited_once_whatever_the_key(city: City) -> None:
    answers = city.at_once(lambda n: city.report(2 + n % 2, 500, record="one-trip"), range(32))
    assert codes(answers) == {"201": 1, "already_reported": 31}


def test_one_reduction_is_decided_once(city: City) -> None:
    id = city.report(4, 700, scenario="garden").json()["id"]

    def decide(number: int) -> object:
        step, body = ("confirm", {}) if number % 2 else ("reject", {"reason": "no proof"})
        return city.post(f"/v1/reductions/{id}/{step}", body, "bureau", "bureau")

    assert codes(city.at_once(decide, range(32))) == {"200": 1, "invalid_state": 31}


def test_one_refund_is_paid_once_though_the_till_is_swept_meanwhile(city: City) -> None:
    offer = city.offer()
    orders = [city.redeem(RICH[n], offer).json()["id"] for n in range(4)]

    def refund(number: int) -> httpx.Response | None:
        if number == 8:
            city.fire("sweep")
            return None
        return city.post(f"/v1/redemptions/{orders[number % 4]}/refund", {}, "institution", "shop")

    answers = [answer for answer in city.at_once(refund, range(32)) if answer is not None]
    assert codes(answers) == {"200": 4, "already_refunded": 27}


def test_one_person_has_one_account_whatever_the_login(city: City) -> None:
    body = {"kind": "individual", "name": "李四", "identity_number": "440524188001010014"}
    answers = city.at_once(lambda n: city.post("/v1/accounts", body, "individual", f"twin-{n}"), range(16))
    assert codes(answers) == {"201": 1, "account_exists": 15}


def test_sweeps_at_once_move_each_point_once(city: City) -> None:
    offer = city.offer(busy=True)
    city.at_once(lambda n: city.redeem(RICH[n % AT_ONCE], offer), range(48))
    city.at_once(lambda _: city.fire("sweep"), range(4))
    tills = [item for item in city.items() if item["pk"].startswith(f"{keys.offer(offer).pk}/")]
    assert len(tills) == 16
    assert sum(int(till["points"]) for till in tills) == 0


def test_after_a_new_price_is_answered_in_a_rush_nothing_is_sold_at_the_old_one(city: City) -> None:
    offer = city.offer(busy=True)
    answered: list[float] = []

    def act(number: int) -> tuple[float, int] | None:
        if number == 40:
            headers = {"Authorization": f"Bearer {city.token('institution', 'shop')}", "Idempotency-Key": "new-price"}
            changed = city.http.patch(f"{city.url}/v1/offers/{offer}", json={"points": 90}, headers=headers)
            answered.append(time.monotonic())
            assert changed.status_code == 200, changed.text
            return None
        began = time.monotonic()
        return began, city.redeem(RICH[number % AT_ONCE], offer).status_code

    sales = [each for each in city.at_once(act, range(160)) if each]
    assert {status for began, status in sales if began > answered[0]} <= {409}
    assert [status for _, status in sales if status == 201]
    tills = [item for item in city.items() if item["pk"].startswith(f"{keys.offer(offer).pk}/")]
    assert {(int(till["price"]), int(till["version"])) for till in tills} == {(90, 1)}


def test_tills_that_are_added_in_a_rush_lose_no_unit_and_sell_none_twice(city: City) -> None:
    offer = city.offer(stock=96)
    queue = city.environment["BUY_BACK_QUEUE_URL"]

    def act(number: int) -> httpx.Response | None:
        if number in (5, 30, 60):
            message = json.dumps({"crowded": offer, "tills": {5: 1, 30: 2, 60: 4}[number]})
            city.client("sqs").send_message(QueueUrl=queue, MessageBody=message)
            return None
        return city.redeem(RICH[number % AT_ONCE], offer)

    answers = [answer for answer in city.at_once(act, range(80)) if answer is not None]
    eventually(lambda: len([each for each in city.items() if each["pk"].startswith(f"{keys.offer(offer).pk}/")]) > 1)
    answers += city.at_once(lambda n: city.redeem(RICH[n % AT_ONCE], offer), range(40))
    assert codes(answers) == {"201": 96, "sold_out": 21}
    eventually(lambda: city.get(f"/v1/offers/{offer}")["stock"] == 0)
