"""A small city, and what its people, merchants and operators ask on a day."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from infra.dev.demo import people
from infra.dev.demo.api import Api, Call

PEOPLE, OFFERS, PRICE = 200, 4, 100

# What is asked, in parts of a hundred: mostly trips, as the scheme's own day.
WEIGHTS = {"report": 55, "redeem": 15, "balance": 12, "shelf": 8, "fulfil": 6, "refund": 2, "supply": 2}
# What a day brings anyway: somebody's points are spent, an order was served or given back by somebody else.
EXPECTED = frozenset({"insufficient_points", "sold_out", "invalid_state", "already_refunded", "contended"})


@dataclass(frozen=True)
class Question:
    """One request. ``body`` None: it reads."""

    what: str
    path: str
    role: str = ""
    sub: str = ""
    body: dict[str, Any] | None = None
    key: str = ""


@dataclass
class City:
    """Who and what there is; ``draw`` makes each day the same."""

    accounts: list[str]
    offers: list[str]
    draw: Random = field(default_factory=lambda: Random(20260131))
    orders: list[str] = field(default_factory=list)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def ask(self) -> Question:
        """What comes next."""
        what = self.draw.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        if what in ("fulfil", "refund") and not self.orders:
            what = "redeem"
        return getattr(self, f"_{what}")()  # type: ignore[no-any-return]

    def heard(self, question: Question, answer: dict[str, Any]) -> None:
        """An order that was placed can be served."""
        if question.what == "redeem" and "id" in answer:
            self.orders.append(answer["id"])

    def _report(self) -> Question:
        number = next(self.numbers)
        body = {
            "record_id": f"load-{number:08d}",
            "account": self.draw.choice(self.accounts),
            "scenario": "metro",
            "quantity": f"{self.draw.randint(8, 240) / 10}",
            "occurred_at": f"2026-{self.draw.randint(1, 9):02d}-{self.draw.randint(1, 28):02d}T08:15:00Z",
        }
        return Question("report", "/v1/reductions", "scenario_operator", "metro-operator", body, f"l{number}")

    def _redeem(self) -> Question:
        body = {"offer": self.draw.choice(self.offers), "quantity": 1, "points": PRICE}
        return self._by_person("redeem", "/v1/redemptions", body)

    def _balance(self) -> Question:
        return self._by_person("balance", "/v1/accounts/me", None)

    def _by_person(self, what: str, path: str, body: dict[str, Any] | None) -> Question:
        sub = people.sub(self.draw.randrange(len(self.accounts)))
        return Question(what, path, "individual", sub, body, f"l{next(self.numbers)}")

    def _shelf(self) -> Question:
        return Question("shelf", "/v1/offers?limit=20")

    def _supply(self) -> Question:
        return Question("supply", "/v1/supply")

    def _fulfil(self) -> Question:
        return self._serve("fulfil", {"voucher": "SH-1", "note": None})

    def _refund(self) -> Question:
        return self._serve("refund", {})

    def _serve(self, what: str, body: dict[str, Any]) -> Question:
        order = self.orders.pop(self.draw.randrange(len(self.orders)))
        path = f"/v1/redemptions/{order}/{what}"
        return Question(what, path, "institution", "teahouse", body, f"l{next(self.numbers)}")


def settle(api: Api) -> City:
    """Open the accounts, admit a merchant, fill its shelf, give everybody points to spend."""

    def post(what: str, calls: list[Call]) -> list[str]:
        return [str(each.get("id", "")) for each in api.post_all(what, calls)]

    bodies = [(people.person(n), "individual", people.sub(n)) for n in range(PEOPLE)]
    bodies.append((people.institution(0), "institution", "teahouse"))
    opened = post("accounts", [Call("/v1/accounts", *each, f"open-{n}") for n, each in enumerate(bodies)])
    *accounts, shop = opened
    admission = {"account": shop, "mode": "other", "reason": "load"}
    api.post(Call("/v1/merchants", admission, "exchange", "exchange", "admit"))
    api.post(Call("/v1/methodologies", people.METHODOLOGY, "bureau", "bureau", "methodology"))
    metro = next(n for n, each in enumerate(people.SCENARIOS) if each[0] == "metro")
    api.post(Call("/v1/scenarios", people.scenario(metro), "bureau", "bureau", "scenario"))
    terms = people.offer("龙井茶一杯", "food", PRICE, 1_000_000, None) | {"busy": True}
    offers = post("offers", [Call("/v1/offers", terms, "institution", "teahouse", f"o{n}") for n in range(OFFERS)])
    post("points", [_first_trip(account, n) for account in accounts for n in range(10)])
    return City(accounts, offers)


def _first_trip(account: str, number: int) -> Call:
    body = {"record_id": f"first-{account}-{number}", "account": account, "scenario": "metro", "quantity": "200"}
    body["occurred_at"] = f"2026-01-{number + 1:02d}T08:00:00Z"
    return Call("/v1/reductions", body, "scenario_operator", "metro-operator", f"first-{account}-{number}")


Asker = Callable[[], Question]
