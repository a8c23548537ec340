"""Files of a few lines are worked through as those of millions are: by many lanes, slices, ranges and parts."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from chalicelib.batches.processing import contents, judging, lanes, planning, results
from chalicelib.edge import events
from chalicelib.files import parts, store
from chalicelib.provenance import projection as provenance

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

_SIZES: tuple[tuple[Any, str, Any], ...] = (
    (lanes, "SLICE_LINES", 3),
    (judging, "SLICE_LINES", 3),
    (judging, "_TOGETHER", 2),
    (planning, "LANE_LINES_MIN", 4),
    (contents, "BORDER_BYTES", 250),
    (lanes, "_AHEAD_BYTES", 200),
    (store, "_RANGE_BYTES", 700),
    (parts, "PART_BYTES", 600),
    (provenance, "COLOURS_MAX", 2),
    (provenance, "_SAMPLED", frozenset("abcdefghijklmnop234567")),
)


class Inline(Executor):
    """The threads of a worker: what they do is done one after the other, in any order."""

    def __init__(self, sim: "Simulation", _: int = 1) -> None:
        self.sim = sim

    def map(self, fn: Callable[..., Any], *iterables: Iterable[Any], **_: Any) -> Iterator[Any]:
        each = list(zip(*iterables, strict=False))
        order, results = list(range(len(each))), dict[int, Any]()
        self.sim.rng.shuffle(order)
        for number in order:
            results[number] = fn(*each[number])
        return iter([results[number] for number in range(len(each))])


@contextmanager
def small(sim: "Simulation") -> Iterator[None]:
    """The platform's bucket is the simulation's."""
    with ExitStack() as stack:
        for module, name, size in _SIZES:
            stack.enter_context(patch.object(module, name, size))
        for module in (events, lanes, results):
            stack.enter_context(patch.object(module, "ThreadPoolExecutor", partial(Inline, sim)))
        for module in (store, parts):
            stack.enter_context(patch.object(module, "client", lambda: sim.bucket))
        yield
