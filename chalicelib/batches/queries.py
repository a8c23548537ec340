"""How far a batch is."""

from datetime import datetime, timedelta

from chalicelib.batches.model import Batch, RefusedLines, refused_key, shown, total
from chalicelib.errors import NotFound
from chalicelib.files import store
from chalicelib.kernel.caller import BUREAU, Caller
from chalicelib.kernel.fields import stamp
from chalicelib.table import keys, read
from chalicelib.table.write import Item

LINK_SECONDS = 300


def slices(id: str) -> dict[int, Item]:
    """The slices of a batch that are done, by number."""
    return {item["number"]: item for item in read.query(keys.batch(id).pk, "slice:", "slice:~")}


def view(caller: Caller, id: str, now: datetime) -> Batch:
    """A batch as it stands. Operators see their own. Raises NotFound."""
    item = read.get(keys.batch(id))
    if item is None or (not caller.reads_as(BUREAU) and not caller.operates(item)):
        raise NotFound()
    sums = total(slices(id).values())
    if item["status"] != "done" or not sums.refused:
        return shown(item, sums)
    url = store.link(refused_key(id), file_name=f"{id}-refused.jsonl", seconds=LINK_SECONDS)
    return shown(item, sums, RefusedLines(url=url, expires_at=stamp(now + timedelta(seconds=LINK_SECONDS))))
