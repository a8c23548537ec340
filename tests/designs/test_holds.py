"""The design of holds keeps its invariant, and the real actions answer as it says, step by step."""

import secrets
from pathlib import Path
from typing import Any

import pytest

from chalicelib.holds import queries
from chalicelib.holds.worker import expire
from tests import books
from tests.consents import age_hold, capture, hold, mall, refund, release, spending
from tests.designs.quint import COMMAND, State, simulate
from tests.world import Answer, World

SAMPLES, STEPS, TRACES, HUNDRED = 100, 14, 10, 100
pytestmark = pytest.mark.skipif(not COMMAND.exists(), reason="no Node: the designs are not run")
PAST = "2020-01-01T00:00:00.000Z"


class Shop:
    """The orders of a trace, as the platform has them."""

    def __init__(self, world: World, start: State) -> None:
        self.world, self.holds = world, dict[str, str]()
        world.rich(points=start["person"] * HUNDRED)
        self.grant = spending(world, mall(world), points_max_order=10**4, points_max_day=10**6)

    def ask(self, asked: str, order: str, points: int) -> str:
        """``ok``, or the refusal's code. A request is sent twice with one key: both answers are the same."""
        if asked == "pass_time":
            age_hold(self.world, self.holds[order], PAST)
            return "ok"
        if asked == "expire":
            return "ok" if self._is_due(order) and expire(self.holds[order]) else "nothing"
        key = secrets.token_hex(8)
        answer, again = (self._send(asked, order, points * HUNDRED, key) for _ in range(2))
        assert (again.status, again.body) == (answer.status, answer.body)
        if (asked, answer.status) == ("place", 201):
            self.holds[order] = answer.body["id"]
        return answer.code or "ok"

    def _send(self, asked: str, order: str, points: int, key: str) -> Answer:
        if asked == "place":
            return hold(self.world, self.grant, points=points, order_reference=order, key=key)
        if asked == "release":
            return release(self.world, self.holds[order], key=key)
        return {"capture": capture, "refund": refund}[asked](self.world, self.holds[order], points, key=key)

    def _is_due(self, order: str) -> bool:
        """The schedule takes what its list calls due."""
        return queries.item(self.holds[order]).expires_at <= PAST

    def state(self) -> dict[str, Any]:
        """What the design knows, as the platform has it."""
        orders = {order: queries.item(id) for order, id in self.holds.items()}
        return {
            "person": self.world.points(),
            "merchant": self.world.points("shop", "institution"),
            "orders": {
                order: (held.status, held.amount, held.captured_points, held.refunded_points)
                for order, held in orders.items()
            },
        }


def expected(state: State) -> dict[str, Any]:
    """A state of the design, in points."""
    placed = {order: held for order, held in state["orders"].items() if held["status"] != "none"}
    return {
        "person": state["person"] * HUNDRED,
        "merchant": state["merchant"] * HUNDRED,
        "orders": {
            order: (held["status"], *(held[part] * HUNDRED for part in ("amount", "captured", "refunded")))
            for order, held in placed.items()
        },
    }


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, list[list[State]]]:
    """The seed, and some runs of the design; every state of many more keeps the invariant."""
    seed, folder = secrets.randbelow(2**31), Path(tmp_path_factory.mktemp("holds"))
    return seed, list(simulate("holds", seed, samples=SAMPLES, steps=STEPS, traces=TRACES, folder=folder))


@pytest.mark.parametrize("number", range(TRACES))
def test_the_actions_follow_the_design(world: World, traces: tuple[int, list[list[State]]], number: int) -> None:
    seed, (start, *states) = traces[0], traces[1][number]
    shop = Shop(world, start)
    for step, state in enumerate(states, 1):
        last = state["last"]
        answered = shop.ask(last["asked"], last["order"], last["points"])
        where = f"seed {seed}, trace {number}, step {step}: {last}"
        assert (where, answered) == (where, last["answer"])
        assert (where, shop.state()) == (where, expected(state))
    world.stream()
    books.check(world)
