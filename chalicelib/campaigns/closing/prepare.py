"""Before a closing: the campaign takes no more donations. So nothing comes to what the closing then uses up."""

from functools import partial
from typing import Any

from chalicelib.campaigns import actions, queries
from chalicelib.campaigns.items import Campaign
from chalicelib.kernel.caller import INSTITUTION
from chalicelib.kernel.decision import Command
from chalicelib.kernel.settle import perform
from chalicelib.ledger.standing import acting
from chalicelib.table import keys


def end_own(command: Command[Any], id: str) -> None:
    """End the caller's campaign before it is closed. Raises NotFound, InvalidState, AccountFrozen, AccountClosed.

    A frozen institution cannot close its campaign. The exchange and the schedule can: what people gave is then used up
    as they were promised, and never reaches the institution.
    """
    campaign = queries.own(command.caller, id)
    own = command.caller.role == INSTITUTION
    end(campaign, may=(acting(campaign.institution),) if own else ())


def end(campaign: Campaign, **conditions: Any) -> None:
    """One transaction of its own, once; without a closing behind it, the schedule closes the campaign."""
    if campaign.status == "approved":
        perform(keys.digest("end campaign", campaign.id), partial(actions.end, campaign=campaign, **conditions))
