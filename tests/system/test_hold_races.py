"""Sixteen clients at once on one grant, one order, one hold: points are held, taken and given back once."""

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from chalicelib.holds.items import due
from chalicelib.table import keys
from infra.dev.demo.people import institution
from tests import consents
from tests.system.city import City, check_books, codes
from tests.system.conftest import eventually

pytestmark = pytest.mark.system
PEOPLE, POINTS, KILLS = 8, 100_000, 3
PAST = "2020-01-01T00:00:00.000Z"


class Mall(City):
    """The city, with a merchant that has a mall of its own (``mall``), which may take everybody's points."""

    def build(self) -> None:
        self.settle_down(PEOPLE)
        self.references = itertools.count()
        assert codes(self.at_once(lambda n: self.report(n, POINTS), range(PEOPLE))) == {"201": PEOPLE}
        self.mall = self.post("/v1/accounts", institution(1), "institution", "mall").json()["id"]
        body = {"account": self.mall, "mode": "third_party_mall", "reason": "race"}
        assert self.post("/v1/merchants", body, "exchange", "exchange").status_code == 201
        self.grants = self.at_once(self.consent, range(PEOPLE))

    def consent(self, number: int) -> str:
        body = consents.spend(self.mall, points_max_order=5000, points_max_day=20_000)
        offered = self.post("/v1/grants", body, "individual", f"p{number}")
        assert offered.status_code == 201, offered.text
        answers = self.at_once(lambda _: self.redeem_code(offered.json()["code"]), range(4))
        assert codes(answers) == {"200": 1, "invalid_grant": 3}
        return str(offered.json()["id"])

    def redeem_code(self, code: str) -> httpx.Response:
        body = {"code": code, "code_verifier": consents.VERIFIER, "reference": "m"}
        return self.post("/v1/grants/redeem", body, "institution", "mall")

    def hold(self, number: int, points: int = 1000, reference: str = "", key: str = "") -> httpx.Response:
        reference = reference or f"order-{next(self.references)}"
        body = consents.order(self.grants[number], points=points, order_reference=reference)
        return self.post("/v1/holds", body, "institution", "mall", key)

    def step(self, hold: str, step: str) -> httpx.Response:
        body = {"capture": {"points": 600}, "release": {}, "refund": {"points": 200, "reason": "broken"}}[step]
        return self.post(f"/v1/holds/{hold}/{step}", body, "institution", "mall")

    def hold_for(self, order: str) -> httpx.Response:
        """Ten points for an order, under the order's own key; the order begins with the number of its person."""
        return self.hold(int(order.partition("-")[0]), 10, reference=order, key=f"hold-{order}")

    def capture_for(self, order: str) -> httpx.Response:
        """Six of them, likewise."""
        path = f"/v1/holds/{keys.digest('hold', self.mall, order)}/capture"
        return self.post(path, {"points": 6}, "institution", "mall", f"capture-{order}")

    def held(self, number: int) -> tuple[int, int]:
        balances = self.get("/v1/accounts/me", sub=f"p{number}")["balances"]
        return balances["points"], balances["held_points"]

    def run_out(self, hold: str) -> None:
        """Give the hold an end in the past; the stream has listed it by then."""
        item = next(each for each in self.items() if each["pk"] == keys.hold(hold))
        place = keys.merchant_hold(self.mall, item["placed_at"], hold)
        eventually(lambda: any((each["pk"], each["sk"]) == place for each in self.items()))
        listing = due(hold, PAST)
        self.change(keys.account(keys.hold(hold)), {"expires_at": PAST})
        self.change(place, {"rank": listing.rank})

    def change(self, key: keys.Key, attributes: dict[str, str]) -> None:
        self.client("dynamodb").update_item(
            TableName=self.environment["TABLE_NAME"],
            Key={name: {"S": value} for name, value in key.item().items()},
            AttributeUpdates={name: {"Value": {"S": value}, "Action": "PUT"} for name, value in attributes.items()},
        )


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mall]:
    with Mall(tmp_path_factory.mktemp("mall")) as stack:
        stack.build()
        yield stack


@pytest.fixture(autouse=True)
def books(city: Mall) -> Iterator[None]:
    """After each test the books agree."""
    yield
    eventually(lambda: city.unfiled() == 0)
    check_books(city)


def test_one_order_is_held_once_whatever_the_key(city: Mall) -> None:
    answers = city.at_once(lambda _: city.hold(0, reference="the-one"), range(32))
    assert codes(answers) == {"201": 1, "order_reference_used": 31}
    assert city.held(0) == (POINTS - 1000, 1000)


