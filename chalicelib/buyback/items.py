"""A run and what belongs to it, as they are kept. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from chalicelib.buyback.model import TONNE, LotAnswer, RunAnswer
from chalicelib.kernel.fields import stamp
from chalicelib.settings import settings

SENDING = timedelta(minutes=2)  # a worker's own time: who has not sent by then what it planned has died


@dataclass(frozen=True, kw_only=True)
class RunSums:
    """Lots together."""

    merchants: int = 0
    points: int = 0
    tonnes: int = 0


@dataclass(frozen=True, kw_only=True)
class RunLane(RunSums):
    """The sums of some of a run's lots, how many of its parts are done, and when it last moved. It takes no lot once it
    is finished.
    """

    parts: int = 0
    at: str = ""
    status: Literal["running", "finished"] = "running"


@dataclass(frozen=True, kw_only=True)
class RunPart:
    """The merchants that one message is about."""

    number: int
    merchants: tuple[str, ...] = ()
    status: Literal["planned", "done"] = "planned"


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run; its lanes have its sums until it is finished. ``full``: every merchant is looked at.

    ``planned``: parts so far, up to the merchant at ``cursor``; ``parts``: how many there are, once the plan is
    complete. ``moved_at``: when it was last planned on, or swept for. ``sent``: parts whose messages were sent.
    """

    id: str
    status: str
    started_at: str
    full: bool
    finished_at: str | None = None
    planned: int = 0
    sent: int = 0
    cursor: Mapping[str, str] = field(default_factory=dict)
    parts: int | None = None
    moved_at: str = ""
    merchants: int = 0
    points: int = 0
    tonnes: int = 0

    @property
    def sums(self) -> RunSums:
        """Its final sums."""
        return RunSums(merchants=self.merchants, points=self.points, tonnes=self.tonnes)

    def is_silent(self, now: datetime, heard: Iterable[str] = ()) -> bool:
        """Whether nothing was heard of it for so long that a message must be lost; ``heard``: when lanes moved."""
        return max([self.started_at, self.moved_at, *heard]) < stamp(now - timedelta(seconds=settings().silent_seconds))

    def is_unsent(self, now: datetime) -> bool:
        """Whether parts were planned, and whoever did so has had the time to send them and has not."""
        return self.sent < self.planned and self.moved_at < stamp(now - SENDING)

    def to_answer(self, sums: RunSums) -> RunAnswer:
        return RunAnswer.model_validate(vars(self) | vars(sums))


class Ahead(NamedTuple):
    """The next merchants of a run, where they end, and whether there are no more behind them."""

    merchants: Sequence[str]
    cursor: Mapping[str, str]
    complete: bool


@dataclass(frozen=True, kw_only=True)
class Lot:
    """What one run pays one merchant: whole tonnes, as points of the merchant and as grams for them."""

    id: str
    run: str
    tonnes: int
    at: str

    @property
    def amount(self) -> int:
        """Points, and grams."""
        return self.tonnes * TONNE

    def to_answer(self) -> LotAnswer:
        return LotAnswer(
            id=self.id, run=self.run, points=self.amount, tonnes=self.tonnes, grams=self.amount, at=self.at
        )


def total(lanes: Iterable[RunSums]) -> RunSums:
    """Lanes together."""
    each = list(lanes)
    return RunSums(
        merchants=sum(lane.merchants for lane in each),
        points=sum(lane.points for lane in each),
        tonnes=sum(lane.tonnes for lane in each),
    )
