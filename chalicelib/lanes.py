"""The lane in which a process adds to sums that many consumers share.

A consumer that meets another in its lane takes a different one, and keeps it. So after a few conflicts each has one of
its own, as long as fewer consumers run at once than there are lanes. A lane by chance for each transaction would let
them meet all the time (docs/adr/0063-lanes-that-consumers-keep.md).
"""

import random
import threading

LANES = 64  # of the sums that every movement adds to; whoever reads such a sum reads all of its lanes


class _Kept(threading.local):
    """A thread is as good as a process: on one machine several shards are read side by side."""

    lane: int | None = None


_kept = _Kept()


def mine(lanes: int = LANES) -> int:
    """This consumer's lane, of so many."""
    if _kept.lane is None:
        leave()
    return (_kept.lane or 0) % lanes


def leave() -> None:
    """Another consumer was there: take one by chance."""
    _kept.lane = random.randrange(LANES)


def forget() -> None:
    """As in a new process."""
    _kept.lane = None
