"""Anomalies as they are kept, and the trips of a person's day by which they are found. Pure."""

from dataclasses import dataclass
from typing import Literal

from chalicelib.kernel.caller import BUREAU
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.transitions import Step

Kind = Literal["overlap", "day_sum"]
Status = Literal["open", "closed"]
Outcome = Literal["dismissed", "reversed", "referred"]

STEPS = (Step("open", "close", "closed", (BUREAU,)),)


@dataclass(frozen=True, kw_only=True)
class Trip:
    """A reported reduction, with the terms of the version that governed it.

    It takes the time from ``starts_at`` to ``ends_at``, which is no longer part of it. ``scenario`` and ``excludes``
    are codes in lower case. ``expires_at``: when DynamoDB may delete the item, in seconds since 1970.
    """

    reduction: str
    record: str
    scenario: str
    starts_at: str
    ends_at: str
    grams: int
    reported_at: str
    excludes: tuple[str, ...] = ()
    joint_grams_max: int | None = None
    expires_at: int


@dataclass(frozen=True)
class Finding:
    """What a person's day shows: the reductions that together are one ``kind`` of anomaly, and their scenarios.

    ``found_at``: when the last of them was reported.
    """

    kind: Kind
    reductions: frozenset[str]
    scenarios: frozenset[str]
    found_at: str


@dataclass(frozen=True, kw_only=True)
class Anomaly:
    """One for each person, day (Asia/Shanghai) and kind. It names no person: its ``id`` follows from hers.

    It only grows: ``edits`` counts how often. One that grows after it was closed is open again; ``outcome``,
    ``reason``, ``closed_at`` and ``closed_role`` are those of the last closing.
    """

    id: str
    kind: Kind
    status: Status = "open"
    day: str
    found_at: str
    reductions: frozenset[str]
    scenarios: frozenset[str]
    edits: int = 0
    outcome: Outcome | None = None
    reason: str | None = None
    closed_at: str | None = None
    closed_role: str | None = None

    @property
    def key(self) -> keys.Key:
        return keys.anomaly(self.id)

    @property
    def place(self) -> Listing:
        """Where it is listed, in its present state."""
        return Listing(lists.anomalies(self.status), self.rank)

    @property
    def rank(self) -> str:
        """Its place by the time when it was found."""
        return f"{self.found_at}:{self.id}"
