"""The demo loads into a platform that serves: who uses it meanwhile, or stops it, must not keep it from starting."""

import importlib
import random
from typing import Any

import pytest

from infra.dev.demo.api import Api, Call

load = importlib.import_module("infra.dev.demo.load")  # the package has a function of this name
SUPPLY: dict[str, Any] = {
    "grams_confirmed": 120,
    "grams_backing": 100,
    "grams_held": 15,
    "grams_retired": 5,
    "points_circulating": 100,
    "as_of": "2026-01-31T08:00:00.000Z",
}


class Fake(Api):
    """Answers ``supply``, and refuses the orders in ``refused``; remembers what is sent under each key."""

    def __init__(self, supply: dict[str, Any] | None = None) -> None:
        self.supply, self.refused, self.sent = supply or {}, set[int](), dict[str, tuple[str, str]]()

    def get(self, path: str, role: str = "", sub: str = "") -> dict[str, Any]:
        return self.supply

    def post_all(self, what: str, calls: Any, expected: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
        answers: list[dict[str, Any]] = []
        for number, call in enumerate(calls):
            refused = call.key.startswith("order-") and number in self.refused
            answers.append({"code": "sold_out"} if refused else self._answer(call))
        return answers

    def _answer(self, call: Call) -> dict[str, Any]:
        same = self.sent.setdefault(call.key, (call.path, repr(call.body)))
        assert same == (call.path, repr(call.body)), call.key
        return {"id": call.key, "offer": call.body.get("offer")}


def test_grams_that_somebody_else_confirmed_meanwhile_are_welcome(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "WAIT_SECONDS", 0)
    load._balanced(Fake(SUPPLY), 100, SUPPLY["as_of"])
    with pytest.raises(SystemExit, match="does not settle"):
        load._balanced(Fake(SUPPLY), 121, SUPPLY["as_of"])
    with pytest.raises(SystemExit, match="do not agree"):
        load._balanced(Fake(SUPPLY | {"grams_held": 14}), 100, SUPPLY["as_of"])


def test_an_order_refused_before_an_interruption_may_be_placed_after_it() -> None:
    api, offers = Fake(), [{"id": f"offer-{number}", "points": 1} for number in range(4)]
    api.refused = {7, 70, 99}
    load._orders(api, random.Random(1), offers)
    api.refused = {99}
    load._orders(api, random.Random(1), offers)
