"""What follows from the Records of donations."""

from collections.abc import Sequence

from chalicelib.campaigns import queries
from chalicelib.campaigns.closing import worker
from chalicelib.campaigns.items import Campaign, total
from chalicelib.errors import Contended
from chalicelib.kernel.record import Record


def close_reached(records: Sequence[Record]) -> None:
    """Close the campaigns that were to close at their target and have reached it.

    Raises Contended where one still takes points afterwards: no schedule looks for it before its end. One that was
    left half closed is the schedule's.
    """
    waiting = False
    for id in {str(record.counterparty) for record in records if record.movement == "donation"}:
        campaign = queries.campaign(id)
        if _has_reached(campaign) and not worker.conclude(campaign):
            waiting |= queries.campaign(id).status == "approved"
    if waiting:
        raise Contended()


def _has_reached(campaign: Campaign) -> bool:
    if campaign.status != "approved" or not campaign.close_at_target:
        return False
    return total(queries.campaign_accounts(campaign.id).values()).points >= campaign.target_grams
