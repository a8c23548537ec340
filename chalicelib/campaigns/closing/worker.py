"""Closing campaigns by date and by target."""

import time
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from chalicelib.agenda.attempts import each
from chalicelib.agenda.walks import go_round_together
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
from chalicelib.table.lists import CAMPAIGNS, CAMPAIGNS_PROPOSED, Place
from chalicelib.table.write import Attr

CLOSING_SECONDS_MAX = 20  # of each list; what is left then is for the schedule's next firing
NEVER_JUDGED = "截止前未完成审批 Its end passed before it was judged"  # anyone may read it, in either language


def close(command: Command[Any], id: str) -> Decision:
    """The closing of a campaign that has ended, as of now."""
    campaign = queries.campaign(id)
    return actions.close(command, campaign, queries.campaign_accounts(id), serial_key=secret("serial_key"))


def close_due(now: datetime) -> int:
    """What the schedule does: campaigns past their end are closed, those never judged are rejected; how many."""
    concluded: list[str] = []
    each(*(partial(_close_in, name, stamp(now), concluded) for name in (CAMPAIGNS_PROPOSED, CAMPAIGNS)))
    return len(concluded)


def _close_in(name: str, at: str, concluded: list[str]) -> None:
    """Those of one list, of which closed ones are most: from where the last firing stopped."""

    def look(places: Sequence[Place]) -> None:
        concluded.extend(campaign.id for campaign in queries.due(places, at) if conclude(campaign))

    until = time.monotonic() + CLOSING_SECONDS_MAX
    go_round_together(name, look, until=until, where=Attr("status").is_in([*queries.LIVE, "ended"]))


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
