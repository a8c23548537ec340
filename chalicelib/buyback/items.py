"""A run and what belongs to it, as they are kept. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from chalicelib.buyback.model import TONNE, LotAnswer, RunAnswer


@dataclass(frozen=True, kw_only=True)
class RunSums:
    """Lots together."""

    merchants: int = 0
    points: int = 0
    tonnes: int = 0


@dataclass(frozen=True, kw_only=True)
class RunLane(RunSums):
    """The sums of some of a run's lots, and how many of its parts are done. It takes no lot once it is finished."""

    parts: int = 0
    status: Literal["running", "finished"] = "running"


@dataclass(frozen=True, kw_only=True)
class RunPart:
    """The merchants that one message is about."""

    number: int
    merchants: tuple[str, ...] = ()
    status: Literal["planned", "done"] = "planned"


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run; its lanes have its sums. ``full``: every merchant is looked at. ``parts``: how many there are, once it is
    planned.
    """

    id: str
    status: str
    started_at: str
    full: bool
    finished_at: str | None = None
    parts: int | None = None

    def to_answer(self, sums: RunSums) -> RunAnswer:
        return RunAnswer.model_validate(vars(self) | vars(sums))


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
