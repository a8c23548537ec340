"""Whatever persons, merchants and the stream do, in whatever order: the books balance and the model agrees."""

import json
import os
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, precondition, rule

from chalicelib.kernel.settle import Settled
from chalicelib.table.write import decode
from tests import books
from tests.numbers import identity_number
from tests.world import Answer, World
from tests.worlds import quick_world

PEOPLE = ("alice", "bob")
OFFERS = ("limited", "busy", "coded")
PRICE, STOCK, LIMIT = 100, 12, 5


class Scheme(RuleBasedStateMachine):
    """Two persons, a merchant with a limited offer of one till and two of four, one with codes; a model beside it."""

    orders = Bundle("orders")

    @initialize()
    def open(self) -> None:
        self.stack = ExitStack()
        self.stack.enter_context(patch.dict(os.environ, BUSY_STRIPES="4"))
        self.world: World = self.stack.enter_context(quick_world())
        self.world.merchant()
        self.world.scenario("walk", grams_per_unit="1", unit="m")
        self.ids = {sub: self.world.person(sub, identity_number(number)) for number, sub in enumerate(PEOPLE)}
        self.offers = {
            "limited": self.world.offer(points=PRICE, stock=STOCK, per_account_limit=LIMIT),
            "busy": self.world.offer(points=PRICE, stock=STOCK, busy=True),
            "coded": self.world.offer(points=PRICE, stock=STOCK, busy=True),
        }
        self.points = dict.fromkeys(PEOPLE, 1500)
        for account in self.ids.values():
            assert self.world.report(account, "1500", scenario="walk").status == 201
        self.stock = dict.fromkeys(self.offers, STOCK) | {"coded": 0}
        self.codes: list[str] = []  # that sales have handed out
        self.bought = dict.fromkeys(PEOPLE, 0)
        self.states: dict[str, str] = {}
        self.retired = 0
        self.sent = 0
        self.accepted: list[tuple[tuple[Any, ...], dict[str, Any], Answer]] = []
        self.upload(STOCK)

    def send(self, path: str, body: Any, role: str, sub: str, method: str = "POST") -> Answer:
        call = (method, path, body)
        options: dict[str, Any] = {"role": role, "sub": sub, "key": f"key-{self.sent}-{sub}"}
        answer = self.world.call(*call, **options)
        assert answer.status < 500, answer
        self.sent += 1
        self.accepted += [(call, options, answer)] if answer.status < 300 else []
        return answer

    @rule(sub=st.sampled_from(PEOPLE), grams=st.integers(1, 900))
    def walk(self, sub: str, grams: int) -> None:
        body = {"record_id": f"t{self.sent}", "account": self.ids[sub], "scenario": "walk"}
        body |= {"quantity": str(grams), "occurred_at": "2024-01-01T00:00:00Z"}
        assert self.send("/v1/reductions", body, "scenario_operator", "operator").status == 201
        self.points[sub] += grams

    @rule(target=orders, sub=st.sampled_from(PEOPLE), name=st.sampled_from(OFFERS), count=st.integers(1, 7))
    def redeem(self, sub: str, name: str, count: int) -> Any:
        body = {"offer": self.offers[name], "quantity": count, "points": count * PRICE}
        answer = self.send("/v1/redemptions", body, "individual", sub)
        within = name != "limited" or self.bought[sub] + count <= LIMIT
        affordable = self.points[sub] >= count * PRICE
        possible = within and affordable and self.stock[name] >= count
        assert (answer.status == 201) == possible, answer
        if not possible:
            assert answer.code in {"limit_reached", "insufficient_points", "sold_out"}
            return multiple()
        self.points[sub] -= count * PRICE
        self.stock[name] -= count
        self.bought[sub] += count if name == "limited" else 0
        self.states[answer.body["id"]] = "fulfilled" if name == "coded" else "placed"
        assert answer.body["status"] == self.states[answer.body["id"]]
        assert len(answer.body["vouchers"]) == (count if name == "coded" else 0)
        self.codes += answer.body["vouchers"]
        assert len(set(self.codes)) == len(self.codes)
        return (answer.body["id"], sub, name, count)

    @rule(order=orders)
    def refund(self, order: Any) -> None:
        id, sub, name, count = order
        answer = self.send(f"/v1/redemptions/{id}/refund", {}, "institution", "shop")
        if self.states[id] == "refunded":
            assert answer.refused == (409, "already_refunded")
        else:
            assert answer.status == 200, answer
            self.states[id] = "refunded"
            self.points[sub] += count * PRICE
            self.stock[name] += count if name != "coded" else 0
            self.bought[sub] -= count if name == "limited" else 0

    @rule(order=orders)
    def fulfil(self, order: Any) -> None:
        id = order[0]
        body = {"voucher": "SH-1", "note": None}
        answer = self.send(f"/v1/redemptions/{id}/fulfil", body, "institution", "shop")
        assert (answer.status == 200) == (self.states[id] == "placed")
        self.states[id] = "fulfilled" if answer.status == 200 else self.states[id]

    @rule(sub=st.sampled_from(PEOPLE), points=st.integers(1, 600))
    def cancel(self, sub: str, points: int) -> None:
        answer = self.send("/v1/cancellations", {"points": points, "purpose": "trip"}, "individual", sub)
        assert (answer.status == 201) == (self.points[sub] >= points), answer
        if answer.status == 201:
            self.points[sub] -= points
            self.retired += points

    @rule(count=st.integers(1, 5))
    def upload(self, count: int) -> None:
        codes = [f"{self.sent}-{number}" for number in range(count)]
        path = f"/v1/offers/{self.offers['coded']}/vouchers"
        assert self.send(path, {"codes": codes}, "institution", "shop").status == 201
        self.stock["coded"] += count

    @rule(name=st.sampled_from(["limited", "busy"]), count=st.integers(1, 5))
    def restock(self, name: str, count: int) -> None:
        path = f"/v1/offers/{self.offers[name]}"
        assert self.send(path, {"stock_added": count}, "institution", "shop", "PATCH").status == 200
        self.stock[name] += count

    @rule()
    def sweep(self) -> None:
        swept: list[Settled] = self.world.sweep()
        assert all(json.loads(each.answer)["points"] > 0 for each in swept)

    @precondition(lambda self: self.accepted)
    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        """What was answered is answered again and moves nothing; what was refused may be tried again."""
        call, options, answer = data.draw(st.sampled_from(self.accepted))
        before = self.world.items()
        again = self.world.call(*call, **options)
        assert (again.status, again.body) == (answer.status, answer.body)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert self.world.items() == before

    @rule(data=st.data())
    def deliver(self, data: st.DataObject) -> None:
        """Some of the stream, in some order, some of it again."""
        records = [item for item in self.world.items() if "postings" in item]
        some = data.draw(st.lists(st.sampled_from(records), max_size=20)) if records else []
        self.world.stream(some)

    @invariant()
    def the_books_balance(self) -> None:
        if hasattr(self, "world"):
            books.check(self.world)

    @invariant()
    def balances_are_the_models(self) -> None:
        if hasattr(self, "world"):
            assert {sub: self.world.points(sub) for sub in PEOPLE} == self.points
            units = dict.fromkeys(self.offers, 0)
            for till, balances in books.held(self.world).items():
                for name, offer in self.offers.items():
                    units[name] += balances["units"] if till.startswith(f"offer:{offer}/") else 0
            assert units == self.stock

    @invariant()
    def what_is_to_be_served_is_counted(self) -> None:
        if hasattr(self, "world"):
            placed = [id for id, state in self.states.items() if state == "placed"]
            counted = 0
            for item in map(decode, self.world.items()):
                assert item
                is_till, is_served = item["sk"] == "account" and "orders" in item, item["sk"] == "served"
                counted += item["orders"] if is_till else -item["orders"] if is_served else 0
            assert counted == len(placed)

    @invariant()
    def the_supply_adds_up_however_far_the_stream_is(self) -> None:
        if hasattr(self, "world"):
            got = self.world.get("/v1/supply").body
            assert got["points_circulating"] == got["grams_backing"]
            assert got["grams_confirmed"] == got["grams_backing"] + got["grams_held"] + got["grams_retired"]

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        with self.stack:
            before = {sub: self.world.entries(sub, limit=100) for sub in PEOPLE}
            self.world.stream()
            self.world.stream(self.world.items()[::-1])
            for sub in PEOPLE:
                lines = self.world.entries(sub, limit=100)
                assert lines == before[sub]
                if len(lines) < 100:
                    assert sum(line["points"] for line in lines) == self.points[sub]
            for name, offer in self.offers.items():
                assert self.world.stock(offer) == self.stock[name]
            supply = self.world.get("/v1/supply").body
            books.check_projected(self.world, supply)
            assert supply["grams_retired"] == supply["points_by_use"]["cancelled"] == self.retired
            sold = self.world.points("shop", "institution")
            assert supply["points_by_use"]["redeemed"] == sold
            assert supply["points_circulating"] == sold + sum(self.points.values())


TestScheme = Scheme.TestCase
TestScheme.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)  # fmt: skip
