"""Measures on a store of its own and prints the tables; exits 1 where a promised bound is broken."""

import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from infra.dev.bench import coldstart, costs, inprocess, proofs, runs, throughput
from infra.dev.bench.platform import Platform
from infra.dev.bench.setting import Setting
from infra.dev.local.stack import LocalStack
from infra.release.package import bundle

ACCOUNTS = (100, 10_000, 100_000)
RATIO_MAX, THROUGHPUT_MIN = 1.3, 0.6
START_MAX, WARM_MS_MAX = 1.3, 1.0
PROOF_MS_MAX = 1.0


def main() -> int:
    """Every figure, one table each."""
    console = Console(width=110)
    with tempfile.TemporaryDirectory() as folder, LocalStack(Path(folder)) as stack:
        setting = Setting.make(Platform(stack))
        kept = [_start(console, stack, setting), _costs(console, setting)]
        kept += [_throughput(console, stack, setting), _ratios(console, setting)]
        kept.append(_proofs(console))
        _run(console, setting)
    console.print("Every promised bound holds." if all(kept) else "[red]A promised bound is broken.[/red]")
    return 0 if all(kept) else 1


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="left" if column in {"movement", "items"} else "right")
    return table


def _costs(console: Console, setting: Setting) -> bool:
    title = "Write request units of one transaction (2 a KB and item, 1 an index write)"
    table = _table(title, "movement", "items", "units", "at most", "reads before", "at most")
    kept = True
    for row in costs.rows(setting):
        kept &= row.kept
        listed = " ".join(f"{item} {units}" for item, units in row.items)
        total = sum(units for _, units in row.items)
        table.add_row(row.name, listed, str(total), str(row.bound or ""), str(row.reads), str(row.reads_max or ""))
    console.print(table)
    return kept


def _ratios(console: Console, setting: Setting) -> bool:
    title = f"A redemption in process against its bare boto3 transaction (at most {RATIO_MAX})"
    table = _table(title, "accounts", "ours ms", "bare ms", "ratio")
    found = []
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("in process", total=len(ACCOUNTS) * inprocess.ROUNDS)
        for accounts in ACCOUNTS:
            found.append(inprocess.compare(setting, accounts, lambda: progress.advance(task)))
    for each in found:
        table.add_row(f"{each.accounts:,}", f"{each.ours:.2f}", f"{each.bare:.2f}", f"{each.ratio:.2f}")
    console.print(table)
    return all(each.ratio <= RATIO_MAX for each in found)


def _start(console: Console, stack: LocalStack, setting: Setting) -> bool:
    title = f"The zip in fresh processes: import and first request against boto3 and a client (at most {START_MAX})"
    columns = "import ms", "with a request ms", "boto3 ms", "ratio", f"warm request, CPU ms (at most {WARM_MS_MAX:.0f})"
    table = _table(title, "zip MB", *columns)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("cold starts", total=coldstart.ROUNDS + 1)
        found = coldstart.compare(stack, setting, lambda: progress.advance(task))
    times = (f"{each:.0f}" for each in (found.imported, found.first, found.bare))
    table.add_row(f"{found.megabytes:.2f}", *times, f"{found.ratio:.2f}", f"{found.warm:.2f}")
    console.print(table)
    small = found.megabytes * 1e6 <= bundle.BYTES_MAX
    return small and found.ratio <= START_MAX and found.warm <= WARM_MS_MAX


def _throughput(console: Console, stack: LocalStack, setting: Setting) -> bool:
    title = f"16 clients over HTTP against 16 threads of bare transactions (at least {THROUGHPUT_MIN})"
    table = _table(title, "round", "HTTP redemptions/s", "bare transactions/s", "ratio")
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("throughput", total=2 * throughput.ROUNDS)
        found = throughput.compare(stack, setting, lambda: progress.advance(task))
    for number, (mine, other) in enumerate(zip(found.http, found.bare, strict=True), 1):
        table.add_row(str(number), f"{mine:.0f}", f"{other:.0f}", f"{mine / other:.2f}")
    table.add_row("together", "", "", f"{found.ratio:.2f}")
    console.print(table)
    return found.ratio >= THROUGHPUT_MIN


def _proofs(console: Console) -> bool:
    table = _table("Verifying a signed request", "processor ms", "at most")
    found = proofs.milliseconds()
    table.add_row(f"{found:.2f}", f"{PROOF_MS_MAX}")
    console.print(table)
    return found <= PROOF_MS_MAX


def _run(console: Console, setting: Setting) -> None:
    """No bound is promised; the rate is local, where one process does what Lambda does side by side."""
    table = _table("A buy-back run on the local stack", "merchants paid", "seconds", "lots/s", "bare/s", "share")
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("buy-back", total=runs.MERCHANTS)
        rate = runs.compare(setting, lambda paid: progress.update(task, completed=paid))
    seconds, each = f"{rate.seconds:.0f}", f"{rate.lots / rate.seconds:.0f}"
    table.add_row(f"{rate.lots:,}", seconds, each, f"{rate.bare:.0f}", f"{rate.share:.2f}")
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
