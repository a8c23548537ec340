"""The schedule's work: the supply is kept, so that it can be asked as of any instant (docs/adr/0038)."""

from datetime import datetime

from chalicelib.kernel.fields import stamp
from chalicelib.kernel.settle import derive
from chalicelib.openness import queries
from chalicelib.table import keys
from chalicelib.table.write import put


def keep_supply(now: datetime) -> None:
    """The supply of now, where it is another than the last that was kept. Every minute."""
    found, at = queries.together(), stamp(now)
    if found and found != queries.latest(at):
        derive(put(keys.supply_at(at), found))
