"""Imported first by app.py: no garbage is looked for while modules load, and none among them ever after.

Nothing that a module makes becomes garbage, but the collector walks over all of it each time that a generation is full:
nearly half of a cold start.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

gc.disable()


def finished() -> None:
    """What was needed is loaded: what is there now is left alone by collections to come."""
    gc.freeze()
    gc.enable()


@contextmanager
def loading() -> Iterator[None]:
    """More modules load."""
    gc.disable()
    try:
        yield
    finally:
        finished()
