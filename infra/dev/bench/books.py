"""The books of a made-up export, against a bare loop that unpacks and parses the same files in as many processes.

``RECORDS=10000000 .venv/bin/python -m infra.dev.bench.books`` measures it alone. The bare loop runs before and after,
so that a drifting machine hits both alike.
"""

import gzip
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from infra.dev.bench import exports
from infra.dev.bench.figures import Figure
from infra.ops.audit import exported_to

WORKERS = 2
RECORDS = int(os.environ.get("RECORDS") or 1_000_000)
RATIO_MIN, MEGABYTES_MAX = 0.5, 300


class Cost(NamedTuple):
    """Of one run in fresh processes; ``megabytes``: the largest that each of them was, together."""

    seconds: float
    processor: float
    megabytes: float


class Rate(NamedTuple):
    """Ours, and twice the bare loop."""

    records: int
    ours: Cost
    bare: list[Cost]

    @property
    def ratio(self) -> float:
        """By processor time: what else the machine does is of less matter there."""
        return sum(each.processor for each in self.bare) / len(self.bare) / self.ours.processor


def compare(records: int = RECORDS) -> Rate:
    """Raises RuntimeError where the books do not agree."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "export"
        made = exports.write(folder, records, WORKERS)
        before = _alone(_bare, folder)
        ours = _alone(partial(_books, made), folder)
        return Rate(made, ours, [before, _alone(_bare, folder)])


def _alone(run: Callable[[Path], None], folder: Path) -> Cost:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
        return alone.submit(_measured, run, folder).result()


def _measured(run: Callable[[Path], None], folder: Path) -> Cost:
    began = time.monotonic()
    run(folder)
    seconds = time.monotonic() - began
    own, each = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = own.ru_utime + own.ru_stime + each.ru_utime + each.ru_stime
    peak = (own.ru_maxrss + WORKERS * each.ru_maxrss) / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return Cost(seconds, processor, peak)


def _books(records: int, folder: Path) -> None:
    found = exported_to(folder, WORKERS)
    if found.findings.count or found.books.records != records + 1:
        raise RuntimeError(f"{found.books.records} Records, {found.findings.count} differences: {found.findings.named}")


def _bare(folder: Path) -> None:
    with ProcessPoolExecutor(WORKERS) as pool:
        list(pool.map(_parse, sorted(folder.glob("data/*.json.gz"))))


def _parse(file: Path) -> int:
    with gzip.open(file) as lines:
        return sum(1 for line in lines if json.loads(line))


def figure(records: int = RECORDS) -> Figure:
    """The books of an export of so many Records."""
    found = compare(records)
    ours, bare = found.ours, found.bare[0]
    micro = [f"{each.processor / found.records * 1e6:.1f}" for each in (ours, bare)]
    rates = [f"{found.records / ours.seconds:,.0f}", f"{WORKERS * found.records / ours.processor:,.0f}"]
    return Figure(
        "The books are recomputed from an export",
        (
            "Records",
            "Records/s",
            f"on {WORKERS} free cores",
            "processor µs a Record",
            "bare µs",
            f"ratio (at least {RATIO_MIN})",
            f"MB (at most {MEGABYTES_MAX})",
        ),
        [(f"{found.records:,}", *rates, *micro, f"{found.ratio:.2f}", f"{ours.megabytes:.0f}")],
        f"{WORKERS} processes. Each Record comes with its lines, and every {exports.EACH} with an account. The bare"
        " loop only unpacks and parses the same files. Memory: all processes, each at its largest.",
        found.ratio >= RATIO_MIN and ours.megabytes <= MEGABYTES_MAX,
    )


if __name__ == "__main__":
    Console(width=110).print(figure().table())
