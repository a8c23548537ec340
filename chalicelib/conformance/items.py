"""A conformance run as it is kept. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.errors import Text
from chalicelib.kernel.fields import stamp
from chalicelib.table import lists
from chalicelib.table.lists import Listing

LASTS = timedelta(minutes=10)
KEPT = timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run. ``due_at``: when the next webhook is to be sent, or ``ends_at`` where all were.

    ``expires_at``: when DynamoDB forgets it, in seconds since 1970.
    """

    id: str
    merchant: str
    started_at: str
    ends_at: str
    due_at: str
    expires_at: int
    finished_at: str | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether its merchant can still pass steps."""
        return self.finished_at is None and stamp(now) < self.ends_at


@dataclass(frozen=True, kw_only=True)
class Head:
    """The latest run of a merchant, which another one waits for, and the runs of that ``day`` in Shanghai."""

    run: str
    ends_at: str
    day: str
    runs: int


@dataclass(frozen=True)
class Pointer:
    """A merchant's pointer to one of its runs."""

    run: str
    expires_at: int


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a step came to. ``milliseconds``: how long the merchant's system took to answer."""

    step: str
    passed: bool
    came: Text
    at: str
    expires_at: int
    milliseconds: int | None = None


def due(at: str, run: str, hold: str = "") -> Listing:
    """Where the schedule finds what is to be done at ``at``."""
    return Listing(lists.CONFORMANCE, f"{at}:{run}:{hold}")
