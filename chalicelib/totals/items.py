"""What is kept of a scenario's day: the platform's sums, and what an operator uploaded. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Literal

from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing

Status = Literal["agreed", "differs", "missing"]


@dataclass(frozen=True, kw_only=True)
class Ours:
    """Trips and grams that were taken, whatever became of them; of these, those that were confirmed at any time, those
    that were rejected, and those that were reversed after that.
    """

    trips: int = 0
    grams: int = 0
    confirmed_trips: int = 0
    confirmed_grams: int = 0
    rejected_trips: int = 0
    rejected_grams: int = 0
    reversed_trips: int = 0
    reversed_grams: int = 0


@dataclass(frozen=True, kw_only=True)
class DaySums(Ours):
    """A lane of the sums of one day, by the version that governed the trips: it names their operator."""

    version: int


@dataclass(frozen=True, kw_only=True)
class Uploaded:
    """What an operator counts for a day. ``reason``: why this version corrects the one before."""

    version: int
    trips: int
    grams: int
    at: str
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class OperatorTotals(Uploaded):
    """The latest version, and how it compares. ``since``: when it began to differ. ``edits`` counts all changes."""

    id: str
    scenario: str
    day: str
    operator: str
    status: Status = "agreed"
    since: str | None = None
    edits: int = 0

    @property
    def key(self) -> keys.Key:
        return keys.operator_totals(self.scenario, self.day, keys.operator_id(self.operator))

    @property
    def place(self) -> Listing | None:
        """It is listed while it differs."""
        return Listing(lists.TOTALS_DIFFERING, f"{self.since}:{self.id}") if self.status == "differs" else None

    def judged(self, ours: Ours, at: str) -> "OperatorTotals":
        """The same, compared with what the platform counts at the time ``at``."""
        if (self.trips, self.grams) == (ours.trips, ours.grams):
            return replace(self, status="agreed", since=None)
        return replace(self, status="differs", since=self.since or at)


@dataclass(frozen=True)
class Compared:
    """Both sides of an operator's day. ``theirs``: None where it uploaded nothing."""

    scenario: str
    day: str
    operator: str
    ours: Ours
    theirs: OperatorTotals | None

    @property
    def id(self) -> str:
        return f"{self.scenario}.{self.day}.{keys.operator_id(self.operator)}"

    @property
    def status(self) -> Status:
        """As of now; that on ``theirs`` follows within seconds."""
        return self.theirs.judged(self.ours, "").status if self.theirs else "missing"


def together(sums: Iterable[Ours]) -> Ours:
    """The lanes together."""
    found = list(sums)
    return Ours(**{each.name: sum(getattr(lane, each.name) for lane in found) for each in fields(Ours)})
