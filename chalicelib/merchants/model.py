"""Merchants, their states and the terms of an event. Pure."""

from dataclasses import dataclass
from typing import Literal

from chalicelib.kernel.caller import EXCHANGE
from chalicelib.kernel.fields import Answer, Body, Id, Paged, ShortText, Time, example
from chalicelib.transitions import Step

Mode = Literal["third_party_mall", "sub_platform", "event", "other"]
MALL, SUB_PLATFORM, EVENT, OTHER = "third_party_mall", "sub_platform", "event", "other"

STEPS = (
    Step("active", "suspend", "suspended", (EXCHANGE,)),
    Step("suspended", "reinstate", "active", (EXCHANGE,)),
)
TURNS = {f"merchant_{step.target}" for step in STEPS}  # kinds of the Records after which offers follow


@dataclass(frozen=True, kw_only=True)
class EventTerms:
    """The terms of an event (guide §7.1 c), within which its offers must stay."""

    starts_at: str
    ends_at: str
    per_account_limit: int


@dataclass(frozen=True, kw_only=True)
class Merchant:
    """What an account keeps of its merchant. ``turn`` names the latest change of its state.

    ``application``: by which it was admitted, None where that was outside the platform. ``event``: of that mode only.
    """

    mode: Mode
    status: Literal["active", "suspended"]
    since: str
    turn: str
    sub_platform: str | None = None
    application: str | None = None
    event: EventTerms | None = None


@dataclass(frozen=True, kw_only=True)
class Holder:
    """An account as far as this room reads it: the holder is a merchant where ``merchant`` is there."""

    id: str
    kind: str
    name: str
    status: str
    merchant: Merchant | None = None

    @property
    def sells(self) -> bool:
        """Whether its offers may stand on the shelf: its account is not frozen, and it is not suspended."""
        return self.status == "active" and self.merchant is not None and self.merchant.status == "active"


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


def to_answer(holder: Holder, merchant: Merchant, at: str) -> MerchantAnswer:
    """``merchant`` of the account of ``holder`` as anyone may see it at the time ``at``."""
    over = merchant.event is not None and merchant.event.ends_at <= at
    return MerchantAnswer(
        id=holder.id,
        name=holder.name,
        mode=merchant.mode,
        status="ended" if over else merchant.status,
        sub_platform=merchant.sub_platform,
        since=merchant.since,
    )
