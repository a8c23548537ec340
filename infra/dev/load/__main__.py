"""``make load``: a mixed day at rising rates, a soak, and a city's day of TRIPS in files; then the books.

``RATES="5 10 20 40"`` are requests a second, each for ``SECONDS`` (20); ``SOAK`` seconds (0) follow at the second rate.
``TRIPS`` (0) are sent by sixteen channels in files (by the first ``CHANNELS`` of them), while people ask at the first
rate. ``MERCHANTS`` (0) sell a tonne each, and one buy-back run pays all of them. It writes ``build/load/latency.svg``
and ``build/load/figures.txt``.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from infra.dev import plot
from infra.dev.demo.api import Api
from infra.dev.load.day import City, settle
from infra.dev.load.merchants import Paid, buy_back
from infra.dev.load.rates import SHARES, Sender, Stage
from infra.dev.load.sending import Day, send
from infra.dev.local.settings import CONSUMERS
from infra.dev.local.stack import LocalStack
from infra.here import ROOT

_BUILD = ROOT / "build" / "load"
_SETTLE_SECONDS, _QUIET_SECONDS = 3600.0, 15.0
_SOAK_PARTS = 6


def main() -> int:
    """1 where anything was answered that nobody expects, or where the books do not agree."""
    rates = [float(rate) for rate in os.environ.get("RATES", "").split()] or [5.0, 10.0, 20.0, 40.0]
    with tempfile.TemporaryDirectory() as folder, LocalStack(Path(folder) / "data") as stack:
        api = Api(stack.url, stack.token, lambda done, total, what: _show(what)(done, total))
        city = settle(api)
        sender = Sender(stack.url, stack.token, city)
        stages = _stages(stack, sender, city, rates)
        trips = int(os.environ.get("TRIPS") or 0)
        day = _day(stack, sender, city, trips, stages, rates[0]) if trips else Day()
        lines = [
            "requests/s  answered/s   p50 ms   p90 ms   p99 ms  memory MB",
            *(f"{_line(stage)}  {name}" for name, stage in stages.items()),
            *day.table,
        ]
        merchants = int(os.environ.get("MERCHANTS") or 0)
        paid = buy_back(api, stack, merchants, lambda: _settled(api), _show("paid")) if merchants else Paid()
        lines += paid.table
        _settled(api)
        books = _audit(stack)
        wrong = {name: dict(stage.wrong) for name, stage in stages.items() if stage.wrong} | day.found | paid.found
        lines += [f"refused as expected: {sum(sum(each.refused.values()) for each in stages.values())}"]
        lines += [f"answered as nobody expects: {wrong or 'nothing'}", (books.stdout or books.stderr).strip()]
    _BUILD.mkdir(parents=True, exist_ok=True)
    rising = [stage for name, stage in stages.items() if name.startswith("rate")]
    (_BUILD / "latency.svg").write_text(_plotted(rising))
    (_BUILD / "figures.txt").write_text("\n".join(lines) + "\n")
    print("\n".join(["", *lines]))
    return int(bool(wrong) or books.returncode != 0)


def _stages(stack: LocalStack, sender: Sender, city: City, rates: list[float]) -> dict[str, Stage]:
    seconds, stages = float(os.environ.get("SECONDS") or 20), dict[str, Stage]()

    def run(name: str, rate: float, seconds: float) -> None:
        stages[name] = sender.stage(rate, seconds, city.ask, _show(name))
        stages[name].rss_mb = _memory(stack)

    for rate in rates:
        run(f"rate {rate:g}", rate, seconds)
    soak = float(os.environ.get("SOAK") or 0)
    for part in range(_SOAK_PARTS if soak else 0):
        run(f"soak {part + 1}", rates[min(1, len(rates) - 1)], soak / _SOAK_PARTS)
    return stages


def _day(stack: LocalStack, sender: Sender, city: City, trips: int, stages: dict[str, Stage], rate: float) -> Day:
    api = Api(stack.url, stack.token, lambda done, total, what: _show(what)(done, total))
    day, people = send(api, sender, city, trips, rate, _show)
    people.rss_mb = _memory(stack)
    stages["beside the files"] = people
    return day


def _plotted(stages: Sequence[Stage]) -> str:
    """The latencies of ``stages`` by their rates."""
    found = zip(*(stage.percentiles() for stage in stages), strict=True)
    series = {f"p{100 * share:g}": ms for share, ms in zip(SHARES, found, strict=True)}
    return plot.svg("Answers of a mixed day, by rate", "requests/s", [stage.rate for stage in stages], series)


def _line(stage: Stage) -> str:
    p50, p90, p99 = stage.percentiles()
    return f"{stage.rate:10g} {stage.answered:11.1f} {p50:8.0f} {p90:8.0f} {p99:8.0f} {stage.rss_mb:10.0f}"


def _show(what: str) -> Callable[[int, int], None]:
    def show(done: int, total: int) -> None:
        end = "\n" if done == total else "\r"
        print(f"{what}: {done} of {total}", end=end, file=sys.stderr, flush=True)

    return show


def _memory(stack: LocalStack) -> float:
    """What the stack's own processes hold, without its store's and its emulator's files in memory."""
    held = 0
    for name, pid in stack.pids().items():
        status = Path(f"/proc/{pid}/status")
        if name.startswith(("worker", "pumps", *CONSUMERS)) and status.exists():
            held += next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return held / 1024


def _settled(api: Api) -> None:
    """The stream has brought everything: the supply has been the same for longer than a batch takes."""
    deadline, before = time.monotonic() + _SETTLE_SECONDS, None
    while (now := api.get("/v1/supply")) != before and time.monotonic() < deadline:
        before = now
        time.sleep(_QUIET_SECONDS)


def _audit(stack: LocalStack) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {"DATA": str(stack.data)}
    return subprocess.run(
        [sys.executable, "-m", "infra.ops.audit"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )


if __name__ == "__main__":
    sys.exit(main())
