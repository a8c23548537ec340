"""What follows when an object is given back without a ruling: its open dispute ends by itself."""

import json
from collections.abc import Iterable, Sequence

from chalicelib.disputes import actions, queries
from chalicelib.disputes.items import Guard, Kind
from chalicelib.errors import InvalidState
from chalicelib.kernel.record import Record
from chalicelib.kernel.settle import perform
from chalicelib.table import keys, read

GIVEN_BACK: dict[str, Kind] = {  # by the kind of the Record
    "redemption_refunded": "redemption",
    "hold_refunded": "hold",
    "hold_released": "hold",
    "hold_expired": "hold",
}


def resolve_disputes(records: Sequence[Record]) -> None:
    """Nothing is left to rule where all was given back. A dispute that is opened later is refused by that itself, for
    its opening checks the object: so no dispute is missed, whichever comes first.
    """
    guards = read.many([keys.disputed(kind, id) for kind, id in _given_back(records)], Guard)
    for guard in guards.values():
        if guard.dispute:
            _resolve(guard.dispute)


def _given_back(records: Iterable[Record]) -> dict[tuple[Kind, str], None]:
    """The orders and holds of which nothing is left, each once."""
    found: dict[tuple[Kind, str], None] = {}
    for record in records:
        if kind := GIVEN_BACK.get(record.kind):
            answer = json.loads(record.answer)
            if record.kind != "hold_refunded" or answer["refunded_points"] == answer["captured_points"]:
                found[kind, answer["id"]] = None
    return found


def _resolve(id: str) -> None:
    """Once, however often the Record arrives. One that was ruled or withdrawn meanwhile stays so."""
    try:
        perform(keys.digest("resolve dispute", id), lambda command: actions.resolve(command, queries.item(id)))
    except InvalidState:
        return
