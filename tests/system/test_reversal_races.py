"""Trips are reversed while their points are spent, by sixteen clients at once: each gram is recovered or owed, once."""

import itertools
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.dev.demo.people import institution
from tests import consents
from tests.system.city import AT_ONCE, City, check_books, codes
from tests.system.conftest import eventually

pytestmark = pytest.mark.system
GRAMS, TRIPS, KILLS = 100, 32, 2
EVIDENCE = {"reason": "no such trip", "evidence_sha256": "0" * 64}
ANSWERS = {"200", "201", "insufficient_points", "invalid_state", "contended"}


class Fraud(City):
    """The city; the first person (``p0``) has made trips that were none, and spends their points in every way."""

    def build(self) -> None:
        self.settle_down(2)
        self.references = itertools.count()
        mall = self.post("/v1/accounts", institution(1), "institution", "mall").json()["id"]
        admitted = {"account": mall, "mode": "third_party_mall", "reason": "race"}
        assert self.post("/v1/merchants", admitted, "exchange", "exchange").status_code == 201
        body = consents.spend(mall, points_max_order=10**6, points_max_day=10**9)
        offered = self.post("/v1/grants", body, "individual", "p0").json()
        redeemed = {"code": offered["code"], "code_verifier": consents.VERIFIER, "reference": "m"}
        assert self.post("/v1/grants/redeem", redeemed, "institution", "mall").status_code == 200
        self.grant = offered["id"]
        self.tea = self.offer()
        body = {"title": "马拉松", "purpose": "event", "description": "赛事", "target_grams": 10**9}
        body |= {"ends_at": "2999-01-01T00:00:00Z"}
        self.campaign = self.post("/v1/campaigns", body, "institution", "shop").json()["id"]
        approved = self.post(f"/v1/campaigns/{self.campaign}/approve", {}, "exchange", "exchange")
        assert approved.status_code == 200, approved.text

    def trips(self, count: int = TRIPS) -> list[str]:
        answers = self.at_once(lambda _: self.report(0, GRAMS), range(count))
        assert codes(answers) == {"201": count}
        return [answer.json()["id"] for answer in answers]

    def reverse(self, trip: str) -> httpx.Response:
        """Under the trip's own key, so that it can be sent again."""
        return self.post(f"/v1/reductions/{trip}/reverse", EVIDENCE, "bureau", "bureau", f"reverse-{trip}")

    def spend(self, number: int, key: str = "") -> httpx.Response:
        """A trip's points for goods, for nothing, for a campaign, or to a merchant that holds them."""
        if number % 4 == 0:
            return self.redeem(0, self.tea, key=key)
        if number % 4 == 1:
            body: dict[str, Any] = {"points": GRAMS, "purpose": "trip"}
            return self.post("/v1/cancellations", body, "individual", "p0", key)
        if number % 4 == 2:
            body = {"campaign": self.campaign, "points": GRAMS}
            return self.post("/v1/donations", body, "individual", "p0", key)
        reference = key or f"order-{next(self.references)}"
        body = consents.order(self.grant, points=GRAMS, order_reference=reference)
        return self.post("/v1/holds", body, "institution", "mall", key)

    def me(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get("/v1/accounts/me", sub="p0")
        return found

    def debts_are_exact(self) -> None:
        """What was reversed is what the reversals recovered, what was repaid since, and what is owed."""
        moved: Counter[str] = Counter()
        for item in self.items():
            for source, destination, amount, asset in item.get("postings", ()):
                moved["owed"] += int(amount) if (source, asset) == ("system:uncovered", "debt_points") else 0
                moved["repaid"] += int(amount) if (destination, asset) == ("system:uncovered", "debt_points") else 0
                back = item["movement"] == "reversal" and (destination, asset) == ("system:issued", "grams")
                moved["recovered"] += int(amount) if back else 0
        states = [item for item in self.items() if item["pk"].startswith("reduction:") and item["sk"] == "reduction"]
        reversed_ = sum(item["status"] == "reversed" for item in states) * GRAMS
        debt = self.me()["debt_points"]
        assert debt == moved["owed"] - moved["repaid"] == self.get("/v1/supply")["grams_uncovered"]
        assert moved["recovered"] + moved["repaid"] + debt == reversed_


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fraud]:
    with Fraud(tmp_path_factory.mktemp("fraud")) as stack:
        stack.build()
        yield stack


def test_trips_are_reversed_while_their_points_are_spent(city: Fraud) -> None:
    trips = city.trips()

    def act(number: int) -> httpx.Response:
        return city.spend(number // 2) if number % 2 else city.reverse(trips[number // 2])

    answers = codes(city.at_once(act, range(2 * TRIPS)))
    assert set(answers) <= ANSWERS, answers
    for trip in trips:  # those that were contended, too
        assert city.reverse(trip).status_code == 200
    settle(city)


def test_one_trip_is_reversed_once_while_its_points_are_spent(city: Fraud) -> None:
    [trip] = city.trips(1)

    def act(number: int) -> httpx.Response:
        if number % 2:
            return city.spend(number // 2)
        return city.post(f"/v1/reductions/{trip}/reverse", EVIDENCE, "bureau", "bureau")

    answers = codes(city.at_once(act, range(64)))
    assert answers["200"] == 1, answers
    assert set(answers) <= ANSWERS, answers
    settle(city)


def test_kills_between_reversals_and_spending_lose_and_double_nothing(tmp_path: Path) -> None:
    with Fraud(tmp_path) as city:
        city.build()
        sent: dict[str, str | None] = {}
        trips: list[str] = []
        for _ in range(KILLS):
            trips += city.trips(AT_ONCE * 2)
            act_until_killed(city, trips[-AT_ONCE * 2 :], sent)
            city.start()
        for trip in trips:
            again = city.reverse(trip)
            assert again.status_code == 200, again.text
            assert (sent.get(trip) or again.text) == again.text
        settle(city)


def act_until_killed(city: Fraud, trips: list[str], sent: dict[str, str | None]) -> None:
    """Half of the clients reverse, half of them spend; ``sent`` keeps the answers to the reversals that came."""
    running, waiting = threading.Event(), list(trips)

    def reversing() -> None:
        while waiting:
            trip = waiting.pop()  # of several threads, one gets it
            answer = city.reverse(trip)
            sent[trip] = answer.text if answer.status_code == 200 else None
            if len(waiting) < len(trips) // 2:
                running.set()

    def spending(number: int) -> None:
        for count in itertools.count(number):
            assert set(codes([city.spend(count)])) <= ANSWERS

    def client(number: int) -> None:
        with suppress(httpx.HTTPError):
            reversing() if number % 2 else spending(number // 2)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    assert running.wait(30)
    city.kill9()
    for thread in threads:
        thread.join()


def settle(city: Fraud) -> None:
    eventually(lambda: city.unfiled() == 0)
    check_books(city)
    city.debts_are_exact()
