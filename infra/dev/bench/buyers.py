"""What a rush on one offer is simulated from: how long things take, who comes, and what a process remembers."""

from dataclasses import dataclass, field
from typing import NamedTuple

HOLD_SECONDS = (0.005, 0.005)  # for which a transaction holds its items: at least, and on the average beyond that
WAY_SECONDS, SERVER_SECONDS = 0.002, 0.002  # to the store or back; a decision
QUEUE_SECONDS = 0.2  # from a message to its worker
PARTITION_UNITS, SALE_UNITS = 1000, 2  # write units a second of a partition; of each of a sale's three items
READ_SECONDS, READ_TOGETHER = 0.006, 100  # a batch of tills


@dataclass(frozen=True)
class Setting:
    """``rate``: buyers a second for ``seconds``, one unit each. ``grows``: whether the offer may get more tills."""

    rate: int
    seconds: float
    stock: int
    tills: int
    grows: bool = False
    partitions: int = 64
    processes: int = 400
    seed: str = "rush"


class Answered(NamedTuple):
    """A request that was answered ``at`` after ``seconds``: "sold", "sold_out" or "contended"."""

    at: float
    seconds: float
    how: str
    attempts: int


@dataclass
class Process:
    """What a warm process remembers of the offer."""

    tills: int
    empty: set[int] = field(default_factory=set)
    surprises: int = 0
    conflicts: int = 0
    since: float = -1.0
    sold_out: float = -1.0
