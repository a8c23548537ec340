"""The time that a request has: no call begins that could outlast it, so that an answer always comes.

The gateway waits for 29 s, and Lambda ends the function then, without a problem or a Retry-After. Time-outs that are
fine alone (a call, its retries, the next call) add up to more. Work that nobody waits for has no deadline.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from chalicelib.errors import Unavailable

GATEWAY_SECONDS = 29.0  # API Gateway's limit of an integration
_KEPT_BACK_SECONDS = 2.0  # for the answer, and for a cold start, which the gateway counts too
_until: ContextVar[float] = ContextVar("until", default=math.inf)
_now = time.monotonic


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What the block does ends in ``seconds``, the function's own remaining time, or the gateway's if that is less."""
    before = _until.set(_now() + min(seconds, GATEWAY_SECONDS) - _KEPT_BACK_SECONDS)
    try:
        yield
    finally:
        _until.reset(before)


def left() -> float:
    """Seconds until the deadline, never negative; infinite where there is none."""
    return max(0.0, _until.get() - _now())


def begin(seconds: float) -> None:
    """Before a call that lasts ``seconds`` at most. Raises Unavailable where it could outlast the request."""
    if left() < seconds:
        raise Unavailable()


def pause(seconds: float) -> None:
    """Wait before the next try, not longer than the request has."""
    time.sleep(min(seconds, left()))


def guard(made: Any, service: str) -> None:
    """Each try of this AWS client asks first whether there is time for it, at its worst: to connect, to wait for the
    answer, and to pause before the next try, which then asks again.
    """
    config = made.meta.config
    tries = config.retries["total_max_attempts"]
    pause_max = 2.0 ** max(0, tries - 2)  # of botocore's mode "standard": up to 1 s after the first try, then 2, then 4
    seconds = config.connect_timeout + config.read_timeout + pause_max
    made.meta.events.register_first(f"before-send.{service}", lambda **_: begin(seconds))
