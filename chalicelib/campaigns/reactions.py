"""What follows from the Records of donations."""

from collections.abc import Sequence

from chalicelib.campaigns import queries, worker
from chalicelib.campaigns.model import gathered
from chalicelib.errors import Contended
from chalicelib.kernel.record import Record
from chalicelib.table.write import Item


def close_reached(records: Sequence[Record]) -> None:
    """Close the campaigns that were to close at their target and have reached it.

    Raises Contended where one still takes points afterwards: no schedule looks for it before its end. One that was
    left half closed is the schedule's.
    """
    waiting = False
    for id in {str(record.counterparty) for record in records if record.movement == "donation"}:
        item = queries.item(id)
        if _has_reached(item) and not worker.bring_on(item):
            waiting |= queries.item(id)["status"] == "approved"
    if waiting:
        raise Contended()


def _has_reached(item: Item) -> bool:
    if item["status"] != "approved" or not item["close_at_target"]:
        return False
    return bool(gathered(queries.pots(item["id"]).values()).points >= item["target_grams"])
