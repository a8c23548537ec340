"""The refused lines of a batch in one file, in the order of its lines."""

from concurrent.futures import ThreadPoolExecutor

from chalicelib.batches.model import NDJSON, refused_key
from chalicelib.files import store
from chalicelib.files.parts import Parts
from chalicelib.settings import settings

_TOGETHER = 16  # files of slices in memory: as a rule some KB, at most 300


def join(batch: str) -> None:
    """Join the files of slices, which are named by the numbers of their lines. Nothing is made where there are none."""
    found = store.listed(refused_key(batch).removesuffix(".jsonl") + "/")
    if not found:
        return
    joined = Parts(refused_key(batch), NDJSON)
    with ThreadPoolExecutor(settings().batch_threads) as pool:
        for start in range(0, len(found), _TOGETHER):
            for content in pool.map(store.read, found[start : start + _TOGETHER]):
                joined.add(content)
    joined.finish()
