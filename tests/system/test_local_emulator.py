"""kill -9 of the emulator alone: its queues and the bucket's settings come back, and what was lost in it is done."""

import contextlib
import hashlib
import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from chalicelib.buyback.model import TONNE
from tests.batches import file, trip
from tests.system.city import City, check_books
from tests.system.conftest import eventually

pytestmark = pytest.mark.system
EXCHANGE, SCENARIO_OPERATOR = ("exchange", "exchange"), ("scenario_operator", "operator")


def kill_emulator(city: City) -> None:
    os.kill(city.pids()["ministack"], signal.SIGKILL)


def sell_a_tonne(city: City, offer: str) -> None:
    body = {"offer": offer, "quantity": 1, "points": TONNE}
    assert city.post("/v1/redemptions", body, "individual", "p0").status_code == 201


def start_run(city: City) -> str:
    started = city.post("/v1/buy-back-runs", {}, *EXCHANGE)
    assert started.status_code == 202, started.text
    return str(started.json()["id"])


def open_batch(city: City, content: bytes) -> Any:
    body = {"scenario": "metro", "lines": content.count(b"\n"), "sha256": hashlib.sha256(content).hexdigest()}
    return city.post("/v1/reduction-batches", body, *SCENARIO_OPERATOR).json()


def send(upload: Any, content: bytes) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        sent = httpx.post(upload["url"], data=upload["fields"], files={"file": ("lines.jsonl", content)}, timeout=30)
        return sent.status_code in {200, 201, 204}
    return False


def all_is_done(city: City, run: str, batch: str, bought_back: int) -> None:
    """The run has ended, the batch is converted, and the supply is what the Records say."""
    eventually(lambda: city.get(f"/v1/reduction-batches/{batch}", *SCENARIO_OPERATOR)["status"] == "done", 60)
    eventually(lambda: city.get(f"/v1/buy-back-runs/{run}", *EXCHANGE)["status"] == "finished", 60)
    eventually(lambda: city.unfiled() == 0, 60)
    assert city.get("/v1/supply")["points_by_use"]["bought_back"] == bought_back
    check_books(city)


def test_what_the_emulator_lost_in_a_kill_is_found_again_and_what_comes_then_is_done(tmp_path: Path) -> None:
    with City(tmp_path) as city:
        city.settle_down(1)
        city.report(0, 3 * TONNE)
        offer = city.offer(points=TONNE)

        city.freeze("pumps")  # what follows waits in the emulator, and is lost with it
        sell_a_tonne(city, offer)
        content = file(trip("lost", city.people[0], occurred_at="2026-02-01T00:00:00Z"))
        batch = open_batch(city, content)
        assert send(batch["upload"], content)
        run = start_run(city)
        kill_emulator(city)
        all_is_done(city, run, batch["id"], TONNE)

        kill_emulator(city)
        sell_a_tonne(city, offer)
        run = start_run(city)  # while there is no queue
        eventually(lambda: city.unfiled() == 0)
        content = file(trip("late", city.people[0], occurred_at="2026-02-01T00:00:00Z"))
        batch = open_batch(city, content)
        eventually(lambda: send(batch["upload"], content))
        all_is_done(city, run, batch["id"], 2 * TONNE)
