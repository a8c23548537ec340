"""What lives in a sandbox: a consent and holds like any other, except that no account is behind them. Pure."""

from dataclasses import dataclass

from chalicelib.conformance.items import Run
from chalicelib.grants.items import Grant
from chalicelib.holds.items import Hold, Seller, Selling
from chalicelib.kernel.caller import INSTITUTION
from chalicelib.merchants.model import MALL
from chalicelib.partners.items import Partner

HOLD_SECONDS = 15  # a hold of the sandbox expires then, whatever it asked for: a run does not wait for hours
NOBODY = "test"  # whose points they would be
SELLER = Seller("active", INSTITUTION, Selling(MALL, "active"))  # a suspended merchant may test too


@dataclass(frozen=True)
class SandboxGrant:
    """The consent of a run. ``expires_at``: when DynamoDB forgets it, in seconds since 1970."""

    grant: Grant
    expires_at: int


@dataclass(frozen=True)
class SandboxHold:
    """A hold of points that do not exist. ``expires_at`` as above; the hold's own end is ``hold.expires_at``."""

    hold: Hold
    expires_at: int


@dataclass(frozen=True)
class Lost:
    """The first request for a hold, whose answer is lost on purpose: which one must be sent again."""

    record: str
    order_reference: str
    body: str
    expires_at: int


@dataclass(frozen=True)
class Sandbox:
    """A run as its merchant's system finds it."""

    run: Run
    grant: Grant | None
    system: Partner | None
