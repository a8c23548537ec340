"""docs/contention.md and its plot: ``python -m infra.dev.bench.rushes`` writes them."""

from collections.abc import Iterable, Sequence
from functools import cache

from infra.dev import plot
from infra.dev.bench.buyers import HOLD_SECONDS, PARTITION_UNITS, SALE_UNITS, Answered, Setting
from infra.dev.bench.contention import Rush
from infra.here import ROOT

TILLS, RATES = (16, 64, 128, 256, 512), (160, 640, 1280, 2500, 5000)
SOLD_OUT = Setting(5000, 12, 50_000, 512)
GROWING = (Setting(5000, 12, 60_000, 16, grows=True), Setting(5000, 12, 60_000, 64, grows=True))
PARTITIONS = (8, 16, 32, 64)


def p(share: float, answers: Iterable[Answered]) -> float:
    """Milliseconds within which so large a ``share`` was answered."""
    found = sorted(each.seconds for each in answers)
    return 1000 * found[min(len(found) - 1, int(share * len(found)))]


def counted(answers: Iterable[Answered], how: str) -> int:
    return sum(each.how == how for each in answers)


@cache
def ran(setting: Setting) -> Rush:
    """The run of a setting, once a process."""
    return Rush(setting).run()


def steady(rate: int, tills: int) -> Rush:
    """A second and a half of a rush on an offer with units enough."""
    return ran(Setting(rate, 1.5, 10**6, tills))


def page() -> str:
    """docs/contention.md."""
    low, mean = HOLD_SECONDS
    head = f"""\
# Contention at one offer

A simulator (`infra/dev/bench/contention.py`, one seed) sends a rush of buyers to one offer. Transactions that
meet at a till are cancelled and tried again as the platform tries, with its own numbers; processes remember, read
again and ask for more tills as it does ([ADR 55](adr/0055-hot-shelves.md), [ADR 59](adr/0059-more-tills.md)).
`tests/unit/dev/test_contention.py` runs it and compares this page.

Assumed, not measured: a transaction holds its items for {1000 * low:.0f} ms and {1000 * mean:.0f} ms more on the
average; a partition takes {PARTITION_UNITS:,} write units a second, and each of a sale's three items is {SALE_UNITS}
of them; 400 processes; each buyer is another person, so that they meet at tills alone.

"""
    return head + _sold_out() + _steady() + _growing() + _partitions()


def _sold_out() -> str:
    rush = ran(SOLD_OUT)
    sold = [each for each in rush.answers if each.how == "sold"]
    heard, again = counted(rush.answers, "sold_out"), counted(rush.answers, "contended")
    return f"""\
## 5 000 a second, until all is sold

{SOLD_OUT.stock:,} units in {SOLD_OUT.tills} tills, {SOLD_OUT.rate:,} buyers a second for {SOLD_OUT.seconds} s:
**{len(sold):,} were sold** and {heard:,} buyers heard `sold_out`; {again} had to send a request again. Of all answers
half came within {p(0.5, rush.answers):.0f} ms and **99 % within {p(0.99, rush.answers):.0f} ms**; of the sales alone
within {p(0.99, sold):.0f} ms. The last units are the slow ones: all tills are read to find them.

"""


def _steady() -> str:
    rows = ["## By tills and rate\n"]
    rows.append("99 % of the answers came within so many ms (and so many percent were `contended`).\n")
    rows.append("| tills | " + " | ".join(f"{rate:,}/s" for rate in RATES) + " |")
    rows.append("|---:|" + "---:|" * len(RATES))
    for tills in TILLS:
        cells = (_cell(steady(rate, tills).answers) for rate in RATES)
        rows.append(f"| {tills} | " + " | ".join(cells) + " |")
    return "\n".join([*rows, "", "![99 % within, by rate and tills](contention.svg)", "", ""])


def _cell(answers: Sequence[Answered]) -> str:
    share = counted(answers, "contended") / len(answers)
    return f"{p(0.99, answers):.0f}" + (f" ({share:.0%})" if share else "")


def _growing() -> str:
    rows = ["## Tills that are added\n"]
    rows.append("5 000 buyers a second from the first moment, at an offer with 16 or 64 tills; each second:\n")
    columns = "tills | sold | `contended` | 99 % ms |"
    rows += [f"| second | 16: {columns} 64: {columns}", "|---:|" + "---:|" * 8]
    for second in range(10):
        cells = [cell for setting in GROWING for cell in _second(ran(setting), second)]
        rows.append(f"| {second + 1} | " + " | ".join(cells) + " |")
    ends = " and ".join(f"{counted(ran(each).answers, 'sold'):,}" for each in GROWING)
    rows.append(f"\nIn the end {ends} of 60,000 units were sold.")
    rows.append("`busy` begins with 16 tills; for a rush that is known before, `BUSY_STRIPES` may say up to 64.\n\n")
    return "\n".join(rows)


def _second(rush: Rush, second: int) -> list[str]:
    some = [each for each in rush.answers if second <= each.at < second + 1]
    tills = max(tills for at, tills in rush.grown if at < second + 1)
    return [str(tills), f"{counted(some, 'sold'):,}", f"{counted(some, 'contended'):,}", f"{p(0.99, some):.0f}"]


def _partitions() -> str:
    rows = [
        "## Partitions\n",
        "A new table has few partitions. 5 000 sales a second write 30 000 units: give the table",
    ]
    rows.append("so much warm throughput before.\n")
    rows += ["| partitions | 99 % ms | `contended` |", "|---:|---:|---:|"]
    for partitions in PARTITIONS:
        answers = ran(Setting(5000, 3, 10**6, 512, partitions=partitions)).answers
        rows.append(f"| {partitions} | {p(0.99, answers):.0f} | {counted(answers, 'contended') / len(answers):.0%} |")
    return "\n".join([*rows, ""])


def svg() -> str:
    """docs/contention.svg."""
    series = {f"{tills} tills": [p(0.99, steady(rate, tills).answers) for rate in RATES] for tills in TILLS}
    return plot.svg("99 % of the answers of one offer, by buyers a second", "buyers/s", RATES, series)


if __name__ == "__main__":
    (ROOT / "docs" / "contention.md").write_text(page())
    (ROOT / "docs" / "contention.svg").write_text(svg())
