"""Totals of an operator's day, as they are uploaded and answered. Pure."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.kernel.fields import Answer, Body, Day, Paged, PageNumber, Params, ScenarioRef, ShortText, Time, example
from chalicelib.totals.items import Compared, Ours, Status, Uploaded

TripDay = Annotated[Day, Field(description="The day when the trips began, in Shanghai", examples=["2026-01-31"])]
Count = Annotated[int, Field(ge=0, le=10**9)]
Grams = Annotated[int, Field(ge=0, le=10**15)]

_OURS = {
    "trips": 1204,
    "grams": 842_800,
    "reported": {"trips": 0, "grams": 0},
    "confirmed": {"trips": 1203, "grams": 841_913},
    "rejected": {"trips": 0, "grams": 0},
    "reversed": {"trips": 1, "grams": 887},
}
_THEIRS = {"version": 1, "trips": 1205, "grams": 843_687, "at": "2026-02-01T01:00:00.000Z", "reason": None}
_COMPARED = {
    "id": "metro.2026-01-31.k3v5zq6x7n4m",
    "scenario": "metro",
    "operator": "metro-operator",
    "day": "2026-01-31",
    "status": "differs",
    "since": "2026-02-01T01:00:00.000Z",
    "ours": _OURS,
    "theirs": _THEIRS,
    "difference": {"trips": 1, "grams": 887},
}


class NewTotals(Body):
    """How many trips an operator has reported of a day under a scenario of its own, and the grams of all of them.

    What counts is what was reported and taken: also what was rejected or reversed later. ``grams`` are those that each
    report was answered. Uploading a day again is a correction: a new version, which needs a ``reason``.
    """

    model_config = example(scenario="metro", day="2026-01-31", trips=1205, grams=843_687, reason=None)

    scenario: ScenarioRef
    day: TripDay
    trips: Count
    grams: Grams
    reason: Annotated[ShortText | None, Field(description="Why the version before is corrected")] = None


class TotalsParams(Paged):
    """``from`` and ``until``: days, both included. Without them, the last 31 that are over; at most 366.

    ``differing``: only what does not agree.
    """

    scenario: ScenarioRef | None = None
    from_: Annotated[TripDay | None, Field(alias="from")] = None
    until: TripDay | None = None
    differing: Annotated[Literal["true"] | None, Field(description="Only days that differ")] = None


class OneDayParams(Params):
    """Which versions of a day are asked for."""

    before: Annotated[
        PageNumber | None, Field(description="Only versions before this one: the answer has the latest 100")
    ] = None


class Sum(Answer):
    """A number of trips, and their grams."""

    __qualname__ = "TripSum"  # the name that clients know

    trips: int
    grams: int


class OurTotals(Sum):
    """What the platform counts: all trips that it took, and the state in which they are now."""

    reported: Sum
    confirmed: Sum
    rejected: Sum
    reversed: Sum


class TheirTotals(Sum):
    """A version of what the operator counts."""

    version: int
    at: Time
    reason: str | None


class TotalsAnswer(Answer):
    """Both sides of a day. ``status``: they are `agreed`, the operator uploaded none (`missing`), or it `differs`,
    ``since`` when. ``difference`` is theirs less ours.
    """

    __qualname__ = "OperatorTotals"
    model_config = example(**_COMPARED)

    id: str
    scenario: str
    operator: str
    day: str
    status: Status
    since: Time | None
    ours: OurTotals
    theirs: TheirTotals | None
    difference: Sum | None


class FullTotalsAnswer(TotalsAnswer):
    """The same with the versions that were uploaded, newest first, at most 100; ``before`` asks for earlier ones."""

    __qualname__ = "FullOperatorTotals"
    model_config = example(**_COMPARED, versions=[_THEIRS])

    versions: list[TheirTotals]


def theirs(uploaded: Uploaded) -> TheirTotals:
    return TheirTotals(**{name: getattr(uploaded, name) for name in TheirTotals.model_fields})


def to_answer(compared: Compared) -> TotalsAnswer:
    ours, stored, status = compared.ours, compared.theirs, compared.status
    return TotalsAnswer(
        id=compared.id,
        scenario=compared.scenario,
        operator=compared.operator,
        day=compared.day,
        status=status,
        since=stored.since if stored and status == "differs" else None,
        ours=_ours(ours),
        theirs=theirs(stored) if stored else None,
        difference=Sum(trips=stored.trips - ours.trips, grams=stored.grams - ours.grams) if stored else None,
    )


def _ours(ours: Ours) -> OurTotals:
    """By state as it is now. Two consumers count, seconds apart: a trip may be confirmed here before it is reported."""
    waiting = {
        name: max(0, getattr(ours, name) - getattr(ours, f"confirmed_{name}") - getattr(ours, f"rejected_{name}"))
        for name in Sum.model_fields
    }
    standing = {
        name: getattr(ours, f"confirmed_{name}") - getattr(ours, f"reversed_{name}") for name in Sum.model_fields
    }
    return OurTotals(
        trips=ours.trips,
        grams=ours.grams,
        reported=Sum(**waiting),
        confirmed=Sum(**standing),
        rejected=Sum(trips=ours.rejected_trips, grams=ours.rejected_grams),
        reversed=Sum(trips=ours.reversed_trips, grams=ours.reversed_grams),
    )
