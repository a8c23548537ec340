"""What is asked and answered about the members of a sub-platform. Pure."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.kernel.fields import Answer, Body, Id, Paged, Params, ShortText, Time, example
from chalicelib.ledger.account import Account
from chalicelib.mall.orders import OrderParams
from chalicelib.merchants.members import Admitted, Membership
from chalicelib.merchants.model import Mode, Suspender, suspenders, to_answer
from chalicelib.onboarding.forms.answers import HistoryLineAnswer
from chalicelib.statistics.model import Month

_ID = "k3v5zq6x7n4m2p8r9s0t1u2w3y"
_TIME = "2026-01-31T08:00:00.000Z"


class NewMember(Body):
    """An institution that the operator admits; the exchange may veto it for some days."""

    model_config = example(account=_ID, reason="A shop of our district")

    account: Id
    reason: ShortText | None = None


class Grounds(Body):
    """Why: it stands in the member's history, which the member reads."""

    model_config = example(reason="Vouchers were not honoured")

    reason: ShortText


class MemberParams(Paged):
    """Pages of members."""


class MemberOrderParams(OrderParams):
    """Filters of members' orders; ``from`` is included, ``until`` is not: they compare the time of the sale."""

    merchant: Id | None = None


class MonthParams(Params):
    """The month of a report."""

    month: Month


class MemberAnswer(Answer):
    """A merchant beneath a sub-platform. ``suspended_by``: each lifts only its own suspension; the end of its
    agreement or licence is lifted by a renewal.

    ``veto_until``: the exchange may veto the admission before then; null where it had reviewed the application itself.
    ``until``: when it ceased to be a member, by veto or with the period of its event.
    """

    model_config = example(
        id=_ID,
        name="上海示例商贸有限公司",
        mode="other",
        status="active",
        suspended_by=[],
        admitted_by="operator",
        reason="A shop of our district",
        since=_TIME,
        veto_until="2026-02-05T08:00:00.000Z",
        until=None,
    )

    id: str
    name: str
    mode: Mode
    status: Literal["active", "suspended", "ended", "vetoed"]
    suspended_by: list[Suspender]
    admitted_by: Admitted
    reason: str | None
    since: Time
    veto_until: Time | None
    until: Time | None


class MemberView(MemberAnswer):
    """A member with its history, the newest 200 lines."""

    model_config = example(
        **(MemberAnswer.model_config["json_schema_extra"]["examples"][0]),  # type: ignore[index,arg-type]
        history=[
            {
                "at": _TIME,
                "by_role": "institution",
                "action": "admit",
                "outcome": None,
                "status": "active",
                "comment": "A shop of our district",
            }
        ],
    )

    history: list[HistoryLineAnswer]


def to_member(membership: Membership, account: Account, at: str) -> MemberAnswer:
    """A member as it stands at ``at``; one that is none any more with the state that it left in."""
    merchant, present = account.as_merchant, membership.status == "active"
    return MemberAnswer(
        id=account.id,
        name=account.name,
        mode=to_answer(account, at).mode,
        status=to_answer(account, at).status if present else membership.status,  # type: ignore[arg-type]  # none leaves
        suspended_by=sorted(suspenders(merchant)) if present else [],  # type: ignore[arg-type]  # its parties
        admitted_by=membership.admitted_by,
        reason=membership.reason,
        since=membership.since,
        veto_until=membership.veto_until,
        until=membership.until,
    )


class MemberSums(Answer):
    """What a member sold, gave back and was bought back in the month."""

    merchant: str
    name: str
    orders: int
    redeemed_points: int
    refunded_points: int
    lots: int
    bought_back_points: int


class PlatformReport(Answer):
    """A closed month of a sub-platform (Asia/Shanghai, by the time of the Records): sums by member, and of all.

    ``redeemed_points`` are before refunds; ``lots`` are buy-backs. A merchant that was a member for a part of the month
    stands with the whole month.
    """

    model_config = example(
        sub_platform=_ID,
        month="2026-01",
        closed_at="2026-02-01T16:00:00.000Z",
        orders=40,
        redeemed_points=120_000,
        refunded_points=3000,
        lots=0,
        bought_back_points=0,
        members=[
            {
                "merchant": _ID,
                "name": "上海示例商贸有限公司",
                "orders": 40,
                "redeemed_points": 120_000,
                "refunded_points": 3000,
                "lots": 0,
                "bought_back_points": 0,
            }
        ],
    )

    sub_platform: str
    month: Month
    closed_at: Time
    orders: int
    redeemed_points: int
    refunded_points: int
    lots: int
    bought_back_points: int
    members: Annotated[list[MemberSums], Field(description="By id")]
