"""Whatever a person, a merchant, officials, the schedule and the stream do with disputes, in whatever order and at
once: the books balance, nothing is given back twice, and a dispute ends once.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, precondition, rule

from chalicelib.buyback.model import LANES
from chalicelib.buyback.worker import pay
from chalicelib.disputes.items import EACH_MAX
from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.write import put
from tests import books, disputes
from tests.disputes import ALICE, EXCHANGE, PATH, SHOP, answered, order, seen, withdraw
from tests.disputes import rule as ruled
from tests.property.test_twins import just_before
from tests.world import Answer, World
from tests.worlds import quick_world

PRICE, ORDERS = 500_000, 4  # two orders are a tonne
LANE = {"merchants": 0, "points": 0, "tonnes": 0, "parts": 0, "status": "running"}


def buy_back(world: World, run: str) -> None:
    """Tills are swept, and the merchant's whole tonnes are bought back."""
    world.sweep()
    commit([put(keys.run_lane(run, lane), dict(LANE)) for lane in range(LANES)])
    pay(run, keys.account_id("shop"))


@dataclass
class Claimed:
    """What a dispute should be."""

    order: str
    status: str = "awaiting_answer"
    over: bool = False

    @property
    def open(self) -> bool:
        return self.status.startswith("awaiting")


class Disputing(RuleBasedStateMachine):
    """One person, one merchant that is bought back, two officials; a model beside it."""

    orders, claims = Bundle("orders"), Bundle("claims")

    @initialize()
    def begin(self) -> None:
        self.stack = ExitStack()
        self.world: World = self.stack.enter_context(quick_world())
        self.world.merchant()
        self.world.rich(points=ORDERS * PRICE)
        self.offer = self.world.offer(points=PRICE, fulfilment="goods")
        self.bought: dict[str, str] = {}  # how each order stands
        self.disputes: dict[str, Claimed] = {}
        self.runs = self.sent = 0
        self.accepted: list[tuple[str, Any, dict[str, Any], Answer]] = []

    def send(self, path: str, body: Any, who: dict[str, Any]) -> Answer:
        options: dict[str, Any] = who | {"key": f"sent-{self.sent}"}
        self.sent += 1
        answer = self.world.post(path, body, **options)
        assert answer.status < 500, answer
        self.accepted += [(path, body, options, answer)] if answer.status < 300 else []
        return answer

    @property
    def back(self) -> int:
        return sum(status == "refunded" for status in self.bought.values())

    @rule(target=orders)
    def buy(self) -> Any:
        body = {"offer": self.offer, "quantity": 1, "points": PRICE}
        answer = self.send("/v1/redemptions", body, ALICE)
        if len(self.bought) - self.back == ORDERS:
            assert answer.code == "insufficient_points"
            return multiple()
        self.bought[answer.body["id"]] = "placed"
        return answer.body["id"]

    @rule(id=orders)
    def fulfil(self, id: str) -> None:
        answer = self.send(f"/v1/redemptions/{id}/fulfil", {"voucher": None, "note": None}, SHOP)
        assert (answer.status == 200) == (self.bought[id] == "placed")
        self.bought[id] = "fulfilled" if answer.status == 200 else self.bought[id]

    @rule(id=orders)
    def refund(self, id: str) -> None:
        answer = self.send(f"/v1/redemptions/{id}/refund", {}, SHOP)
        assert answer.code == ("already_refunded" if self.bought[id] == "refunded" else "")
        self.bought[id] = "refunded"

    @rule()
    def swept_and_bought_back(self) -> None:
        self.runs += 1
        buy_back(self.world, f"run-{self.runs}")

    @rule(target=claims, id=orders)
    def claim(self, id: str) -> Any:
        answer = self.send(PATH, disputes.claim("redemption", id), ALICE)
        of_order = [each for each in self.disputes.values() if each.order == id]
        if self.bought[id] == "refunded":
            assert answer.refused == (409, "invalid_state")
        elif any(each.open for each in of_order):
            assert answer.refused == (409, "dispute_open")
        elif len(of_order) == EACH_MAX:
            assert answer.refused == (409, "limit_reached")
        else:
            assert answer.status == 201, answer
            self.disputes[answer.body["id"]] = Claimed(id)
            return answer.body["id"]
        return multiple()

    @rule(id=claims)
    def reply(self, id: str) -> None:
        answer, claimed = self.send(f"{PATH}/{id}/answer", {"text": "no"}, SHOP), self.disputes[id]
        assert (answer.status == 200) == (claimed.status == "awaiting_answer"), answer
        claimed.status = "awaiting_ruling" if answer.status == 200 else claimed.status

    @rule(id=claims)
    def time_passes(self, id: str) -> None:
        disputes.run_out(self.world, id)
        self.disputes[id].over = True

    @rule(id=claims, outcome=st.sampled_from(["uphold", "dismiss"]))
    def judge(self, id: str, outcome: str) -> None:
        answer, claimed = (
            self.send(f"{PATH}/{id}/rule", {"outcome": outcome, "text": "so"}, EXCHANGE),
            self.disputes[id],
        )
        if not claimed.open or (claimed.status == "awaiting_answer" and not claimed.over):
            assert answer.refused == (409, "invalid_state"), answer
        elif outcome == "dismiss":
            claimed.status = str(answer.body["status"])
            assert claimed.status == "dismissed"
        elif self.bought[claimed.order] == "refunded":
            assert answer.refused == (409, "already_refunded")
        else:
            assert (answer.status, answer.body["refunded_points"]) == (200, PRICE), answer
            claimed.status, self.bought[claimed.order] = "upheld", "refunded"

    @rule(id=claims)
    def take_back(self, id: str) -> None:
        answer, claimed = self.send(f"{PATH}/{id}/withdraw", {}, ALICE), self.disputes[id]
        assert (answer.status == 200) == claimed.open
        claimed.status = "withdrawn" if answer.status == 200 else claimed.status

    @rule()
    def stream(self) -> None:
        self.world.stream()
        for claimed in self.disputes.values():
            if claimed.open and self.bought[claimed.order] == "refunded":
                claimed.status = "resolved"

    @precondition(lambda self: self.accepted)
    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        """What was answered is answered again and moves nothing."""
        path, body, options, answer = data.draw(st.sampled_from(self.accepted))
        before = self.world.items()
        again = self.world.post(path, body, **options)
        assert (again.status, again.body) == (answer.status, answer.body)
        assert self.world.items() == before

    @invariant()
    def the_books_and_the_model_agree(self) -> None:
        if not hasattr(self, "world"):
            return
        books.check(self.world)
        assert self.world.points() == (ORDERS - len(self.bought) + self.back) * PRICE

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        with self.stack:
            self.stream()
            self.world.stream(self.world.items()[::-1])
            books.check(self.world)
            books.check_projected(self.world, self.world.get("/v1/supply").body)
            assert {id: seen(self.world, id)["status"] for id in self.disputes} == {
                id: claimed.status for id, claimed in self.disputes.items()
            }
            found = {
                status: disputes.listed(self.world, EXCHANGE, status=status, limit=100)
                for status in {claimed.status for claimed in self.disputes.values()}
            }
            assert {id: status for status, ids in found.items() for id in ids} == {
                id: claimed.status for id, claimed in self.disputes.items()
            }


