"""Merchants, their states and the terms of an event. Pure."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from chalicelib.kernel.caller import EXCHANGE
from chalicelib.kernel.fields import Answer, Body, Day, Id, Paged, ShortText, Time, example
from chalicelib.ledger.account import Account, Merchant
from chalicelib.transitions import Step

Mode = Literal["third_party_mall", "sub_platform", "event", "other"]
MerchantStatus = Literal["active", "suspended", "ended", "leaving", "left"]
GONE = ("ended", "leaving", "left")  # states in which nothing comes back on the shelf
MALL, SUB_PLATFORM, EVENT, OTHER = "third_party_mall", "sub_platform", "event", "other"

Subject = Literal["agreement", "licence"]  # what a merchant needs to sell, and what may end
SUBJECTS: tuple[Subject, ...] = get_args(Subject)
DUTY = "duty"  # in whose name a merchant is suspended that does not keep one for too long
Suspender = Literal["exchange", "operator", "agreement", "licence", "duty"]

SUB_PLATFORM_OPERATOR = "operator"  # of the sub-platform above a merchant; it comes in the role of an institution

STEPS = (  # of each party's own suspension: a merchant is suspended while one of them holds
    Step("active", "suspend", "suspended", (EXCHANGE, SUB_PLATFORM_OPERATOR, *SUBJECTS, DUTY)),
    Step("suspended", "reinstate", "active", (EXCHANGE, SUB_PLATFORM_OPERATOR, *SUBJECTS, DUTY)),
)
_OWN = (EXCHANGE, *SUBJECTS, DUTY)
KINDS = dict.fromkeys(_OWN, "merchant") | {SUB_PLATFORM_OPERATOR: "member"}  # of Records, by party
VETOED = "member_vetoed"
LEAVING, RENEWED, EVENT_ADMITTED = "merchant_leaving", "merchant_renewed", "event_admitted"
DELISTED = "merchant_delisted"
_TURNED = {f"{kind}_{step.target}" for kind in KINDS.values() for step in STEPS}
TURNS = {VETOED, LEAVING, RENEWED, EVENT_ADMITTED, DELISTED, *_TURNED}  # what offers follow


class Admission(Body):
    """A merchant that was approved outside the platform."""

    model_config = example(account="k3v5zq6x7n4m2p8r9s0t1u2w3y", mode="other", reason="Approved by letter 2026-17")

    account: Id
    mode: Mode
    reason: ShortText
    agreement_ends_on: Annotated[Day | None, Field(description="The last day of the agreement, in Shanghai")] = None
    licence_ends_on: Annotated[Day | None, Field(description="The last day of the licence, in Shanghai")] = None


class Cause(Body):
    """Why a merchant is suspended or reinstated: it stands in the history."""

    model_config = example(reason="Vouchers were not honoured")

    reason: ShortText | None = None


class MerchantParams(Paged):
    """Pages of merchants; ``sub_platform`` leaves those beneath it."""

    sub_platform: Id | None = None


class MerchantAnswer(Answer):
    """A merchant (碳普惠权益方); its id is its institution's account id.

    It has ended with the last of its events where its mode is ``event``, or with the exchange's veto of its admission
    to a sub-platform. One that is leaving sells nothing and serves its orders; one that has left is none any more.
    """

    model_config = example(
        id="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        name="上海示例商贸有限公司",
        mode="other",
        status="active",
        sub_platform=None,
        since="2026-01-31T08:00:00.000Z",
    )

    id: str
    name: str
    mode: Mode
    status: MerchantStatus
    sub_platform: str | None
    since: Time


def suspenders(merchant: Merchant) -> frozenset[str]:
    """The parties that suspend a merchant; those that name nobody are the exchange's."""
    earlier = (EXCHANGE,) if merchant.status == "suspended" else ()
    return frozenset(merchant.suspended_by or earlier)


def own_state(merchant: Merchant, party: str) -> str:
    """The state that ``party`` may lead on from: another's suspension is none of its own."""
    if merchant.status in GONE:
        return merchant.status
    return "suspended" if party in suspenders(merchant) else "active"


def to_answer(account: Account, at: str) -> MerchantAnswer:
    """The merchant of an account as anyone may see it at the time ``at``. Raises NotFound where it is none."""
    merchant = account.as_merchant
    ended = merchant.over(at) and merchant.status not in GONE
    over = {"status": "ended"} if ended else {}
    return MerchantAnswer.model_validate(vars(merchant) | over | {"id": account.id, "name": account.name})
