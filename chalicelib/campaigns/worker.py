"""Closing campaigns: by hand, by date, by target. First the pots take no more, then what they hold is used up."""

from datetime import datetime
from functools import partial
from typing import Any

from chalicelib.campaigns import actions, queries
from chalicelib.campaigns.model import Judgement
from chalicelib.edge.events import for_each
from chalicelib.errors import Contended, InvalidState
from chalicelib.kernel.caller import INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.settle import perform
from chalicelib.ledger.standing import acting
from chalicelib.table import keys
from chalicelib.table.write import Item


def close(command: Command[Any], item: Item) -> Decision:
    """The closing of a campaign, ended first if it still takes points (one transaction more, once).

    A frozen institution cannot close its campaign. The exchange and the schedule can: what people gave is then used up
    as they were promised, and never reaches the institution.
    """
    if item["status"] == "approved":
        may = (acting(item["institution"]),) if command.caller.role == INSTITUTION else ()
        perform(keys.digest("end campaign", item["id"]), partial(actions.end, item=item, may=may))
        item = queries.item(item["id"])
    return actions.close(command, item, queries.pots(item["id"]))


def close_due(now: datetime) -> int:
    """What the schedule does: campaigns past their end are closed, those never judged are rejected; how many."""
    return sum(for_each(queries.due(stamp(now)), bring_on, what="campaign", name=lambda item: str(item["id"])))


def bring_on(item: Item) -> bool:
    """Close or reject the campaign, as its state asks; whether this call did it."""
    record = keys.digest("close campaign", item["id"])
    try:
        if item["status"] == "proposed":
            perform(record, lambda command: actions.reject(_expired(command), item))
        else:
            perform(record, lambda command: close(command, queries.item(item["id"])))
    except (InvalidState, Contended):
        return False  # someone was quicker, or it is tried again at the next firing
    return True


def _expired(command: Command[Any]) -> Command[Judgement]:
    reason = Judgement(reason="Its end passed before it was judged")
    return Command(command.caller, reason, command.id, command.now)
