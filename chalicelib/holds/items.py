"""Holds as they are kept, and what is read of the parties. Pure."""

from dataclasses import dataclass
from typing import Literal

from chalicelib.kernel.caller import EXCHANGE, INDIVIDUAL, INSTITUTION
from chalicelib.table import keys, lists
from chalicelib.table.keys import Key
from chalicelib.table.lists import Listing
from chalicelib.transitions import Step

Status = Literal["held", "captured", "released", "expired"]
LANES = 8  # lists of what is due, so that a rush of holds does not meet in one partition of the index
SYSTEM_ROLE = "system"

STEPS = (
    Step("held", "capture", "captured", (INSTITUTION,)),
    Step("held", "release", "released", (INSTITUTION, INDIVIDUAL, EXCHANGE)),  # the exchange by a ruling only
    Step("held", "expire", "expired", (SYSTEM_ROLE,)),
    Step("captured", "refund", "captured", (INSTITUTION, EXCHANGE)),
)


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Points reserved for a merchant's order. Its item is also the Account that keeps them (``points``).

    ``amount`` was held at ``placed_at``; ``ended_at`` is when it was captured, released or expired. ``account`` is the
    person's, and no merchant ever learns it.
    """

    id: str
    status: Status
    account: str
    merchant: str
    grant: str
    order_reference: str
    title: str
    amount: int
    placed_at: str
    expires_at: str
    captured_points: int = 0
    refunded_points: int = 0
    ended_at: str | None = None

    @property
    def key(self) -> Key:
        return keys.account(self.name)

    @property
    def name(self) -> str:
        """The ledger's name of the Account."""
        return keys.hold(self.id)


@dataclass(frozen=True)
class Selling:
    """What an account keeps of its merchant, as far as holds need it."""

    mode: str
    status: str
    sub_platform: str | None = None
    left_at: str | None = None


@dataclass(frozen=True)
class Seller:
    """A merchant's account, as far as holds need it."""

    status: str
    kind: str
    merchant: Selling | None = None


@dataclass(frozen=True)
class Payer:
    """A person's account, as far as holds need it."""

    status: str


@dataclass(frozen=True)
class MerchantHold:
    """A merchant's pointer to a hold, which the stream makes; ``id`` is the Record that placed it.

    It is on the list of what is due until the schedule has seen to it, though the hold may have ended long before: so
    no hold, capture or release writes to the index.
    """

    id: str
    hold: str


def due(hold: str, expires_at: str) -> Listing:
    """The place of the pointer among those whose time will be over."""
    return Listing(lists.holds_due(sum(hold.encode()) % LANES), f"{expires_at}:{hold}")
