"""Merchants, their states and the terms of an event. Pure."""

from typing import Literal

from chalicelib.kernel.caller import EXCHANGE
from chalicelib.kernel.fields import Answer, Body, Id, Paged, ShortText, Time, example
from chalicelib.ledger.account import Account
from chalicelib.transitions import Step

Mode = Literal["third_party_mall", "sub_platform", "event", "other"]
MALL, SUB_PLATFORM, EVENT, OTHER = "third_party_mall", "sub_platform", "event", "other"

STEPS = (
    Step("active", "suspend", "suspended", (EXCHANGE,)),
    Step("suspended", "reinstate", "active", (EXCHANGE,)),
)
TURNS = {f"merchant_{step.target}" for step in STEPS}  # kinds of the Records after which offers follow


class Admission(Body):
    """A merchant that was approved outside the platform."""

    model_config = example(account="k3v5zq6x7n4m2p8r9s0t1u2w3y", mode="other", reason="Approved by letter 2026-17")

    account: Id
    mode: Mode
    reason: ShortText


class Cause(Body):
    """Why a merchant is suspended or reinstated: it stands in the history."""

    model_config = example(reason="Vouchers were not honoured")

    reason: ShortText | None = None


class MerchantParams(Paged):
    """Pages of merchants; ``sub_platform`` leaves those beneath it."""

    sub_platform: Id | None = None


class MerchantAnswer(Answer):
    """A merchant (碳普惠权益方); its id is its institution's account id. An event's has ended with its period."""

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
    status: Literal["active", "suspended", "ended"]
    sub_platform: str | None
    since: Time


def to_answer(account: Account, at: str) -> MerchantAnswer:
    """The merchant of an account as anyone may see it at the time ``at``. Raises NotFound where it is none."""
    merchant = account.as_merchant
    over = {"status": "ended"} if merchant.event and merchant.event.ends_at <= at else {}
    return MerchantAnswer.model_validate(vars(merchant) | over | {"id": account.id, "name": account.name})
