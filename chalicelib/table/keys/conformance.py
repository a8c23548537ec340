"""Keys of conformance runs and of what lives in their sandbox. None of them is an Account's."""

from chalicelib.table.keys.names import Key


def conformance(run: str) -> Key:
    """One run."""
    return Key(f"conformance:{run}", "run")


def conformance_verdict(run: str, step: str) -> Key:
    """What a step of a run came to, beside it."""
    return Key(f"conformance:{run}", f"step:{step}")


def conformance_head(merchant: str) -> Key:
    """A merchant's latest run, and how many it had that day."""
    return Key(f"conformance-of:{merchant}", "head")


def conformance_of(merchant: str, rank: str) -> Key:
    """A merchant's pointer to a run; ``rank`` is ``<time of its start>:<id>``."""
    return Key(f"conformance-of:{merchant}", f"run:{rank}")


def sandbox_grant(run: str) -> Key:
    """The consent of the person who does not exist."""
    return Key(f"conformance:{run}", "grant")


def sandbox_lost(run: str) -> Key:
    """Which request for a hold lost its answer on purpose."""
    return Key(f"conformance:{run}", "lost")


def sandbox_offer(run: str, sku: str) -> Key:
    """An offer that is on sale nowhere, by its merchant's code."""
    return Key(f"conformance:{run}", f"offer:{sku}")


def sandbox_hold(run: str, hold: str) -> Key:
    """A hold of points that do not exist."""
    return Key(f"conformance:{run}", f"hold:{hold}")
