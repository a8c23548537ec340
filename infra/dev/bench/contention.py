"""A rush on one offer, simulated by one seed: transactions that meet at tills, partitions that have a limit, retries.

Each request is a generator that yields the seconds it waits. What a process remembers, when it asks for more tills and
how often it tries is as in the platform, with the platform's own numbers; how long DynamoDB takes is assumed.
"""

from collections.abc import Generator, Iterator
from heapq import heappop, heappush
from itertools import count
from random import Random

from chalicelib.kernel.settle import ATTEMPTS_MAX
from chalicelib.mall.offers import memory
from chalicelib.mall.tills import sizes, spreading
from infra.dev.bench.buyers import (
    HOLD_SECONDS,
    PARTITION_UNITS,
    QUEUE_SECONDS,
    READ_SECONDS,
    READ_TOGETHER,
    SALE_UNITS,
    SERVER_SECONDS,
    WAY_SECONDS,
    Answered,
    Process,
    Setting,
)

Waits = Iterator[float]


class Rush:
    """One run. ``units`` of each till, until when each is held, and what each partition has left."""

    def __init__(self, setting: Setting) -> None:
        self.setting, self.rng, self.now = setting, Random(f"{setting}"), 0.0
        each, over = divmod(setting.stock, setting.tills)
        self.units = [each + (number < over) for number in range(setting.tills)]
        self.held = [0.0] * setting.tills
        self.left = [[float(PARTITION_UNITS), 0.0] for _ in range(setting.partitions)]
        self.processes = [Process(setting.tills) for _ in range(setting.processes)]
        self.answers: list[Answered] = []
        self.grown: list[tuple[float, int]] = [(0.0, setting.tills)]
        self._waiting: list[tuple[float, int, Waits]] = []
        self._numbers = count()

    def run(self) -> "Rush":
        """Until all are answered, or nobody waits for it: ten seconds after the last buyer came."""
        self._begin(self._arrivals(), 0.0)
        while self._waiting and self.now < self.setting.seconds + 10:
            self.now, _, one = heappop(self._waiting)
            wait = next(one, None)
            if wait is not None:
                self._begin(one, wait)
        return self

    def _begin(self, one: Waits, wait: float) -> None:
        heappush(self._waiting, (self.now + wait, next(self._numbers), one))

    def _arrivals(self) -> Waits:
        while self.now < self.setting.seconds:
            self._begin(self._buyer(), 0.0)
            yield self.rng.expovariate(self.setting.rate)

    def _buyer(self) -> Waits:
        """Who is answered ``contended`` sends the same request again after a second."""
        how = "contended"
        while how == "contended":
            began, attempts = self.now, 0
            process = self.processes[self.rng.randrange(len(self.processes))]
            for attempt in range(ATTEMPTS_MAX):
                attempts += 1
                how = yield from self._attempt(process)
                if how in ("sold", "sold_out"):
                    break
                yield self.rng.uniform(0, min(0.3, 0.005 * 2**attempt))
            how = how if how in ("sold", "sold_out") else "contended"
            self.answers.append(Answered(self.now, self.now - began, how, attempts))
            if how == "contended":
                yield 1.0

    def _attempt(self, process: Process) -> Generator[float, None, str]:
        yield SERVER_SECONDS
        if process.conflicts >= memory.CROWDED:
            yield from self._look_for_more(process)
        hopeful = process.tills - len(process.empty)
        look = not hopeful or process.surprises >= memory._SURPRISES_MAX
        if look and (yield from self._read_all(process)):
            return "sold_out"
        till = self._choose(process)
        yield WAY_SECONDS
        if self.held[till] > self.now or not self._has_units():
            self._conflict(process)
            yield WAY_SECONDS
            return "met"
        if not self.units[till]:
            process.empty.add(till)
            process.surprises += 1
            yield WAY_SECONDS
            return "empty"
        yield self._hold(till)
        self.units[till] -= 1
        yield WAY_SECONDS
        return "sold"

    def _hold(self, *tills: int) -> float:
        seconds = HOLD_SECONDS[0] + self.rng.expovariate(1 / HOLD_SECONDS[1])
        for till in tills:
            self.held[till] = self.now + seconds
        return seconds

    def _choose(self, process: Process) -> int:
        while True:
            till = self.rng.randrange(process.tills)
            if till not in process.empty:
                return till

    def _has_units(self) -> bool:
        """Whether the partitions of three items have units left: each gets so many a second, and keeps a second's."""
        found = [self.left[self.rng.randrange(len(self.left))] for _ in range(3)]
        for each in found:
            each[0] = min(PARTITION_UNITS, each[0] + (self.now - each[1]) * PARTITION_UNITS)
            each[1] = self.now
        if min(each[0] for each in found) < SALE_UNITS:
            return False
        for each in found:
            each[0] -= SALE_UNITS
        return True

    def _conflict(self, process: Process) -> None:
        if self.now > process.since + memory.CROWDED_SECONDS:
            process.since, process.conflicts = self.now, 0
        process.conflicts += 1

    def _look_for_more(self, process: Process) -> Waits:
        yield 2 * WAY_SECONDS
        process.conflicts = 0
        if process.tills == len(self.units) and self.setting.grows:
            self._begin(self._worker(process.tills), QUEUE_SECONDS)
        process.tills = len(self.units)

    def _read_all(self, process: Process) -> Generator[float, None, bool]:
        """Whether it is sold out: by a reading of all tills, this one or one of the last second."""
        if process.tills > memory.MANY and self.now < process.sold_out + memory.SOLD_OUT_SECONDS:
            return True
        process.tills = len(self.units)
        yield READ_SECONDS * (1 + process.tills // READ_TOGETHER)
        process.empty = {till for till in range(process.tills) if not self.units[till]}
        process.surprises = 0
        if len(process.empty) < process.tills or process.tills != len(self.units):
            return False
        process.sold_out = self.now
        return True

    def _worker(self, asked: int) -> Waits:
        """More tills, then units by halves, from the fullest to the emptiest."""
        if len(self.units) != asked or not self._may_grow(asked):
            return
        more = min(asked, sizes.STEP_MAX, sizes.TILLS_MAX - asked)
        self.units += [0] * more
        self.held += [0.0] * more
        self.grown.append((self.now, len(self.units)))
        yield 3 * HOLD_SECONDS[0]
        until = self.now + spreading.LEVELLING_SECONDS_MAX
        while (moves := self._moves()) and self.now < until:
            for move in moves:
                yield from self._move(*move)

    def _may_grow(self, tills: int) -> bool:
        more = min(tills, sizes.STEP_MAX, sizes.TILLS_MAX - tills)
        return more > 0 and sum(self.units) >= sizes.UNITS_MIN * (tills + more)

    def _moves(self) -> list[tuple[int, int, int]]:
        """As ``sizes.moves``: from a till, to another, so many."""
        if sum(self.units) < sizes.UNITS_MIN * len(self.units):
            return []
        order = sorted(range(len(self.units)), key=lambda till: -self.units[till])
        pairs = zip(order[: len(order) // 2], reversed(order), strict=False)
        uneven = [(full, bare) for full, bare in pairs if self.units[full] >= 2 * (self.units[bare] + 1)]
        self.rng.shuffle(uneven)
        return [(full, bare, (self.units[full] - self.units[bare]) // 2) for full, bare in uneven]

    def _move(self, full: int, bare: int, units: int) -> Waits:
        for attempt in range(ATTEMPTS_MAX):
            yield SERVER_SECONDS + WAY_SECONDS
            if max(self.held[full], self.held[bare]) <= self.now:
                if self.units[full] >= units:
                    yield self._hold(full, bare)
                    self.units[full] -= units
                    self.units[bare] += units
                return
            yield self.rng.uniform(0, min(spreading.PAUSE_SECONDS_MAX, 0.005 * 2**attempt))
