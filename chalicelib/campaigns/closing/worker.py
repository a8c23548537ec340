"""Closing campaigns by date and by target."""

from datetime import datetime
from typing import Any

from chalicelib.agenda.attempts import attempt_each
from chalicelib.campaigns import actions, queries
from chalicelib.campaigns.closing.prepare import end
from chalicelib.campaigns.items import Campaign
from chalicelib.campaigns.model import Judgement
from chalicelib.errors import Contended, InvalidState
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.settle import perform
from chalicelib.settings import secret
from chalicelib.table import keys

NEVER_JUDGED = "截止前未完成审批 Its end passed before it was judged"  # anyone may read it, in either language


def close(command: Command[Any], id: str) -> Decision:
    """The closing of a campaign that has ended, as of now."""
    campaign = queries.campaign(id)
    return actions.close(command, campaign, queries.campaign_accounts(id), serial_key=secret("serial_key"))


def close_due(now: datetime) -> int:
    """What the schedule does: campaigns past their end are closed, those never judged are rejected; how many."""
    return sum(attempt_each(queries.due(stamp(now)), conclude, what="campaign", name=lambda campaign: campaign.id))


def conclude(campaign: Campaign) -> bool:
    """Close or reject the campaign, as its state asks; whether this call did it."""
    record = keys.digest("close campaign", campaign.id)
    try:
        if campaign.status == "proposed":
            perform(record, lambda command: actions.reject(_expired(command), campaign))
        else:
            end(campaign)
            perform(record, lambda command: close(command, campaign.id))
    except (InvalidState, Contended):
        return False  # someone was quicker, or it is tried again at the next firing
    return True


def _expired(command: Command[Any]) -> Command[Judgement]:
    reason = Judgement(reason=NEVER_JUDGED)
    return Command(command.caller, reason, command.id, command.now)
