"""Keys of files of reductions and of what is done to their lines."""

from chalicelib.table.keys.names import Key


def batch(batch: str) -> Key:
    """A file of reductions and how far it is."""
    return Key(f"batch:{batch}", "batch")


def batch_lane(batch: str, number: int) -> Key:
    """A part of a batch's file and what its lines came to, beside the batch. Older batches have ``slice:`` there."""
    return Key(f"batch:{batch}", f"lane:{number:04d}")


def batch_judged(batch: str, judgement: str, number: int) -> Key:
    """What a judgement of the bureau did to one lane, beside the batch."""
    return Key(f"batch:{batch}", f"judged:{judgement}:{number:04d}")


def intake(operator: str) -> Key:
    """What of a scenario operator's batches is in work."""
    return Key(f"intake:{operator}", "intake")


def sent(operator: str, rank: str) -> Key:
    """The pointer of a scenario operator to a batch; ``rank`` is ``<time of the announcement>:<id>``."""
    return Key(f"batches:{operator}", rank)
