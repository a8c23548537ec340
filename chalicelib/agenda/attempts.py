"""Things that are done each though others fail: a failure is logged, and raised when all had their turn."""

import logging
import random
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from chalicelib import log
from chalicelib.deadline import pause
from chalicelib.errors import Contended, Unavailable

T = TypeVar("T")
R = TypeVar("R")
RETRIES_MAX = 9  # of what others are in the way of: as patient as a request (kernel/settle.py)
_PAUSE_MAX = 1.0


def retrying(do: Callable[[], R]) -> R:
    """The result of ``do``, which is tried again while others are in its way. Raises what the last try raises."""
    for number in range(RETRIES_MAX):
        try:
            return do()
        except Contended:
            pause(random.uniform(0, min(0.02 * 2**number, _PAUSE_MAX)))
    return do()


def each(*jobs: Callable[[], object]) -> None:
    """Do all ``jobs``, each though others fail; then raise what the first of these raised."""
    attempt_each(jobs, lambda job: job(), what="job")


def attempt_each(
    things: Iterable[T],
    do: Callable[[T], R],
    *,
    what: str,
    name: Callable[[T], str] = lambda _: "",
    until: float | None = None,
) -> list[R]:
    """``do`` each of ``things`` though others fail, and begin none after ``until`` (time.monotonic); the results.

    A failure is logged with ``what`` it befell and the thing's ``name``. The first is raised when all had their turn.
    """
    results, failures = [], []
    for thing in things:
        if until is not None and time.monotonic() > until:
            break
        try:
            results.append(do(thing))
        except Exception as error:  # noqa: BLE001 - logged here, and the first is raised below
            log.emit(log.FAILED, logging.ERROR, what=what, name=name(thing))
            failures.append(error)
    if failures:
        raise failures[0]
    return results


def single_out(
    do: Callable[[Sequence[T]], object], things: Sequence[T], *, what: str, name: Callable[[T], str]
) -> dict[T, Exception]:
    """``do`` the ``things`` together; those that it fails for, logged by ``name``. They are halved until each failing
    one stands alone, so some are done twice. Raises Unavailable: where the store is away nothing is to be singled out.
    """
    if not things:
        return {}
    middle = len(things) // 2
    try:
        do(things)
        return {}
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - the caller raises it
        if not middle:
            log.emit(log.FAILED, logging.ERROR, what=what, name=name(things[0]))
            return {things[0]: error}
    halves = (things[:middle], things[middle:])
    return {thing: error for half in halves for thing, error in single_out(do, half, what=what, name=name).items()}
