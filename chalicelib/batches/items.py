"""What is kept of a batch. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Status = Literal["awaiting_upload", "processing", "done", "confirming", "rejecting", "reversing", "refused"]


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What the bureau ordered for every line of a batch that is in the state for it. ``id`` is the order's Record."""

    id: str
    action: str
    reason: str
    caller: str
    at: str


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A file of reductions and how far it is. ``judgement`` is the latest."""

    id: str
    scenario: str
    lines: int
    sha256: str
    operator: str
    status: Status
    created_at: str
    finished_at: str | None = None
    reason: str | None = None
    reason_zh: str | None = None
    judgement: Judgement | None = None


@dataclass(frozen=True)
class BatchPointer:
    """That an operator sent a batch; it stands on the list of all batches, too."""

    batch: str


@dataclass(frozen=True, kw_only=True)
class Slice:
    """What became of one slice of a batch's lines; ``first`` and ``last`` are numbers of lines.

    Slices of before they were kept have none: such a file is taken to have no blank lines.
    """

    number: int
    at: str
    converted: int = 0
    reported: int = 0
    refused: int = 0
    points: int = 0
    first: int | None = None
    last: int | None = None

    @property
    def numbers(self) -> range:
        """The numbers of its lines; blank ones are among them."""
        if self.first is None or self.last is None:
            return range(self.number * 1000 + 1, self.number * 1000 + 1001)
        return range(self.first, self.last + 1)


@dataclass(frozen=True, kw_only=True)
class JudgedSlice:
    """What a judgement (``judgement`` is its id) did to one slice: so many lines, so many points.

    ``left``: lines that it could not decide, because their accounts take nothing at present.
    """

    judgement: str
    action: str
    number: int
    at: str
    judged: int = 0
    points: int = 0
    left: int = 0


@dataclass(frozen=True)
class Progress:
    """How far a batch is: its slices, and what its judgements did to them."""

    slices: tuple[Slice, ...] = ()
    judged: tuple[JudgedSlice, ...] = ()

    def lines(self, action: str) -> int:
        """Lines that ``action`` decided, by any judgement."""
        return sum(each.judged for each in self.judged if each.action == action)

    def of(self, judgement: Judgement | None) -> tuple[JudgedSlice, ...]:
        """What one judgement did."""
        return tuple(each for each in self.judged if judgement and each.judgement == judgement.id)

    @property
    def waiting(self) -> int:
        """Lines that no judgement has decided yet."""
        return sum(each.reported for each in self.slices) - self.lines("confirm") - self.lines("reject")

    @property
    def credited(self) -> int:
        """Lines whose reductions stand, as far as judgements go."""
        return sum(each.converted for each in self.slices) + self.lines("confirm") - self.lines("reverse")

    def times(self) -> Iterator[str]:
        """When something was done."""
        yield from (each.at for each in self.slices)
        yield from (each.at for each in self.judged)
