"""docs/stream.md and its plot: ``python -m infra.dev.bench.lags`` writes them."""

from functools import cache

from chalicelib.lanes import LANES
from infra.dev import plot
from infra.dev.bench.lag import BATCH, HOLD_SECONDS, STREAM_SECONDS, UPDATE_SECONDS, WINDOW_SECONDS, Setting, Stream
from infra.here import ROOT

PEAK, LAG_SECONDS_MAX = 3500, 5.0
SHARDS = (4, 8, 16, 32, 64, 128, 256, 512)
RATES = (350, 1000, PEAK)
FEW = (Setting(PEAK, 4), Setting(PEAK, 4, factor=2), Setting(PEAK, 4, factor=10))


def p(share: float, lags: list[float]) -> float:
    """Seconds within which so large a ``share`` was projected."""
    found = sorted(lags)
    return found[min(len(found) - 1, int(share * len(found)))]


@cache
def ran(setting: Setting) -> Stream:
    """The run of a setting, once a process."""
    return Stream(setting).run()


def page() -> str:
    """docs/stream.md."""
    return (
        _assumed()
        + f"""\
## {PEAK:,} trips a second

{_table(PEAK)}
A person's Records stand in one shard, and come in order. Sums mind no order.

## Other rates

99 % are projected within so many seconds:

| shards | {" | ".join(f"{rate:,}/s" for rate in RATES)} |
|---:|{"---:|" * len(RATES)}
{_rates()}
![99 % within, by shards](stream.svg)

More shards bring fewer trips at once: their transactions are more, and smaller. A cancelled transaction is paid for,
too.

## Four shards, several batches of each at once

Lambda can work at several batches of a shard at once, each of other people (`ParallelizationFactor`). It helps where a
shard brings more than one consumer can take, and makes batches smaller:

| batches at once | trips a batch | conflicts | 50 % within, s | 99 % within, s |
|---:|---:|---:|---:|---:|
{_factors()}"""
    )


def _assumed() -> str:
    low, mean = HOLD_SECONDS
    return f"""\
# How far the stream is behind

A simulator (`infra/dev/bench/lag.py`, one seed) lets trips of sixteen scenarios come to the shards of the table's
stream. `project` gets them in batches of {BATCH} at most, {WINDOW_SECONDS:.0f} seconds after the first one at the
latest ([ADR 61](adr/0061-batches-of-the-stream.md)). As many trips share a transaction as have room. It adds their
sums in the lane of its consumer, one of {LANES}. A transaction that meets another in its lane is cancelled, and
tried again in another lane ([ADR 63](adr/0063-lanes-that-consumers-keep.md)). `tests/unit/dev/test_lag.py` runs
it and compares this page.

Assumed, not measured: Lambda has a Record after {1000 * STREAM_SECONDS:.0f} ms; a transaction holds its items for
{1000 * low:.0f} ms and {1000 * mean:.0f} ms more on the average; an update takes {1000 * UPDATE_SECONDS:.0f} ms.
Trips come alike over the shards. A shard is a partition of the table: four at first, and one more for each 10 GB.

"""


def _table(rate: int) -> str:
    rows = ["| shards | trips a batch | transactions a second | conflicts | 50 % within, s | 99 % within, s |"]
    rows.append("|---:|" + "---:|" * 5)
    for shards in SHARDS:
        setting = Setting(rate, shards)
        rows.append(f"| {shards} | {_cells(setting, ran(setting).transactions / setting.seconds)} |")
    return "\n".join([*rows, ""])


def _cells(setting: Setting, *more: float) -> str:
    run = ran(setting)
    between = [f"{each:,.0f}" for each in more]
    cells = [f"{len(run.lags) / run.batches:,.0f}", *between, f"{run.conflicts / run.transactions:.0%}"]
    return " | ".join([*cells, f"{p(0.5, run.lags):.1f}", f"{p(0.99, run.lags):.1f}"])


def _rates() -> str:
    return "".join(
        f"| {shards} | {' | '.join(f'{p(0.99, ran(Setting(rate, shards)).lags):.1f}' for rate in RATES)} |\n"
        for shards in SHARDS
    )


def _factors() -> str:
    return "".join(f"| {each.factor} | {_cells(each)} |\n" for each in FEW)


def svg() -> str:
    """docs/stream.svg."""
    series = {f"{rate:,}/s": [1000 * p(0.99, ran(Setting(rate, shards)).lags) for shards in SHARDS] for rate in RATES}
    return plot.svg("99 % of trips are projected within, by shards", "shards", SHARDS, series)


if __name__ == "__main__":
    (ROOT / "docs" / "stream.md").write_text(page())
    (ROOT / "docs" / "stream.svg").write_text(svg())
