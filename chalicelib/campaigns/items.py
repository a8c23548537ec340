"""Campaigns and the accounts that collect for them, as they are kept. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.campaigns.model import CampaignAnswer
from chalicelib.certificates.items import CertificateReference
from chalicelib.table.row import dump


@dataclass(frozen=True, kw_only=True)
class CampaignSums:
    """What was given to a campaign, by how many people, and how much of it was given back."""

    points: int = 0
    donors: int = 0
    refunded: int = 0


NOTHING = CampaignSums()


@dataclass(frozen=True, kw_only=True)
class CampaignAccount:
    """One stripe of what a campaign collects: ``points`` until the closing takes them, or they go back to the donors
    of one that was abandoned; ``gathered`` for ever.
    """

    status: str
    ends_at: str
    points: int = 0
    gathered: int = 0
    donors: int = 0


@dataclass(frozen=True, kw_only=True)
class CampaignPointer:
    """That an institution proposed a campaign."""

    campaign: str
    at: str


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """A campaign. ``counted``: its institution's account counts it while it is live; older ones it does not.

    ``edits``: how often it was changed since it was proposed.
    """

    id: str
    institution: str
    beneficiary: str
    status: str
    title: str
    purpose: str
    description: str
    target_grams: int
    ends_at: str
    proposed_at: str
    close_at_target: bool = False
    counted: bool = False
    edits: int = 0
    reason: str | None = None
    certificate: CertificateReference | None = None

    def to_answer(self, sums: CampaignSums = NOTHING) -> CampaignAnswer:
        given = {"gathered_points": sums.points, "donors": sums.donors, "refunded_points": sums.refunded}
        facts = dump(self) | given
        return CampaignAnswer.model_validate({"reason": None, "certificate": None} | facts)


def total(accounts: Iterable[CampaignAccount]) -> CampaignSums:
    """The accounts of a campaign together."""
    stripes = list(accounts)
    return CampaignSums(
        points=sum(account.gathered for account in stripes),
        donors=sum(account.donors for account in stripes),
        refunded=sum(account.gathered - account.points for account in stripes if account.status == "abandoned"),
    )