def test_one_key_holds_once_and_answers_all_alike(city: Mall) -> None:
    answers = city.at_once(lambda _: city.hold(1, reference="the-key", key="the-key"), range(32))
    assert codes(answers) == {"201": 32}
    assert len({answer.text for answer in answers}) == 1


def test_the_limit_of_a_day_is_kept(city: Mall) -> None:
    answers = city.at_once(lambda _: city.hold(2), range(48))
    assert set(codes(answers)) <= {"201", "limit_reached", "contended"}
    assert codes(answers)["201"] <= 20
    while (answer := city.hold(2)).status_code == 201:
        pass
    assert answer.json()["code"] == "limit_reached"
    assert city.held(2) == (POINTS - 20_000, 20_000)


def test_a_hold_ends_once(city: Mall) -> None:
    holds = [city.hold(3).json()["id"] for _ in range(8)]
    ends = ("capture", "release")
    answers = city.at_once(lambda n: city.step(holds[n % 8], ends[n // 8 % 2]), range(64))
    assert set(codes(answers)) <= {"200", "invalid_state", "contended"}
    assert codes(answers)["200"] == 8
    captured = [city.get(f"/v1/holds/{each}", sub="p3")["captured_points"] for each in holds]
    assert city.held(3) == (POINTS - sum(captured), 0)


def test_captured_points_are_refunded_once(city: Mall) -> None:
    hold = city.hold(4).json()["id"]
    assert city.step(hold, "capture").status_code == 200
    answers = city.at_once(lambda _: city.step(hold, "refund"), range(32))
    assert set(codes(answers)) <= {"200", "already_refunded", "contended", "invalid_request"}
    while city.step(hold, "refund").status_code == 200:
        pass
    assert city.get(f"/v1/holds/{hold}", sub="p4")["refunded_points"] == 600
    assert city.held(4) == (POINTS, 0)


def test_the_schedule_expires_each_hold_once_though_its_merchant_releases_meanwhile(city: Mall) -> None:
    holds = [city.hold(5).json()["id"] for _ in range(8)]
    for hold in holds:
        city.run_out(hold)

    def end(number: int) -> None:
        if number < 3:
            city.fire("retry_webhooks")
        else:
            assert city.step(holds[number % 8], "capture").json()["code"] == "invalid_state"
            city.step(holds[number % 8], "release")

    city.at_once(end, range(8))
    city.fire("retry_webhooks")
    states = {city.get(f"/v1/holds/{each}", sub="p5")["status"] for each in holds}
    assert states <= {"released", "expired"}
    assert city.held(5) == (POINTS, 0)


def test_a_withdrawal_ends_new_holds_for_good(city: Mall) -> None:
    def act(number: int) -> httpx.Response:
        if number == 8:
            return city.post(f"/v1/grants/{city.grants[6]}/withdraw", {}, "individual", "p6")
        return city.hold(6, points=100)

    answers = city.at_once(act, range(32))
    assert set(codes(answers)) <= {"200", "201", "grant_inactive", "contended"}
    held = codes(answers)["201"] * 100
    assert city.hold(6, points=100).json()["code"] == "grant_inactive"
    assert city.held(6) == (POINTS - held, held)


def test_what_was_acknowledged_survives_a_kill_and_what_was_not_is_done_once(tmp_path: Path) -> None:
    """The shop loses its answers, sends everything again, and charges once."""
    with Mall(tmp_path) as city:
        city.build()
        sent: dict[str, dict[str, str]] = {}
        for round_number in range(KILLS):
            pay_until_killed(city, round_number, sent)
            city.start()
        for order, answers in sent.items():
            for step, again in (("hold", city.hold_for(order)), ("capture", city.capture_for(order))):
                assert again.status_code in {200, 201}, again.text
                assert answers.get(step, again.text) == again.text
        eventually(lambda: city.unfiled() == 0)
        check_books(city)
        assert city.get("/v1/supply")["points_by_use"]["redeemed"] == 6 * len(sent)
        assert sum(city.held(n)[0] for n in range(PEOPLE)) == PEOPLE * POINTS - 6 * len(sent)


def pay_until_killed(city: Mall, round_number: int, sent: dict[str, dict[str, str]]) -> None:
    """Clients hold and capture as fast as they can; ``sent`` keeps each order with the answers that came."""
    running = threading.Event()

    def client(number: int) -> None:
        for count in range(10_000):
            order = f"{number}-{round_number}-{count}"
            answers = sent.setdefault(order, {})
            try:
                answers["hold"] = city.hold_for(order).text
                answers["capture"] = city.capture_for(order).text
            except httpx.HTTPError:
                return
            if count == 5:
                running.set()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(PEOPLE)]
    for thread in threads:
        thread.start()
    assert running.wait(30)
    city.kill9()
    for thread in threads:
        thread.join()
