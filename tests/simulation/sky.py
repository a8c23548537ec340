"""Time, chance and the memory of processes, as the platform's modules see them."""

import importlib
import pkgutil
import random
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from typing import Any
from unittest.mock import patch

import chalicelib
from chalicelib import deadline
from chalicelib.anomalies import queries as anomalies
from chalicelib.edge.identity import logins
from chalicelib.ledger import debts, lines
from chalicelib.mall.offers import memory
from chalicelib.partners import queries as partners
from chalicelib.scenarios import queries as scenarios

# What a warm process remembers: each of ours remembers something else.
_REMEMBERED: tuple[tuple[Any, str, Callable[[], Any]], ...] = (
    (debts, "_known", OrderedDict),
    (memory, "_tills", OrderedDict),
    (memory, "_terms", OrderedDict),
    (logins, "_known", dict),
    (partners, "_known", set),
    (anomalies, "_remembered", list),
    (scenarios, "_remembered", dict),
    (lines, "_KNOWN", set),
)


class Process:
    """One warm process: what it remembers, and how far its clock is off."""

    def __init__(self, skew: float) -> None:
        self.skew = skew
        self._memory = [make() for _, _, make in _REMEMBERED]

    def enter(self) -> None:
        for (module, name, _), known in zip(_REMEMBERED, self._memory, strict=True):
            setattr(module, name, known)


class _Instances(type):
    """Any datetime is one of ours."""

    def __instancecheck__(cls, thing: object) -> bool:
        return isinstance(thing, datetime)


def _calendar(now: Callable[[], float]) -> type:
    class Then(datetime, metaclass=_Instances):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(now(), UTC).astimezone(tz)

    return Then


class _Time:
    """The module ``time``, whose clocks are the simulation's."""

    def __init__(self, now: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self.time = self.monotonic = self.perf_counter = now
        self.sleep = sleep
        self.gmtime, self.strftime = time.gmtime, time.strftime


@contextmanager
def under(now: Callable[[], float], sleep: Callable[[float], None], seed: str) -> Iterator[None]:
    """The platform's time and chance are the simulation's."""
    calendar, clock, chance = _calendar(now), _Time(now, sleep), random.getstate()
    random.seed(seed)
    patches: list[Any] = [patch.object(deadline, "_now", now), patch.object(anomalies, "_now", now)]
    patches.append(patch.object(scenarios, "_now", now))
    for module in _modules():
        if getattr(module, "datetime", None) is datetime:
            patches.append(patch.object(module, "datetime", calendar))
        if getattr(module, "time", None) is time:
            patches.append(patch.object(module, "time", clock))
    remembered = [getattr(module, name) for module, name, _ in _REMEMBERED]
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in reversed(patches):
            each.stop()
        for (module, name, _), known in zip(_REMEMBERED, remembered, strict=True):
            setattr(module, name, known)
        random.setstate(chance)


def _modules() -> list[Any]:
    for found in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
        importlib.import_module(found.name)
    return [module for name, module in sorted(sys.modules.items()) if name.startswith("chalicelib.")]
