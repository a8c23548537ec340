"""Write units a second of each key that many requests share, at a city's volume, against the limit of a partition."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.table import lists
from chalicelib.table.keys import SOURCE_PARTITIONS
from infra.dev.bench.units import index_units, transaction_units

PARTITION_WRITES_MAX = 1_000  # units a second of one partition of the table or of the index
TRIPS_A_DAY, PEAK = 30_000_000, 3  # the busiest second against the day's mean
REDEMPTIONS_A_SECOND = 640  # the flash sale: 64 tills at ten sales a second each
CHUNK = 16  # Records that the consumer files in one transaction
LANES = {
    "totals:<scenario>:<month>": 16,
    "scenario-trips:<scenario>": 16,
    "agenda:sold:<time>": 8,
    "agenda:sellers:<time>": 8,
    "orders:<day>": 8,
    "colours:<month>": SOURCE_PARTITIONS,
    "confirmed:<month>": SOURCE_PARTITIONS,
    "list orders-due": lists.ORDERS_DUE.lanes,
    "list reductions": lists.REDUCTIONS_REPORTED.lanes,
    "list reductions:<scenario>": 16 * lists.REDUCTION_LANES,
    "list deliveries:<merchant>:pending": lists.deliveries("", "").lanes,
}
# one party's, or one thing's
_OWN = ("account:", "record:", "reduction:", "lines:", "delivery:", "due:", "offer:", "trips:", "order:")
_OWN_LISTS = ("unread:",)
_WORDS = {
    r"/[0-9a-f]$": "",
    r"^deliveries:[^:]+": "deliveries:<merchant>",
    r"^reductions:[^:]+:\d+": "reductions:<scenario>",
    r"^totals:[^:]+": "totals:<scenario>",
    r"^scenario-trips:.+": "scenario-trips:<scenario>",
    r"\d{8}T\d{4}": "<time>",
    r"\d{4}-\d\d-\d\d": "<day>",
    r"\d{4}-\d\d": "<month>",
    r":[a-z2-7]{2}$|:\d\d$": "",
}

Image = Mapping[str, Any] | None
Change = tuple[str, Image, Image]  # partition key, item before, item after


@dataclass(frozen=True)
class Key:
    """A shared key: units that CHUNK movements write there, in ``lanes`` partitions."""

    name: str
    movement: str
    units: int
    lanes: int

    @property
    def rate(self) -> float:
        """Write units a second of its busiest partition, all lanes alike."""
        movements = TRIPS_A_DAY / 86_400 * PEAK if self.movement != "redemption" else REDEMPTIONS_A_SECOND
        return movements / CHUNK * self.units / self.lanes

    @property
    def share(self) -> float:
        return self.rate / PARTITION_WRITES_MAX


def shared(
    movement: str, changes: Iterable[tuple[str, Mapping[str, Any] | None, Mapping[str, Any] | None]]
) -> list[Key]:
    """The shared keys among what CHUNK movements changed: partition key, item before, item after. Lists are partitions
    of the index.
    """
    units: Counter[str] = Counter()
    for pk, before, after in changes:
        if not pk.startswith(_OWN):
            units[_name(pk)] += transaction_units(before, after)
        for name, count in index_units(before, after):
            if not name.startswith(_OWN_LISTS):
                units[f"list {_name(name)}"] += count
    return [Key(name, movement, count, LANES.get(name, 1)) for name, count in sorted(units.items())]


def _name(pk: str) -> str:
    for pattern, word in _WORDS.items():
        pk = re.sub(pattern, word, pk)
    return pk


_TEXT = f"""\
# Scale

Computed by `tests/unit/dev/test_scale.py` from the units of real transactions: it fails where a key is over
50 % of what a partition takes, {PARTITION_WRITES_MAX:,} write units a second.

- A trip: {TRIPS_A_DAY:,} a day, {PEAK} times the mean in the busiest second, under sixteen scenarios alike.
- A manual trip: the same, if all of them had to be confirmed, and each is confirmed within the day.
- A redemption: a flash sale of {REDEMPTIONS_A_SECOND} a second on 64 tills of one merchant, to be fulfilled
  within days and sent to its system. A till takes ten sales of 2 units a second. What one offer takes, and with how
  many tills, is simulated in [contention](contention.md).
- The consumer files {CHUNK} Records in one transaction.

Keys of one party or one thing (accounts, Records, orders, tills) spread over partitions and are not listed. `list …` is
a partition of the sparse index.

| key | movement | units of {CHUNK} | partitions | units a second of each | of the limit |
|---|---|---:|---:|---:|---:|
"""


def page(keys: Iterable[Key]) -> str:
    """docs/scale.md."""
    return _TEXT + "".join(
        f"| `{key.name}` | {key.movement} | {key.units} | {key.lanes} | {key.rate:,.0f} | {key.share:.0%} |\n"
        for key in keys
    )
