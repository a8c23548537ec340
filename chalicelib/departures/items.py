"""A merchant's departure, as it is kept. Pure."""

from dataclasses import dataclass
from typing import Literal

Initiator = Literal["institution", "exchange"]
Status = Literal["leaving", "left"]


@dataclass(frozen=True, kw_only=True)
class Departure:
    """One departure of a merchant; ``id`` is the Record that began it.

    ``serve_by``: orders that are open then are refunded. ``points``: what the final buy-back took, 1 g for each.
    ``looked_before``: the line of the statement (its sort key) before which open orders are looked for next.
    """

    id: str
    merchant: str
    status: Status
    initiator: Initiator
    reason: str
    since: str
    serve_by: str
    left_at: str | None = None
    points: int = 0
    looked_before: str | None = None
