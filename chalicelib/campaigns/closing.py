"""Closing campaigns: by hand, by date, by target. First the pots take no more, then what they hold is used up."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from chalicelib.campaigns import actions, queries
from chalicelib.campaigns.model import Judgement, gathered
from chalicelib.edge.caller import INSTITUTION
from chalicelib.edge.decision import Command, Decision
from chalicelib.edge.fields import stamp
from chalicelib.edge.settle import perform
from chalicelib.errors import Refusal
from chalicelib.ledger.standing import acting
from chalicelib.table import keys
from chalicelib.table.write import Item


def close(command: Command[Any], item: Item) -> Decision:
    """The closing of a campaign, ended first if it still takes points (one transaction more, once).

    A frozen institution cannot close its campaign. The exchange and the schedule can: what people gave is then used up
    as they were promised, and never reaches the institution.
    """
    may = (acting(item["institution"]),) if command.caller.role == INSTITUTION else ()
    if item["status"] == "approved":
        perform(keys.digest("end campaign", item["id"]), partial(actions.end, item=item, may=may))
        item = queries.item(item["id"])
    return actions.close(command, item, queries.pots(item["id"]), may)


def close_due(now: datetime) -> int:
    """What the schedule does: campaigns past their end are closed, those never judged are rejected; how many."""
    return sum(_bring_on(item) for item in queries.due(stamp(now)))


def close_reached(records: Iterable[Item]) -> None:
    """After donations: campaigns that were to close at their target and have reached it."""
    for id in {record["counterparty"] for record in records if record["movement"] == "donation"}:
        item = queries.item(id)
        open_ended = item["status"] != "approved" or not item["close_at_target"]
        if not open_ended and gathered(queries.pots(id).values()).points >= item["target_grams"]:
            _bring_on(item)


def _bring_on(item: Item) -> bool:
    record = keys.digest("close campaign", item["id"])
    try:
        if item["status"] == "proposed":
            perform(record, lambda command: actions.reject(_expired(command), item))
        else:
            perform(record, lambda command: close(command, queries.item(item["id"])))
    except Refusal:
        return False  # someone was quicker, or it is tried again at the next firing
    return True


def _expired(command: Command[Any]) -> Command[Judgement]:
    reason = Judgement(reason="Its end passed before it was judged")
    return Command(command.caller, reason, command.id, command.now)
