"""What is asked and answered about disputes. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.disputes.evidence.model import EvidenceAnswer
from chalicelib.disputes.items import (
    ANSWER_DAYS,
    EACH_MAX,
    OPEN_DAYS,
    REASONS,
    RULING_DAYS,
    Dispute,
    Effect,
    Kind,
    Reason,
    Status,
)
from chalicelib.holds.model import HoldAnswer
from chalicelib.kernel.fields import Amount, Answer, Body, Id, LongText, Paged, Sha256, Time, example
from chalicelib.mall.orders import Redemption
from chalicelib.reductions.model import ReductionAnswer

_ID = "k3v5zq6x7n4m2p8r9s0t1u2w3y"
_TIME = "2026-01-31T08:00:00.000Z"
_REGISTER = "; ".join(
    f"`{code}` {words.en} {words.zh} ({', '.join(kinds)})" for code, (kinds, words) in REASONS.items()
)


class NewDispute(Body):
    """What is not right, and why."""

    model_config = example(kind="redemption", object=_ID, reason="not_delivered", text="门店称无货，未能领取。")

    kind: Kind
    object: Annotated[
        Id,
        Field(
            description=f"The id of an order, a hold or a reduction of the caller's own, at most {OPEN_DAYS} days old."
            f" It has one open dispute at a time, and at most {EACH_MAX} in all"
        ),
    ]
    reason: Annotated[Reason, Field(description=_REGISTER)]
    text: Annotated[LongText, Field(description="The other party reads it")]


class DisputeReply(Body):
    """What the other party says."""

    model_config = example(text="已于 1 月 30 日在人民广场店领取，附签收单。")

    text: Annotated[LongText, Field(description="The person reads it")]


class Ruling(Body):
    """What an official rules, with its grounds. `uphold` carries out at once what is due, `dismiss` changes nothing.

    An order that is upheld is refunded whole. A hold is released, or what was captured is refunded: all that is left,
    or `points` of it. For a reduction `step` says what becomes of it.
    """

    model_config = example(outcome="uphold", text="权益方未能提供交付凭据，予以退还。")

    outcome: Literal["uphold", "dismiss"]
    text: Annotated[LongText, Field(description="The grounds; both parties read them")]
    points: Annotated[Amount | None, Field(description="Of a captured hold, where not all is refunded")] = None
    step: Annotated[
        Literal["confirm", "reject", "reverse", "none"] | None,
        Field(
            description="For a reduction that is upheld. `none`: nothing can be done to it as it stands; the text says"
            " what follows, a new report for one"
        ),
    ] = None
    evidence_sha256: Annotated[Sha256 | None, Field(description="With `reverse`: of what the reversal rests on")] = None


class DisputeParams(Paged):
    """Filters of disputes. ``merchant`` is for officials."""

    status: Status | None = None
    kind: Kind | None = None
    merchant: Id | None = None


_SHOWN: dict[str, Any] = {
    "id": _ID,
    "status": "awaiting_answer",
    "kind": "redemption",
    "object": _ID,
    "merchant": _ID,
    "reason": "not_delivered",
    "label": REASONS["not_delivered"][1].en,
    "label_zh": REASONS["not_delivered"][1].zh,
    "text": "门店称无货，未能领取。",
    "opened_at": _TIME,
    "since": _TIME,
    "answer_by": "2026-02-07T08:00:00.000Z",
    "rule_by": "2026-02-22T08:00:00.000Z",
    "age_seconds": 0,
    "answer": None,
    "answered_at": None,
    "ruling": None,
    "ended_at": None,
    "effect": None,
    "refunded_points": 0,
}


class DisputeAnswer(Answer):
    """A dispute. It names no person: the object does, for who may read that.

    ``merchant`` is null for a reduction, whose operator answers. ``label`` says the reason in words. ``age_seconds``:
    since it was opened, until it ended. ``ruling`` holds the grounds, ``effect`` what the ruling did, and
    ``refunded_points`` what it gave back. `resolved`: the object was refunded or released before a ruling.
    """

    model_config = example(**_SHOWN)

    id: str
    status: Status
    kind: Kind
    object: str
    merchant: str | None
    reason: Reason
    label: str
    label_zh: str
    text: str
    opened_at: Time
    since: Time
    answer_by: Annotated[
        Time, Field(description=f"{ANSWER_DAYS} days after it was opened. It is ruled after the answer, or after this")
    ]
    rule_by: Annotated[Time, Field(description=f"{RULING_DAYS} days after answer_by")]
    age_seconds: int
    answer: str | None
    answered_at: Time | None
    ruling: str | None
    ended_at: Time | None
    effect: Effect | None
    refunded_points: int


class DisputeView(DisputeAnswer):
    """The same, with its files."""

    model_config = example(**_SHOWN, evidence=[])

    evidence: list[EvidenceAnswer]


class RuledDispute(DisputeAnswer):
    """The same after its ruling, with the object as the ruling left it; all three are null where it changed nothing."""

    model_config = example(**_SHOWN, redemption=None, hold=None, reduction=None)

    redemption: Redemption | None = None
    hold: HoldAnswer | None = None
    reduction: ReductionAnswer | None = None


def to_answer(dispute: Dispute, now: datetime) -> DisputeAnswer:
    """The dispute as everyone sees it who may."""
    return DisputeAnswer.model_validate(_fields(dispute, now))


def to_view(dispute: Dispute, files: Iterable[EvidenceAnswer], now: datetime) -> DisputeView:
    """The same, with its files as the caller sees them."""
    return DisputeView.model_validate(_fields(dispute, now) | {"evidence": list(files)})


def to_ruling(dispute: Dispute, after: Answer | None, now: datetime) -> RuledDispute:
    """The same, with what the ruling made of its object."""
    return RuledDispute.model_validate(_fields(dispute, now) | ({dispute.kind: after} if after else {}))


def _fields(dispute: Dispute, now: datetime) -> dict[str, Any]:
    words = REASONS[dispute.reason][1]
    end = datetime.fromisoformat(dispute.ended_at) if dispute.ended_at else now
    age = int((end - datetime.fromisoformat(dispute.opened_at)).total_seconds())
    fields = {name: value for name, value in vars(dispute).items() if name in DisputeAnswer.model_fields}
    return fields | {"label": words.en, "label_zh": words.zh, "age_seconds": max(0, age)}
