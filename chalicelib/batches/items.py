"""What is kept of a batch. Pure."""

from collections.abc import Iterator, Sequence
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
    """A file of reductions and how far it is. ``judgement`` is the latest.

    ``etag`` is of the object that was checked, and ``packed`` tells that its lines are in the unpacked one. ``upload``
    is S3's name for its file while that is sent in parts.
    """

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
    etag: str | None = None
    packed: bool = False
    upload: str | None = None

    @property
    def task(self) -> str:
        """What is being done to its lines: the judgement's id, or ``lines`` while they are reported."""
        return self.judgement.id if self.judgement else "lines"


@dataclass(frozen=True)
class BatchPointer:
    """That an operator sent a batch; it stands on the list of all batches, too."""

    batch: str


@dataclass(frozen=True, kw_only=True)
class Lane:
    """A part of a file, what its lines came to, and the cursor: the byte and the number of the next line.

    Its bytes end before ``end``; its lines have the numbers from ``first`` to before ``until``.
    """

    number: int
    at: str
    byte: int = 0
    end: int = 0
    line: int
    first: int
    until: int
    converted: int = 0
    reported: int = 0
    refused: int = 0
    duplicates: int = 0
    points: int = 0

    @property
    def done(self) -> bool:
        return self.byte >= self.end


@dataclass(frozen=True, kw_only=True)
class Slice:
    """What became of a thousand lines of a batch, before there were lanes. The numbers of its lines may be there."""

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
        """The numbers of its lines. Where they were not kept, the file is taken to have no blank lines."""
        if self.first is None or self.last is None:
            return range(self.number * 1000 + 1, self.number * 1000 + 1001)
        return range(self.first, self.last + 1)


def as_lane(slices: Sequence[Slice]) -> Lane:
    """One lane that is done, in place of slices."""
    first, until = min(each.numbers[0] for each in slices), max(each.numbers[-1] for each in slices) + 1
    sums = {
        name: sum(getattr(each, name) for each in slices) for name in ("converted", "reported", "refused", "points")
    }
    return Lane(number=0, at=max(each.at for each in slices), line=until, first=first, until=until, **sums)


@dataclass(frozen=True, kw_only=True)
class JudgedLane:
    """What a judgement (``judgement`` is its id) did to the lines of one lane, and the number of the next.

    ``left``: lines that it could not decide, because their accounts take nothing at present.
    """

    judgement: str
    action: str
    number: int
    at: str
    judged: int = 0
    points: int = 0
    left: int = 0
    line: int = 0
    until: int = 0

    @property
    def done(self) -> bool:
        return self.line >= self.until


@dataclass(frozen=True)
class Progress:
    """How far a batch is: its lanes, and what its judgements did to them."""

    lanes: tuple[Lane, ...] = ()
    judged: tuple[JudgedLane, ...] = ()

    def lines(self, action: str) -> int:
        """Lines that ``action`` decided, by any judgement."""
        return sum(each.judged for each in self.judged if each.action == action)

    def of(self, judgement: Judgement | None) -> tuple[JudgedLane, ...]:
        """What one judgement did."""
        return tuple(each for each in self.judged if judgement and each.judgement == judgement.id)

    def open(self, judgement: Judgement | None) -> list[int]:
        """The lanes that the judgement, or without one the report, has not gone through."""
        lanes = self.of(judgement) if judgement else self.lanes
        return [each.number for each in lanes if not each.done]

    @property
    def waiting(self) -> int:
        """Lines that no judgement has decided yet."""
        return sum(each.reported for each in self.lanes) - self.lines("confirm") - self.lines("reject")

    @property
    def credited(self) -> int:
        """Lines whose reductions stand, as far as judgements go."""
        return sum(each.converted for each in self.lanes) + self.lines("confirm") - self.lines("reverse")

    def times(self) -> Iterator[str]:
        """When something was done."""
        yield from (each.at for each in self.lanes)
        yield from (each.at for each in self.judged)


@dataclass(frozen=True)
class Intake:
    """How many lanes of one operator's batches are in work, of which batches, and which wait for room (``ranked``).

    ``moves`` counts its changes.
    """

    moves: int = 0
    lanes: int = 0
    batches: frozenset[str] = frozenset()
    waiting: frozenset[str] = frozenset()
