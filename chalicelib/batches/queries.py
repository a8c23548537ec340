"""How far a batch is."""

from datetime import datetime, timedelta

from chalicelib.batches.items import Batch, Slice
from chalicelib.batches.model import BatchAnswer, RefusedLines, refused_key, to_answer, total
from chalicelib.errors import NotFound
from chalicelib.files import store
from chalicelib.kernel.caller import BUREAU, Caller
from chalicelib.kernel.fields import stamp
from chalicelib.table import keys, read

LINK_SECONDS = 300


def batch(caller: Caller, id: str) -> Batch:
    """A batch. Operators see their own. Raises NotFound."""
    found = read.get(keys.batch(id), Batch)
    if found is None or (caller.role != BUREAU and not caller.operates(found)):
        raise NotFound()
    return found


def slices(id: str) -> dict[int, Slice]:
    """The slices of a batch that are done, by number."""
    return {each.number: each for each in read.query(keys.batch(id).pk, "slice:", "slice:~", Slice)}


def view(caller: Caller, id: str, now: datetime) -> BatchAnswer:
    """A batch as it stands. Raises NotFound."""
    found = batch(caller, id)
    sums = total(slices(id).values())
    if found.status != "done" or not sums.refused:
        return to_answer(found, sums)
    url = store.link(refused_key(id), file_name=f"{id}-refused.jsonl", seconds=LINK_SECONDS)
    return to_answer(found, sums, RefusedLines(url=url, expires_at=stamp(now + timedelta(seconds=LINK_SECONDS))))
