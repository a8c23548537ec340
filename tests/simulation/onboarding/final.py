"""How agreements and licences end."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from chalicelib.table.write import decode
from tests.simulation.books import Violation

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

_SHANGHAI = timedelta(hours=8)


def check_validities(sim: "Simulation") -> None:
    """Who has no valid agreement or licence does not sell, and who has, and is stopped by nobody else, does."""
    yesterday = (datetime.fromtimestamp(sim.calmed_at - 60, UTC) + _SHANGHAI).date().isoformat()
    for (pk, sk), raw in sim.table.items.items():
        if not pk.startswith("validity:"):
            continue
        known = decode(raw) or {}
        merchant = (decode(sim.table.items[f"account:{known['merchant']}", "account"]) or {})["merchant"]
        over = merchant["status"] not in ("active", "suspended") or merchant.get("completed")
        if over or merchant["since"] > known["since"]:
            continue
        ended = (known.get("ends_on") or "9") < yesterday
        stopped = sk in merchant.get("suspended_by", ())
        if ended and not stopped:
            raise Violation("who has no valid agreement stops selling", f"{sk} of {pk} ended on {known['ends_on']}")
        if stopped and not known.get("stopped_at"):
            raise Violation("what is renewed sells again", f"{pk} is {merchant['status']}")
