"""A campaign as it is kept, in any state."""

from dataclasses import replace
from typing import Any

from chalicelib.campaigns.items import Campaign, CampaignAccount
from chalicelib.campaigns.model import STRIPES
from chalicelib.table import keys
from tests.unit.parties import SHOP

ID, END = "x" * 26, "2026-12-31T16:00:00.000Z"
AFTER_THE_END = "2027-01-01T00:00:00.000Z"
CAMPAIGN = Campaign(
    id=ID,
    institution=SHOP.removeprefix(keys.holder("")),
    beneficiary="示例商贸",
    status="proposed",
    title="马拉松",
    purpose="event",
    description="赛事",
    target_grams=1000,
    ends_at=END,
    proposed_at="2026-01-01T00:00:00.000Z",
    counted=True,
)
ACCOUNTS = [keys.campaign_account(ID, stripe) for stripe in range(STRIPES)]


def campaign(status: str = "proposed", **changes: Any) -> Campaign:
    return replace(CAMPAIGN, status=status, **changes)


def account(status: str = "approved", **changes: Any) -> CampaignAccount:
    """One campaign account."""
    return CampaignAccount(status=status, ends_at=END, **changes)


def collected(*points: int, donors: int = 1) -> dict[str, CampaignAccount]:
    """The accounts of an ended campaign, by name; the first ones hold ``points``."""
    amounts = [*points, *[0] * (STRIPES - len(points))]
    stripes = [account("ended", points=amount, gathered=amount, donors=donors if amount else 0) for amount in amounts]
    return dict(zip(ACCOUNTS, stripes, strict=True))
