"""What a campaign does to the account of its institution: counters that keep it open, and a bound on proposals."""

from dataclasses import dataclass, replace
from typing import Any

from chalicelib.campaigns.items import Campaign
from chalicelib.errors import Contended, Refusal, Text
from chalicelib.kernel.caller import INSTITUTION
from chalicelib.kernel.decision import Command
from chalicelib.ledger.standing import acting
from chalicelib.table import keys
from chalicelib.table.row import load
from chalicelib.table.write import Attr, Item, Write, present, update

PROPOSALS_MAX = 20  # campaigns of one institution that wait for the exchange


@dataclass(frozen=True, kw_only=True)
class Proposals:
    """Of an institution's account: the campaigns that wait."""

    proposals: frozenset[str] = frozenset()


class TooManyProposals(Refusal):
    status, code = 409, "too_many_proposals"
    title = Text("Too many campaigns wait for approval", "待审批的捐赠项目过多")
    detail = Text(
        "{held} campaigns of this institution wait for the exchange; {limit} may wait at a time.",
        "该机构已有 {held} 个捐赠项目待审批，同时待审批的捐赠项目不得超过 {limit} 个。",
    )
    remedy = Text(
        "Wait until the exchange has judged one, or change one that waits: PATCH /v1/campaigns/{id}.",
        "请等待上海环交所完成审批，或通过 PATCH /v1/campaigns/{id} 修改待审批的捐赠项目。",
    )


def proposed(campaign: Campaign) -> Write:
    """The account counts one campaign more and names it as waiting. It cannot close while there are any.

    Refuses AccountNotOpen, AccountFrozen, AccountClosed, TooManyProposals.
    """
    counted = acting(campaign.institution, add={"campaigns_live": 1})
    room = Attr("proposals").not_exists() | Attr("proposals").size().lt(PROPOSALS_MAX)
    assert counted.require is not None

    def refuse(account: Item | None) -> Refusal:
        refusal = counted.refuse(account)
        waiting = len(load(Proposals, account or {}).proposals)
        full = isinstance(refusal, Contended) and waiting >= PROPOSALS_MAX
        return TooManyProposals(held=waiting, limit=PROPOSALS_MAX) if full else refusal

    named = counted.add | _waiting(campaign)
    return replace(counted, add=named, require=counted.require & room, refuse=refuse)


def approved(campaign: Campaign) -> Write:
    """The campaign waits no more, and stays live. Refuses AccountFrozen and AccountClosed: whoever is frozen or gone
    cannot promise anything.
    """
    account = acting(campaign.institution)
    return update(account.key, discard=_waiting(campaign), require=account.require, refuse=account.refuse)


def concluded(command: Command[Any], campaign: Campaign) -> Write:
    """The account counts one live campaign less. Campaigns of before the counter were never counted.

    The institution must be able to act where it asks itself; the exchange and the schedule conclude a frozen one's
    campaign too.
    """
    account = acting(campaign.institution)
    asks = command.caller.role == INSTITUTION
    return update(
        account.key,
        add={"campaigns_live": -1} if campaign.counted else {},
        discard=_waiting(campaign),
        require=account.require if asks else present(),
        refuse=account.refuse,
    )


def _waiting(campaign: Campaign) -> Item:
    """What the account names while the campaign waits. To discard it where it is not changes nothing."""
    return {"proposals": {campaign.id}}


def pointer(campaign: Campaign) -> keys.Key:
    """By which its institution finds it again."""
    return keys.own_campaign(campaign.institution, campaign.proposed_at, campaign.id)
