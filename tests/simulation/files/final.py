"""How files end."""

import json
from typing import TYPE_CHECKING

from chalicelib.batches.model import refused_key
from tests.simulation.books import Violation

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

DAY = 86_400


def check_files(sim: "Simulation") -> None:
    """Each file that came is at its end, and who sent it finds every refused line. One that nobody continued for two
    days is left alone: an alarm is the right means then.
    """
    abandoned = False
    for (pk, sk), item in sim.table.items.items():
        if sk != "batch":
            continue
        id, status = pk.removeprefix("batch:"), item["status"]["S"]
        if status in ("done", "refused"):
            _refused_lines(sim, id, status)
        elif id in sim.city.sent and _looked_at(sim, item["list"]["S"]):
            raise Violation("every file comes to its end", f"{pk} is {status}")
        else:
            abandoned |= status != "awaiting_upload"
    for (pk, _), item in sim.table.items.items():
        taken = item.get("lanes", {}).get("N", "0") != "0" or "waiting" in item
        if pk.startswith("intake:") and taken and not abandoned:
            raise Violation("who is at the end makes room", f"{pk}: {item}")


def _looked_at(sim: "Simulation", listed: str) -> bool:
    """Whether the schedule still looks at the batches of that day."""
    from datetime import UTC, datetime

    from chalicelib.table import lists

    days = (lists.batches_open(datetime.fromtimestamp(at, UTC)) for at in (sim.now, sim.now - DAY))
    return listed in days


def _refused_lines(sim: "Simulation", id: str, status: str) -> None:
    if status == "refused":
        return
    lines = [n for n in sim.lives.file(id).lines if sim.lives.outcome(id, n).get("refused")]
    found = sim.bucket.objects.get(refused_key(id))
    named = [json.loads(line)["line"] for line in found.body.splitlines()] if found else []
    if named != lines:
        raise Violation("every refused line is listed", f"{named} of {lines} in {id}")
