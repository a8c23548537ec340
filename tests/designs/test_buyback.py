"""The design of a buy-back run keeps its invariant, and the real worker does as it says, message by message."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.accounts import queries as accounts
from chalicelib.buyback import model, queries, worker
from chalicelib.buyback.items import total
from chalicelib.queues import sender
from chalicelib.table import keys, lists
from chalicelib.table.commit import commit
from chalicelib.table.lists import Listing
from chalicelib.table.write import put, update
from tests.designs.quint import COMMAND, State, simulate
from tests.unit.parties import institution
from tests.world import World

SAMPLES, STEPS, TRACES, HALF = 60, 18, 8, model.TONNE // 2
NUMBERS = (1, 2, 3)
pytestmark = pytest.mark.skipif(not COMMAND.exists(), reason="no Node: the designs are not run")


class Scheme:
    """Three merchants and a run, as the platform has them; ``sent`` is what the queue got since it was looked at."""

    def __init__(self, world: World, start: State, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self.sent = world, list[dict[str, Any]]()
        monkeypatch.setattr(model, "PART_MERCHANTS", 1)
        monkeypatch.setattr(model, "PARTS_AT_ONCE", 1)
        monkeypatch.setattr(sender, "send", lambda messages, **_: self.sent.extend(messages))
        for number in NUMBERS:
            held = start["accounts"][number]["points"] * HALF
            account = replace(institution(points=held), id=f"m{number}")
            listed = Listing(lists.MERCHANTS, f"2026-01-01:m{number}")
            commit([put(keys.account(keys.holder(account.id)), account, listed=listed)])
        started = world.post("/v1/buy-back-runs", role="exchange", sub="exchange")
        self.run = str(started.body["id"])

    def do(self, what: str, number: int) -> list[tuple[str, int]]:
        """One step; the messages that it sent."""
        self.sent.clear()
        if what == "plan":
            worker.handle({"run": self.run, "planned": number}, lambda _: True)
        elif what == "part":
            worker.handle({"run": self.run, "part": number}, lambda _: True)
        elif what == "die":  # as far as a worker gets that pays and does not come to the end of its part
            for account in queries.with_a_tonne([f"m{number}"]):
                worker.pay(self.run, account.id, account)
        elif what == "resume":
            worker.resume(datetime.now(UTC) + timedelta(days=1))
        elif what == "earn":
            commit([update(keys.account(keys.holder(f"m{number}")), add={"points": HALF})])
        return [(kind, each["planned" if kind == "plan" else "part"]) for each in self.sent for kind in (_kind(each),)]

    def state(self) -> dict[str, Any]:
        run = queries.run(self.run)
        merchants = [accounts.present(f"m{number}") for number in NUMBERS]
        parts = [part for number in NUMBERS if (part := queries.part(self.run, number))]
        sums = run.sums if run.status == "finished" else total(queries.lanes(self.run).values())
        return {
            "status": run.status,
            "planned": run.planned,
            "accounts": [(each.points, each.grams) for each in merchants],
            "done": {part.number for part in parts if part.status == "done"},
            "sums": sums.points,
        }


def _kind(message: dict[str, Any]) -> str:
    return "part" if "part" in message else "plan"


def expected(state: State) -> dict[str, Any]:
    """A state of the design, in points and grams."""
    merchants = [state["accounts"][number] for number in NUMBERS]
    return {
        "status": state["status"],
        "planned": state["planned"],
        "accounts": [(each["points"] * HALF, each["grams"] * HALF) for each in merchants],
        "done": set(state["done"]),
        "sums": state["sums"] * HALF,
    }


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, list[list[State]]]:
    """The seed, and some runs of the design; every state of many more keeps the invariant."""
    seed, folder = secrets.randbelow(2**31), Path(tmp_path_factory.mktemp("buyback"))
    return seed, list(simulate("buyback", seed, samples=SAMPLES, steps=STEPS, traces=TRACES, folder=folder))


@pytest.mark.parametrize("number", range(TRACES))
def test_the_worker_follows_the_design(
    world: World, traces: tuple[int, list[list[State]]], number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed, (before, *states) = traces[0], traces[1][number]
    scheme = Scheme(world, before, monkeypatch)
    for step, state in enumerate(states, 1):
        last = state["last"]
        sent = set(scheme.do(last["what"], last["number"]))
        where = f"seed {seed}, trace {number}, step {step}: {last}"
        assert (where, scheme.state()) == (where, expected(state))
        queued = {(each["kind"], each["number"]) for each in _queue(state)}
        known = {(each["kind"], each["number"]) for each in _queue(before)}
        assert queued - known <= sent <= queued | {(last["what"], last["number"])}, where
        before = state


def _queue(state: State) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = state["queue"]
    return messages