TestDisputing = Disputing.TestCase
TestDisputing.settings = settings(
    max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)  # fmt: skip


# at once: what another does just before each request that a ruling sends to the table


def _refunded(world: World, _: str, id: str) -> Any:
    return world.refund(id)


def _withdrawn(world: World, claimed: str, _: str) -> Any:
    return withdraw(world, claimed)


def _bought_back(world: World, _: str, __: str) -> Any:
    buy_back(world, "run")


def _ruled(world: World, claimed: str, _: str) -> Any:
    return ruled(world, claimed, "dismiss", who=EXCHANGE | {"sub": "another"})


def _fulfilled(world: World, _: str, id: str) -> Any:
    return world.fulfil(id)


@pytest.mark.parametrize("moment", range(10))
@pytest.mark.parametrize("other", [_refunded, _withdrawn, _bought_back, _ruled, _fulfilled])
def test_of_a_ruling_and_what_happens_at_once_each_is_done_wholly_or_not_at_all(
    world: World, moment: int, other: Callable[[World, str, str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    world.merchant()
    world.rich(points=2_000_000)
    offer = world.offer(points=1_000_000)
    id = world.redeem(offer, 1_000_000).body["id"]
    claimed = answered(world, "redemption", id)
    with just_before(moment, lambda: other(world, claimed, id)):
        answer = ruled(world, claimed)
    assert answer.status == 200 or answer.code in {"already_refunded", "invalid_state"}, answer
    if other is _fulfilled and answer.status != 200:  # as a merchant's refund is: it may be sent again
        answer = ruled(world, claimed)
        assert answer.status == 200
    world.stream()
    books.check(world)
    books.check_projected(world, world.get("/v1/supply").body)
    found, status = seen(world, claimed), world.get(f"/v1/redemptions/{id}", **ALICE).body["status"]
    assert (found["status"] == "upheld") == (answer.status == 200)
    assert not found["status"].startswith("awaiting")
    assert world.points() == (2_000_000 if status == "refunded" else 1_000_000)
    assert (status == "refunded") == (found["status"] in {"upheld", "resolved"})


@pytest.mark.parametrize("moment", range(6))
def test_an_opening_and_a_refund_at_once_leave_no_dispute_open(
    world: World, moment: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever comes first: the dispute is refused, or the refund finds it."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    id = order(world)

    def refund() -> None:
        assert world.refund(id).status == 200
        world.stream()

    with just_before(moment, refund) as done:
        answer = disputes.dispute(world, "redemption", id)
    if not done:
        refund()
    if answer.status == 201:
        assert seen(world, answer.body["id"])["status"] == "resolved"
    else:
        assert answer.refused == (409, "invalid_state")
    assert disputes.listed(world, EXCHANGE, status="awaiting_answer") == []
