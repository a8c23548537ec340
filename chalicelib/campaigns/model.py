"""Campaigns and donations. Pure."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.certificates.model import SERIAL, URL, Issued
from chalicelib.kernel.caller import EXCHANGE, INSTITUTION
from chalicelib.kernel.fields import Amount, Answer, Body, Id, LongText, Moment, Paged, ShortText, Time, example
from chalicelib.ledger.model import GRAMS, POINTS, Posting, Transfer
from chalicelib.table import keys
from chalicelib.transitions import Step

STRIPES = 8  # some hundred donations a second; the closing takes all of them in one transaction
SYSTEM = "system"

STEPS = (
    Step("proposed", "approve", "approved", (EXCHANGE,)),
    Step("proposed", "reject", "rejected", (EXCHANGE, SYSTEM)),
    Step("approved", "end", "ended", (INSTITUTION, EXCHANGE, SYSTEM)),
    Step("ended", "close", "closed", (INSTITUTION, EXCHANGE, SYSTEM)),
)
Status = Literal["proposed", "approved", "rejected", "ended", "closed"]


class NewCampaign(Body):
    """What an institution would neutralise. ``close_at_target`` closes it when enough is gathered."""

    model_config = example(
        title="2026 上海马拉松碳中和",
        purpose="event",
        description="为 2026 上海马拉松赛事排放募集碳积分",
        target_grams=50_000_000,
        ends_at="2027-12-31T16:00:00Z",
    )

    title: ShortText
    purpose: Literal["production", "event"]
    description: LongText
    target_grams: Amount
    ends_at: Annotated[Moment, Field(description="RFC 3339 with its offset; in the future")]
    close_at_target: bool = False


class Judgement(Body):
    """Why a campaign is rejected; may be left out."""

    model_config = example(reason="The event took place last year")

    reason: ShortText | None = None


class Campaign(Answer):
    """A campaign as anyone may see it. ``ended`` takes no more; its certificate is on the way."""

    id: str
    institution: str
    beneficiary: str
    status: Status
    title: str
    purpose: Literal["production", "event"]
    description: str
    target_grams: int
    ends_at: Time
    close_at_target: bool
    gathered_points: int
    donors: int
    reason: str | None
    certificate: Issued | None


class CampaignParams(Paged):
    """Campaigns that were approved are listed, unless a status is asked for."""

    status: Status | None = None


class NewDonation(Body):
    """Points for a campaign."""

    model_config = example(campaign="k3v5zq6x7n4m2p8r9s0t1u2w3y", points=500)

    campaign: Id
    points: Amount


class Donation(Answer):
    """A donation and its certificate."""

    model_config = example(
        id="m2p8r9s0t1u2w3yk3v5zq6x7n4",
        campaign="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        points=500,
        at="2026-03-01T08:00:00.000Z",
        certificate={"serial": SERIAL, "url": URL},
    )

    id: str
    campaign: str
    points: int
    at: Time
    certificate: Issued


class Gathered(Answer):
    """What the pots of a campaign hold, and from how many people."""

    points: Annotated[int, Field(ge=0)]
    donors: int


def gathered(pots: Iterable[Mapping[str, Any]]) -> Gathered:
    """The pots together; ``gathered`` stays when a closing takes the points out."""
    found = list(pots)
    return Gathered(points=sum(pot["gathered"] for pot in found), donors=sum(pot["donors"] for pot in found))


def shown(item: Mapping[str, Any], sums: Gathered) -> Campaign:
    """A campaign item as it is answered."""
    return Campaign.model_validate(
        {"reason": None, "certificate": None} | dict(item) | {"gathered_points": sums.points, "donors": sums.donors}
    )


def gift(person: str, pot: str, points: int) -> Transfer:
    """Points from a person to a pot of the campaign."""
    return Transfer("donation", (Posting(person, pot, points, POINTS),))


def retirement(pots: Mapping[str, int]) -> Transfer:
    """All that was gathered is used up, and the grams behind it are retired."""
    taken = tuple(Posting(pot, keys.POOL, points, POINTS) for pot, points in pots.items() if points)
    return Transfer("campaign_closing", (*taken, Posting(keys.POOL, keys.RETIRED, sum(pots.values()), GRAMS)))
