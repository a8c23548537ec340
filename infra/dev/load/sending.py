"""A city's day by files, while people ask and redeem: operators announce, upload, and see what became of each file."""

import gzip
import hashlib
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from infra.dev.demo.api import Api, Call
from infra.dev.load import channels
from infra.dev.load.channels import CHANNELS, Sent, operator
from infra.dev.load.day import City
from infra.dev.load.rates import Sender, Show, Stage

_PATH = "/v1/reduction-batches"
_RIDERS_MAX, _TRIPS_EACH = 20_000, 50
_PACKED = "bus-line"  # its operator sends gzip
_LOOK_SECONDS = 2.0
_STRETCH_SECONDS = 10.0  # people ask in stretches, until the last file is done
STILL_SECONDS = 900.0  # longer without one line more is no progress
_ENDS = ("done", "refused")


@dataclass
class Day:
    """What became of a day. ``wrong``: what differs from what the files were made of."""

    lines: int = 0
    seconds: float = 0.0
    files: list[str] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)

    @property
    def found(self) -> dict[str, dict[str, int]]:
        """What differs, as stages say it."""
        return {"files": dict(self.wrong)} if self.wrong else {}

    @property
    def table(self) -> list[str]:
        """The files as a table."""
        if not self.lines:
            return []
        head = f"{'channel':>16} {'file':>5} {'lines':>9} {'converted':>9} {'refused':>8} {'doubles':>8}"
        rate = f"{self.lines:,} lines in {self.seconds:,.0f} s: {self.lines / self.seconds:,.0f} a second"
        return [head, *self.files, rate]


def send(
    api: Api, sender: Sender, city: City, trips: int, rate: float, show: Callable[[str], Show]
) -> tuple[Day, Stage]:
    """Files of ``trips`` trips, and ``rate`` requests a second beside them. Raises SystemExit where no line moves."""
    riders, draw = _settle(api, trips), Random(20260130)
    senders = int(os.environ.get("CHANNELS") or len(CHANNELS))
    day, late = channels.files(trips, riders, draw, senders)
    people, over = Stage(rate), threading.Event()

    def ask() -> None:
        while not over.is_set():
            people.add(sender.stage(rate, _STRETCH_SECONDS, city.ask))

    beside = threading.Thread(target=ask)
    beside.start()
    found, began = Day(sum(each.lines for each in (*day, *late))), time.monotonic()
    try:
        _followed(api, day, found, show("lines"), 0)
        _followed(api, late, found, show("lines"), sum(each.lines for each in day))
    finally:
        found.seconds = time.monotonic() - began
        over.set()
        beside.join()
    return found, people


def _settle(api: Api, trips: int) -> list[str]:
    """The scenarios, and who rides; the accounts' ids."""
    publish = [
        Call("/v1/scenarios", channels.scenario(n), "bureau", "bureau", f"channel-{n}") for n in range(len(CHANNELS))
    ]
    api.post_all("channels", publish)
    count = min(_RIDERS_MAX, max(100, trips // _TRIPS_EACH))
    calls = [Call("/v1/accounts", channels.rider(n), "individual", f"rider-{n}", f"rider-{n}") for n in range(count)]
    return [str(each["id"]) for each in api.post_all("riders", calls)]


def _followed(api: Api, files: list[Sent], found: Day, show: Show, before: int) -> None:
    """Send ``files``, wait until each line has its outcome, and compare."""
    batches = {_announced(api, each): each for each in files}
    seen: dict[str, dict[str, Any]] = {}
    moved, latest = time.monotonic(), -1
    while open_ := [id for id in batches if id not in seen or seen[id]["status"] not in _ENDS]:
        time.sleep(_LOOK_SECONDS)
        for id in open_:
            seen[id] = api.get(f"{_PATH}/{id}", "scenario_operator", operator(batches[id].channel))
        done = sum(each["converted"] + each["refused"] for each in seen.values())
        moved, latest = (time.monotonic(), done) if done != latest else (moved, latest)
        show(before + done, found.lines)
        if time.monotonic() - moved > STILL_SECONDS:
            raise SystemExit(f"No line more in {STILL_SECONDS:.0f} seconds: {seen}")
    for id, sent in batches.items():
        _compare(sent, seen[id], found)


def _announced(api: Api, sent: Sent) -> str:
    content = bytes(sent.content)
    if sent.channel == _PACKED:
        content = gzip.compress(content, 6)
    body = {"scenario": sent.channel, "lines": sent.lines, "sha256": hashlib.sha256(content).hexdigest()}
    key = f"{sent.channel}-{sent.name}"
    opened = api.post(Call(_PATH, body, "scenario_operator", operator(sent.channel), key))
    api.upload(opened["upload"], content)
    return str(opened["id"])


def _compare(sent: Sent, answer: dict[str, Any], found: Day) -> None:
    expected = {
        "status": "done",
        "converted": sent.lines - sent.refused,
        "refused": sent.refused,
        "duplicates": sent.doubles,
    }
    for name, value in expected.items():
        if answer[name] != value:
            found.wrong[f"{sent.channel} {sent.name}: {name} is {answer[name]}, not {value}"] += 1
    counts = f"{answer['converted']:9,} {answer['refused']:8,} {answer['duplicates']:8,}"
    found.files.append(f"{sent.channel:>16} {sent.name:>5} {sent.lines:9,} {counts}")
