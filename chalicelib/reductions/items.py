"""What is kept of a reduction beside its Record, and of whom it is credited to. Pure."""

from dataclasses import dataclass


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
class Usage:
    """What a person was credited under a scenario on a day, where that is bounded."""

    grams: int = 0
    records: int = 0


@dataclass(frozen=True)
class Recipient:
    """Whom a reduction is credited to, as far as that never changes: ``kind`` and ``person`` of the account ``id``.

    ``person``: the id by which caps count; None where there was no such account when it was looked for.
    """

    id: str
    kind: str = "individual"
    person: str | None = None
