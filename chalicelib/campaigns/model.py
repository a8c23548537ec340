"""Campaigns and donations. Pure."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.certificates.model import SERIAL, URL, IssuedAnswer
from chalicelib.kernel.caller import EXCHANGE, INSTITUTION
from chalicelib.kernel.fields import Amount, Answer, Body, Id, LongText, Moment, Paged, ShortText, Time, example
from chalicelib.ledger.model import GRAMS, POINTS, Posting, Transfer
from chalicelib.table import keys
from chalicelib.transitions import Step

STRIPES = 8  # some hundred donations a second; the closing takes all of them in one transaction
SYSTEM_ROLE = "system"  # the schedule and the stream

STEPS = (
    Step("proposed", "approve", "approved", (EXCHANGE,)),
    Step("proposed", "reject", "rejected", (EXCHANGE, SYSTEM_ROLE)),
    Step("approved", "end", "ended", (INSTITUTION, EXCHANGE, SYSTEM_ROLE)),
    Step("ended", "close", "closed", (INSTITUTION, EXCHANGE, SYSTEM_ROLE)),
    Step("approved", "abandon", "abandoned", (INSTITUTION, EXCHANGE)),
)
Purpose = Literal["production", "event"]
Status = Literal["proposed", "approved", "rejected", "ended", "closed", "abandoned"]
PublicStatus = Literal["approved", "ended", "closed", "abandoned"]
PUBLIC: tuple[PublicStatus, ...] = ("approved", "ended", "closed", "abandoned")


class NewCampaign(Body):
    """What an institution wants to make carbon neutral.

    ``close_at_target``: the campaign closes by itself once ``target_grams`` are reached. Otherwise it takes donations
    beyond its target until it ends or is closed. In both cases all that was given is used for the beneficiary: the last
    donation may exceed the target.
    """

    model_config = example(
        title="2026 上海马拉松碳中和",
        purpose="event",
        description="募集碳积分，用于中和 2026 上海马拉松赛事的碳排放",
        target_grams=50_000_000,
        ends_at="2027-12-31T16:00:00Z",
    )

    title: ShortText
    purpose: Purpose
    description: LongText
    target_grams: Amount
    ends_at: Annotated[Moment, Field(description="RFC 3339 with its offset; in the future")]
    close_at_target: bool = False


class CampaignEdit(Body):
    """What of a proposed campaign to change: one field at least, and none of them null. What is left out stays."""

    model_config = example(target_grams=60_000_000)

    title: ShortText | None = None
    description: LongText | None = None
    target_grams: Amount | None = None
    ends_at: Moment | None = None


class Approval(Body):
    """``edits``: the campaign's, as the exchange has read it. If it was changed since then, the approval is refused."""

    model_config = example(edits=0)

    edits: Annotated[int, Field(ge=0, le=10**9)] | None = None


class Judgement(Body):
    """Why a campaign is rejected; may be left out."""

    model_config = example(reason="The event took place last year")

    reason: ShortText | None = None


class Abandonment(Body):
    """Why a campaign is abandoned; public, also on the certificates of its donors."""

    model_config = example(reason="赛事取消")

    reason: ShortText


class CampaignAnswer(Answer):
    """A campaign. ``ended`` takes no more; its certificate follows. ``edits``: how often its proposal was changed.

    ``abandoned``: all that was gathered goes back to the donors; ``refunded_points`` is how much has by now.
    """

    id: str
    institution: str
    beneficiary: str
    status: Status
    title: str
    purpose: Purpose
    description: str
    target_grams: int
    ends_at: Time
    close_at_target: bool
    gathered_points: int
    refunded_points: int = 0
    donors: int
    edits: int
    reason: str | None
    certificate: IssuedAnswer | None


class CampaignParams(Paged):
    """Campaigns that were approved, whatever became of them, unless a status is asked for."""

    status: PublicStatus | None = None


class ProposalParams(Paged):
    """Pages of campaigns that the public list does not show."""


class NewDonation(Body):
    """Points for a campaign."""

    model_config = example(campaign="k3v5zq6x7n4m2p8r9s0t1u2w3y", points=500)

    campaign: Id
    points: Amount


class DonationAnswer(Answer):
    """A donation and its certificate. ``refunded_at``: when its points came back from an abandoned campaign."""

    model_config = example(
        id="m2p8r9s0t1u2w3yk3v5zq6x7n4",
        campaign="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        points=500,
        at="2026-03-01T08:00:00.000Z",
        certificate={"serial": SERIAL, "url": URL},
        refunded_at=None,
    )

    id: str
    campaign: str
    points: int
    at: Time
    certificate: IssuedAnswer
    refunded_at: Time | None = None


def gift(person: str, account: str, points: int) -> Transfer:
    """Points from a person to an account of the campaign."""
    return Transfer("donation", (Posting(person, account, points, POINTS),))


def retirement(points_by_account: Mapping[str, int]) -> Transfer:
    """All that was given is used up, and the grams behind it are retired."""
    taken = (Posting(account, keys.POOL, points, POINTS) for account, points in points_by_account.items() if points)
    grams = Posting(keys.POOL, keys.RETIRED, sum(points_by_account.values()), GRAMS)
    return Transfer("campaign_closing", (*taken, grams))
