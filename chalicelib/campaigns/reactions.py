"""What follows from the Records of donations."""

from collections.abc import Sequence

from chalicelib.campaigns import closing, queries
from chalicelib.campaigns.model import gathered
from chalicelib.table.write import Item


def close_reached(records: Sequence[Item]) -> None:
    """Close the campaigns that were to close at their target and have reached it."""
    for id in {record["counterparty"] for record in records if record.get("movement") == "donation"}:
        item = queries.item(id)
        open_ended = item["status"] != "approved" or not item["close_at_target"]
        if not open_ended and gathered(queries.pots(id).values()).points >= item["target_grams"]:
            closing.bring_on(item)
