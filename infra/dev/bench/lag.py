"""How far projections are behind at a city's rate, simulated by one seed: shards, batches, shared sums.

What stands in a batch, which trips share a transaction, where it adds its sums and how a conflict is met are the
platform's own code or numbers; how long DynamoDB and Lambda take is assumed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import NamedTuple

from chalicelib.edge.events import _WHOLE_ATTEMPTS, _chunks
from chalicelib.kernel.record import Record
from chalicelib.lanes import LANES
from chalicelib.settings import settings
from infra.dev.bench.trips import CODES

BATCH, WINDOW_SECONDS = 500, 2.0  # of ``project`` (app.py, ADR 61)
STREAM_SECONDS, START_SECONDS = 0.25, 0.02  # until Lambda has read a Record; until the function begins
RECORD_SECONDS = 0.0004  # of the consumer's processor
HOLD_SECONDS = (0.010, 0.010)  # for which a transaction of many items holds them: at least, and on the average beyond
WAY_SECONDS, UPDATE_SECONDS = 0.002, 0.006  # to the store or back; an update outside of transactions

Waits = Iterator[float]
Lock = tuple[object, ...]


@dataclass(frozen=True)
class Setting:
    """``rate``: trips a second, for ``seconds``, over so many ``shards`` alike. ``factor``: batches of a shard at once,
    each of other people (Lambda's ParallelizationFactor).
    """

    rate: int
    shards: int
    factor: int = 1
    seconds: float = 20
    seed: str = "lag"


class Trip(NamedTuple):
    """What the consumer's chunks look at in a Record, and when it was made."""

    scenario: str
    made: float
    form: int = 1


class Stream:
    """One run: until when each sum is held, and how far behind each trip was projected."""

    def __init__(self, setting: Setting) -> None:
        self.setting, self.rng, self.now = setting, Random(f"{setting}"), 0.0
        self.held: dict[Lock, float] = {}
        self.lags: list[float] = []
        self.transactions = self.conflicts = self.batches = 0
        self._waiting: list[tuple[float, int, Waits]] = []
        self._numbers = count()

    def run(self) -> "Stream":
        """Until every trip is projected, or a minute after the last one."""
        readers = self.setting.shards * self.setting.factor
        for _ in range(readers):
            self._begin(self._reader(self._arrivals(self.setting.rate / readers)), 0.0)
        while self._waiting and self.now < self.setting.seconds + 60:
            self.now, _, one = heappop(self._waiting)
            if (wait := next(one, None)) is not None:
                self._begin(one, wait)
        return self

    def _begin(self, one: Waits, wait: float) -> None:
        heappush(self._waiting, (self.now + wait, next(self._numbers), one))

    def _arrivals(self, rate: float) -> list[Trip]:
        """Of one reader's people, in the order of the stream."""
        found, at = list[Trip](), self.rng.expovariate(rate)
        while at < self.setting.seconds:
            found.append(Trip(self.rng.choice(CODES), at))
            at += self.rng.expovariate(rate)
        return found

    def _reader(self, trips: list[Trip]) -> Waits:
        """Batch by batch: a full one at once, any other when the window since its first trip is over."""
        done, lane = 0, [self.rng.randrange(LANES)]
        while done < len(trips):
            full = trips[done + BATCH - 1].made if done + BATCH <= len(trips) else float("inf")
            ready = min(full, trips[done].made + WINDOW_SECONDS) + STREAM_SECONDS
            yield max(0.0, ready - self.now) + START_SECONDS
            batch = [each for each in trips[done : done + BATCH] if each.made + STREAM_SECONDS <= self.now]
            done += len(batch)
            self.batches += 1
            yield RECORD_SECONDS * len(batch)
            for chunk in _chunks(batch):  # type: ignore[arg-type]  # of a Record it looks at form and scenario
                yield from self._apply(chunk, lane)
            yield UPDATE_SECONDS * -(-len(batch) // settings().batch_threads)

    def _apply(self, trips: "Sequence[Record] | Sequence[Trip]", lane: list[int]) -> Waits:
        """One transaction; where a sum is held, again in another lane, then by halves: as ``edge.events._apply``."""
        attempt = 0
        while trips:
            yield WAY_SECONDS
            self.transactions += 1
            sums = self._sums(trips, lane[0])
            if not any(self.held.get(each, 0) > self.now for each in sums):
                yield self._hold(sums)
                self.lags += [self.now - each.made for each in trips]  # type: ignore[union-attr]
                yield WAY_SECONDS
                return
            self.conflicts += 1
            lane[0] = self.rng.randrange(LANES)
            middle = len(trips) // 2
            if middle and attempt >= _WHOLE_ATTEMPTS:
                yield from self._apply(trips[:middle], lane)
                trips = trips[middle:]
            attempt += 1
            yield self.rng.uniform(0, min(0.5, 0.01 * 2**attempt))

    def _hold(self, sums: set[Lock]) -> float:
        seconds = HOLD_SECONDS[0] + self.rng.expovariate(1 / HOLD_SECONDS[1])
        self.held |= dict.fromkeys(sums, self.now + seconds)
        return seconds

    def _sums(self, trips: "Sequence[Record] | Sequence[Trip]", lane: int) -> set[Lock]:
        """Where a transaction adds its sums; pages and lines are its own."""
        found: set[Lock] = {("supply", lane), ("month", lane)}
        for code in {each.scenario for each in trips}:
            found |= {("confirmed", code, lane), ("colour", code, lane), ("day", code, lane)}
        return found
