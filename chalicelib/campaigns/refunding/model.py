"""What is kept about the refunds of an abandoned campaign, and how they move. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.kernel.fields import Answer, Time, stamp
from chalicelib.ledger.model import POINTS, Posting, Transfer
from chalicelib.table.lists import CAMPAIGNS_ABANDONED, Listing

_SOON, _LATE = timedelta(minutes=15), timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Refunding:
    """Donations up to the Record id ``behind`` were looked at in this pass; ``passes`` have ended before."""

    campaign: str
    reason: str
    behind: str = ""
    passes: int = 0

    def next_at(self, now: datetime) -> Listing:
        """When the next pass begins. A donor whose account is closed may open one again any day."""
        return place(self.campaign, stamp(now + min(_SOON * 2 ** min(self.passes, 10), _LATE)))


def place(campaign: str, at: str) -> Listing:
    return Listing(CAMPAIGNS_ABANDONED, f"{at}:{campaign}")


class DonationRefundAnswer(Answer):
    """What the Record of a refund keeps: the campaign (``id``), what was given, and who has it back."""

    id: str
    donation: str
    points: int
    at: Time
    account: str


def refund(collected_in: str, person: str, points: int) -> Transfer:
    """Points from an account of the campaign back to a person."""
    return Transfer("donation_refund", (Posting(collected_in, person, points, POINTS),))
