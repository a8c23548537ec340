"""Measures on a store of its own, prints the tables and writes docs/figures.md; exits 1 where a bound is broken."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from chalicelib.settings import settings
from infra.dev.bench import books, coldstart, costs, figures, inprocess, intake, judgements, proofs, runs, throughput
from infra.dev.bench.figures import Figure
from infra.dev.bench.pages import painted
from infra.dev.bench.peers import compare
from infra.dev.bench.platform import Platform
from infra.dev.bench.setting import Setting
from infra.dev.local.stack import LocalStack
from infra.dev.store import without_tokens
from infra.release.package import bundle

ACCOUNTS = (100, 10_000, 100_000)
RATIO_MAX, THROUGHPUT_MIN = 1.3, 0.6
START_MAX, WARM_MS_MAX = 1.3, 1.0
PROOF_MS_MAX = 1.0
JUDGED_MIN, INTAKE_MIN = 0.8, 0.9


def main() -> int:
    """Every figure, one table each."""
    without_tokens()  # as the local stack does
    console = Console(width=110)
    found: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder, LocalStack(Path(folder)) as stack:
        for figure in _measured(console, stack):
            console.print(figure.table())
            found.append(figure)
    console.print(f"{figures.write(found).name} is written.")
    kept = all(figure.kept for figure in found)
    console.print("Every promised bound holds." if kept else "[red]A promised bound is broken.[/red]")
    return 0 if kept else 1


def _measured(console: Console, stack: LocalStack) -> Iterator[Figure]:
    yield books.figure()  # first: the memory of all its processes is measured, this one's too
    setting = Setting.make(Platform(stack))
    yield _start(console, stack, setting)
    yield _costs(setting)
    yield _throughput(console, stack, setting)
    yield _ratios(console, setting)
    yield _proofs()
    yield _run(console, setting)
    yield _intake(console, stack, setting)
    yield intake.memory(stack, setting)
    yield _judgements(console, stack, setting)
    yield painted(stack, setting)
    yield from compare.figures(console, stack, setting)


def _costs(setting: Setting) -> Figure:
    found = costs.rows(setting)
    return Figure(
        "Request units of one movement",
        ("movement", "items", "write units", "at most", "reads before", "at most"),
        [
            (
                row.name,
                " ".join(f"{item} {units}" for item, units in row.items),
                str(sum(units for _, units in row.items)),
                str(row.bound or ""),
                str(row.reads),
                str(row.reads_max or ""),
            )
            for row in found
        ],
        "Counted on the real requests of a warm process: 2 units a KB and item of a transaction, 1 an index write.",
        all(row.kept for row in found),
    )


def _ratios(console: Console, setting: Setting) -> Figure:
    found = []
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("in process", total=len(ACCOUNTS) * inprocess.ROUNDS)
        for accounts in ACCOUNTS:
            found.append(inprocess.compare(setting, accounts, lambda: progress.advance(task)))
    return Figure(
        "A redemption in process against its bare transaction",
        ("accounts", "ours ms", "bare ms", f"ratio (at most {RATIO_MAX})"),
        [(f"{each.accounts:,}", f"{each.ours:.2f}", f"{each.bare:.2f}", f"{each.ratio:.2f}") for each in found],
        "The whole of `app.py`, without HTTP, and boto3 alone with the same transaction, in turns on the same store.",
        all(each.ratio <= RATIO_MAX for each in found),
    )


def _start(console: Console, stack: LocalStack, setting: Setting) -> Figure:
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("cold starts", total=coldstart.ROUNDS + 1)
        found = coldstart.compare(stack, setting, lambda: progress.advance(task))
    times = (f"{each:.0f}" for each in (found.imported, found.first, found.bare))
    return Figure(
        "A cold start, and a warm request",
        (
            "zip MB",
            "import ms",
            "with a request ms",
            "boto3 ms",
            f"ratio (at most {START_MAX})",
            f"warm request, CPU ms (at most {WARM_MS_MAX:.0f})",
        ),
        [(f"{found.megabytes:.2f}", *times, f"{found.ratio:.2f}", f"{found.warm:.2f}")],
        "The zip in fresh processes: import and first request, against boto3 that makes a client.",
        found.megabytes * 1e6 <= bundle.BYTES_MAX and found.ratio <= START_MAX and found.warm <= WARM_MS_MAX,
    )


def _throughput(console: Console, stack: LocalStack, setting: Setting) -> Figure:
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("throughput", total=2 * throughput.ROUNDS)
        found = throughput.compare(stack, setting, lambda: progress.advance(task))
    rounds = enumerate(zip(found.http, found.bare, strict=True), 1)
    return Figure(
        "Redemptions over HTTP against bare transactions",
        ("round", "HTTP redemptions/s", "bare transactions/s", f"ratio (at least {THROUGHPUT_MIN})"),
        [
            *((str(n), f"{mine:.0f}", f"{other:.0f}", f"{mine / other:.2f}") for n, (mine, other) in rounds),
            ("together", "", "", f"{found.ratio:.2f}"),
        ],
        "16 HTTP clients of the running stack, and 16 threads of boto3 on the same store, in turns.",
        found.ratio >= THROUGHPUT_MIN,
    )


def _proofs() -> Figure:
    found = proofs.milliseconds()
    return Figure(
        "Verifying a signed request",
        ("processor ms", "at most"),
        [(f"{found:.2f}", f"{PROOF_MS_MAX}")],
        "RFC 9421 with its Content-Digest (RFC 9530), a warm process.",
        found <= PROOF_MS_MAX,
    )


def _judgements(console: Console, stack: LocalStack, setting: Setting) -> Figure:
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("batches", total=judgements.ROUNDS)
        found = judgements.compare(stack, setting, lambda: progress.advance(task))
    rounds = enumerate(zip(found.confirmed, found.bare, strict=True), 1)
    return Figure(
        f"A batch of {judgements.LINES:,} lines is confirmed",
        ("round", "lines/s", "bare transactions/s", f"ratio (at least {JUDGED_MIN})"),
        [
            *((str(n), f"{mine:.0f}", f"{other:.0f}", f"{mine / other:.2f}") for n, (mine, other) in rounds),
            ("together", "", "", f"{found.ratio:.2f}"),
        ],
        f"Against {settings().batch_threads} threads that commit the same transactions with boto3 alone.",
        found.ratio >= JUDGED_MIN,
    )


def _intake(console: Console, stack: LocalStack, setting: Setting) -> Figure:
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("files", total=intake.ROUNDS)
        found = intake.compare(stack, setting, lambda: progress.advance(task))
    rounds = enumerate(zip(found.confirmed, found.bare, strict=True), 1)
    return Figure(
        f"A file of {intake.LINES:,} lines is taken in",
        ("round", "lines/s", "bare transactions/s", f"ratio (at least {INTAKE_MIN})"),
        [
            *((str(n), f"{mine:.0f}", f"{other:.0f}", f"{mine / other:.2f}") for n, (mine, other) in rounds),
            ("together", "", "", f"{found.ratio:.2f}"),
        ],
        f"From arrival to end, against {settings().batch_threads} threads that commit the same with boto3 alone.",
        found.ratio >= INTAKE_MIN,
    )


def _run(console: Console, setting: Setting) -> Figure:
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("buy-back", total=runs.MERCHANTS)
        rate = runs.compare(setting, lambda paid: progress.update(task, completed=paid))
    return Figure(
        "A buy-back run",
        ("merchants paid", "seconds", "lots/s", "bare/s", "share"),
        [
            (
                f"{rate.lots:,}",
                f"{rate.seconds:.0f}",
                f"{rate.lots / rate.seconds:.0f}",
                f"{rate.bare:.0f}",
                f"{rate.share:.2f}",
            )
        ],
        "No bound is promised: here one process does what Lambda does side by side.",
    )


if __name__ == "__main__":
    sys.exit(main())
