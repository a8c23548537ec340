"""What is kept of a reduction beside its Record, and of whom it is credited to. Pure."""

from dataclasses import dataclass, replace

from chalicelib.kernel.caller import INDIVIDUAL, INSTITUTION
from chalicelib.kernel.record import Record
from chalicelib.reductions.model import ReductionAnswer
from chalicelib.table import keys


@dataclass(frozen=True)
class ReductionState:
    """How a reported record stands; ``reduction`` is its id, and that of its Record. ``repaid``: points that repaid a
    debt when it was confirmed later.
    """

    status: str
    reduction: str
    reason: str | None = None
    repaid: int | None = None
    evidence_sha256: str | None = None


@dataclass(frozen=True)
class Pointer:
    """That a reduction was reported for an account, beside the account; it stands on its scenario's list, too."""

    reduction: str
    scenario: str


@dataclass(frozen=True)
class TripsPage:
    """Trips of ten seconds under one scenario: the rest of each rank, whose beginning the page's own key has."""

    ranks: frozenset[str]


@dataclass(frozen=True)
class Usage:
    """What a person was credited under a scenario on a day, where that is bounded."""

    grams: int = 0
    records: int = 0


@dataclass(frozen=True)
class Recipient:
    """Whom a reduction is credited to, as far as that never changes: ``kind`` and ``person`` of the account ``id``.

    ``person``: the id by which caps count; None where there was no such account when it was looked for. ``named``: the
    field of the report that names it.
    """

    id: str
    kind: str = "individual"
    person: str | None = None
    named: str = "account"

    def points(self, grams: int) -> int:
        """A person's gram is a point (guide §4); an institution holds grams."""
        return grams if self.kind == INDIVIDUAL else 0


@dataclass(frozen=True)
class Reduction:
    """A reported reduction as it stands, and the Record that proves it."""

    answer: ReductionAnswer
    record: Record

    @property
    def points(self) -> int:
        """What it is worth once it is confirmed."""
        return self.recipient.points(self.answer.grams)

    @property
    def recipient(self) -> Recipient:
        """Whom it is credited to."""
        account = self.record.account or self.answer.account  # the Record names it where the answer does not
        return Recipient(str(account), INSTITUTION if self.record.in_grams else INDIVIDUAL)

    @property
    def key(self) -> keys.Key:
        """Of its state."""
        return keys.reduction(self.answer.scenario, self.answer.record_id)

    def as_in(self, state: ReductionState) -> "Reduction":
        """The same in its present state."""
        repaid = (state.repaid or self.answer.repaid_points) if state.status == "confirmed" else 0
        changes = {
            "status": state.status,
            "reason": state.reason,
            "evidence_sha256": state.evidence_sha256,
            "repaid_points": repaid,
            "points": self.points - repaid if state.status == "confirmed" else 0,
        }
        return replace(self, answer=self.answer.model_copy(update=changes))

    @property
    def rank(self) -> str:
        """Its place by the time of the report."""
        return f"{self.record.at}:{self.answer.id}"
