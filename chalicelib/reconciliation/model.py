"""What a day's recomputation of the books found. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.kernel.fields import Answer, Paged, Time, example
from chalicelib.supervision.audit.differences import Difference

KEPT_MAX = 100  # differences that are kept with their Records; all of them are counted
BEHIND_MAX = 10  # Records named for each account that differs, the newest

_SUMS = {
    "grams_confirmed": 6_163_652,
    "grams_backing": 5_147_352,
    "grams_held": 600_000,
    "grams_retired": 416_300,
    "points_circulating": 5_147_352,
    "grams_uncovered": 0,
}


@dataclass(frozen=True, kw_only=True)
class Found:
    """One difference as it is kept; ``records`` are the ids of the newest that moved something there."""

    account: str
    what: str
    expected: int
    found: int
    records: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Reconciliation:
    """What was found on a day (Asia/Shanghai).

    ``set_aside``: of an export, accounts whose statements are not judged this time, because the stream had not brought
    all of their Records; of a scan, accounts that moved meanwhile and are not judged at all. Where there are some of
    these, neither are the sums (``sums_judged``).
    """

    id: str
    at: str
    began_at: str
    records: int
    accounts: int
    sums: Mapping[str, int]
    differences: int
    set_aside: int
    sums_judged: bool
    totals_differing: int = 0
    found: tuple[Found, ...] = field(default=())


class SchemeSums(Answer):
    """The sums of the scheme as the Records seen make them; compare ``GET /v1/supply``."""

    model_config = example(**_SUMS)

    grams_confirmed: int
    grams_backing: int
    grams_held: int
    grams_retired: int
    points_circulating: int
    grams_uncovered: int


class ReconciliationAnswer(Answer):
    """What a day's recomputation of the books found. ``id`` is the day in Shanghai.

    ``records`` stood in the table at ``began_at``, or were read from then on; the result was there ``at``. ``accounts``
    are all that hold something: people's, institutions', tills, campaigns, holds. ``set_aside``: of so many not all
    could be judged, because the stream had not brought all of their Records, or because they moved while the table
    was read; they are judged another day. ``sums_judged``: whether the projected sums were compared too.
    ``totals_differing``: days for which a scenario operator counts other trips or grams than the platform.
    """

    model_config = example(
        id="2026-01-31",
        at="2026-01-30T19:00:42.512Z",
        began_at="2026-01-30T19:00:01.145Z",
        records=24_310,
        accounts=1208,
        sums=_SUMS,
        differences=0,
        set_aside=0,
        sums_judged=True,
        totals_differing=0,
    )

    id: str
    at: Time
    began_at: Time
    records: int
    accounts: int
    sums: SchemeSums
    differences: int
    set_aside: int
    sums_judged: bool
    totals_differing: int = 0


class DifferenceAnswer(Answer):
    """``account`` holds ``found`` of ``what``; the Records say ``expected``. ``records``: the newest that moved it."""

    account: str
    what: str
    expected: int
    found: int
    records: list[str]


class DifferencesAnswer(Answer):
    """The differences of a day; at most 100 are named, ``differences`` counts all."""

    model_config = example(
        id="2026-01-31",
        differences=1,
        items=[
            {
                "account": "account:k3v5zq6x7n4m2p8r9s0t1u2w3y",
                "what": "points",
                "expected": 700,
                "found": 701,
                "records": ["q7w2e9r4t6y1u3i5o8p0a2s4d6"],
            }
        ],
    )

    id: str
    differences: int
    items: list[DifferenceAnswer]


class ReconciliationParams(Paged):
    """Pages of reconciliations."""


def to_answer(kept: Reconciliation) -> ReconciliationAnswer:
    """What the public sees."""
    return ReconciliationAnswer.model_validate(vars(kept))


def to_differences(kept: Reconciliation) -> DifferencesAnswer:
    """What officials see of the differences."""
    items = [DifferenceAnswer(**vars(each) | {"records": list(each.records)}) for each in kept.found]
    return DifferencesAnswer(id=kept.id, differences=kept.differences, items=items)


def found(difference: Difference, records: tuple[str, ...]) -> Found:
    """A difference with the Records behind it."""
    return Found(
        account=difference.account,
        what=difference.what,
        expected=difference.expected,
        found=difference.found,
        records=records,
    )
