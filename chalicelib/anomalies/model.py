"""Anomalies as the bureau reads and closes them. Pure."""

from typing import Annotated

from pydantic import Field

from chalicelib.anomalies.items import Anomaly, Kind, Outcome, Status
from chalicelib.errors import Text
from chalicelib.kernel.fields import Answer, Body, Moment, Paged, ScenarioRef, ShortText, Time, example
from chalicelib.reductions.model import Status as ReductionStatus

_IDS = ["q7w2e9r4t6y1u3i5o8p0a2s4d6", "z3x5c7v2b4n6m1a3s5d7f2g4h6"]
_TIME = "2026-01-31T08:00:00.000Z"

SUGGESTED: dict[Kind, Text] = {
    "overlap": Text(
        "One person has trips that overlap, under scenarios that exclude each other. Ask the operators for proof; "
        "reject or reverse what was not made (POST /v1/reductions/{id}/reject or /reverse), then close the anomaly.",
        "同一人在互斥场景下的行程时间重叠。请向减排场景运营方核实；对未发生的行程不予确认或冲正"
        "（POST /v1/reductions/{id}/reject 或 /reverse），再关闭该异常。",
    ),
    "day_sum": Text(
        "One person's trips of a day save more than is plausible, together. Ask the operators for proof; reject or "
        "reverse what was not made (POST /v1/reductions/{id}/reject or /reverse), then close the anomaly.",
        "同一人当日的减排量合计超出合理上限。请向减排场景运营方核实；对未发生的行程不予确认或冲正"
        "（POST /v1/reductions/{id}/reject 或 /reverse），再关闭该异常。",
    ),
}


class Closing(Body):
    """How an anomaly ends, and why.

    ``dismissed``: the trips are plausible. ``reversed``: at least one of them was reversed. ``referred``: handed to
    somebody else. ``edits``: the anomaly's, as the bureau has read it. If it has grown since then, this is refused.
    """

    model_config = example(outcome="dismissed", reason="两名乘客共用一张交通卡，已核实", edits=0)

    outcome: Outcome
    reason: ShortText
    edits: Annotated[int, Field(ge=0, le=10**9)] | None = None


class AnomalyParams(Paged):
    """Filters of anomalies; ``from`` (included) and ``until`` (not) bound the time when one was found."""

    kind: Kind | None = None
    status: Status | None = None
    scenario: ScenarioRef | None = None
    from_: Annotated[Moment | None, Field(alias="from")] = None
    until: Moment | None = None


class SuggestedAction(Answer):
    """What to do, in both languages."""

    detail: str
    detail_zh: str


class AnomalyAnswer(Answer):
    """Reductions of one person and day that do not fit together; ``day`` is that of Shanghai.

    ``found_at``: when the last of them was reported. ``edits``: how often others were added. One that grows after it
    was closed is open again, with the outcome of the last closing.
    """

    model_config = example(
        id="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        kind="overlap",
        status="open",
        day="2026-01-31",
        found_at=_TIME,
        scenarios=["metro", "shared-bicycle"],
        reductions=_IDS,
        edits=0,
        suggested_action={"detail": SUGGESTED["overlap"].en, "detail_zh": SUGGESTED["overlap"].zh},
        outcome=None,
        reason=None,
        closed_at=None,
    )

    id: str
    kind: Kind
    status: Status
    day: str
    found_at: Time
    scenarios: list[str]
    reductions: list[str]
    edits: int
    suggested_action: SuggestedAction
    outcome: Outcome | None = None
    reason: str | None = None
    closed_at: Time | None = None


class AnomalousTrip(Answer):
    """A reduction of an anomaly as it stands. ``ends_at``: when the trip can have ended at the earliest."""

    id: str
    status: ReductionStatus
    account: str
    scenario: str
    scenario_version: int
    quantity: str
    grams: int
    occurred_at: Time
    ends_at: Time
    reported_at: Time


class FullAnomalyAnswer(AnomalyAnswer):
    """An anomaly with its trips as they stand, by the time when they began: one that was reversed says so."""

    model_config = example(
        **AnomalyAnswer.model_config["json_schema_extra"]["examples"][0],  # type: ignore[index, arg-type]
        trips=[
            {
                "id": _IDS[0],
                "status": "reversed",
                "account": "k3v5zq6x7n4m2p8r9s0t1u2w3y",
                "scenario": "metro",
                "scenario_version": 1,
                "quantity": "12.5",
                "grams": 887,
                "occurred_at": _TIME,
                "ends_at": "2026-01-31T08:09:22.500Z",
                "reported_at": _TIME,
            }
        ],
    )

    trips: list[AnomalousTrip]


def to_answer(anomaly: Anomaly) -> AnomalyAnswer:
    text = SUGGESTED[anomaly.kind]
    kept = {name: value for name, value in vars(anomaly).items() if name in AnomalyAnswer.model_fields}
    lists = {"scenarios": sorted(anomaly.scenarios), "reductions": sorted(anomaly.reductions)}
    return AnomalyAnswer(**kept | lists, suggested_action=SuggestedAction(detail=text.en, detail_zh=text.zh))
