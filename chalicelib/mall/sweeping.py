"""The schedule's sweep: what tills have earned goes to their merchants."""

from collections.abc import Iterable
from functools import partial

from chalicelib.edge.settle import perform
from chalicelib.errors import Refusal
from chalicelib.mall import actions, queries
from chalicelib.table import keys
from chalicelib.table.write import Item


def sweep_tills() -> int:
    """Sweep every till that holds points; the points moved."""
    return _sweep(queries.tills_to_sweep())


def sweep_merchant(merchant: str) -> int:
    """Sweep every till of one merchant; the points moved."""
    return _sweep(queries.tills_of(merchant))


def _sweep(tills: Iterable[tuple[str, Item, str]]) -> int:
    """Each till's sweep is named by its own counter, so a second run at the same time, or one that died half-way, moves
    nothing twice. A till that another run was quicker at is left for the next time.
    """
    moved = 0
    for till, item, merchant in tills:
        record = keys.digest("sweep", till, str(item["sweeps"]))
        try:
            perform(record, partial(actions.sweep, till=till, item=item, merchant=merchant))
        except Refusal:
            continue
        moved += item["points"]
    return moved
