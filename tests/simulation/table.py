"""DynamoDB as it is at its worst: transactions that meet, an index that lags, a stream for each partition.

``Table`` is what the service keeps, ``Wire`` is the client of a process: it retries as botocore does, and every call
is a place where others come between.
"""

import itertools
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from zlib import crc32

from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from chalicelib import deadline
from tests.simulation.baton import Death
from tests.store import _INDEX_NAMES, _PROJECTED, Cancelled, Place, Raw, Refused, Store, place_of

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

SHARDS = 3
TRIES = 3  # of botocore
_GUARDED_SECONDS = 2 + 5 + 2  # what deadline.guard asks for
Change = tuple[Raw | None, Raw | None]
_RETRIED = {"ThrottlingException", "InternalServerError", "TransactionInProgressException"}


def refused(code: str, status: int = 400, reasons: list[Raw] | None = None) -> ClientError:
    """An error as botocore raises it."""
    answer: Any = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    if reasons is not None:
        answer["CancellationReasons"] = reasons
    return ClientError(answer, "simulated")


class Table(Store):
    """The service: items, locks, index, stream."""

    def __init__(self, sim: "Simulation") -> None:
        super().__init__()
        self.sim = sim
        self.partitions: dict[str, dict[str, Raw]] = defaultdict(dict)
        self.index: dict[str, dict[Place, Raw]] = defaultdict(dict)
        self.lagging: dict[str, deque[tuple[float, Place, Raw | None]]] = defaultdict(deque)
        self.shards: list[list[Raw]] = [[] for _ in range(SHARDS)]
        self.locked: dict[Place, int] = {}
        self.audit: Callable[[dict[Place, Change]], None] = lambda changes: None

    def apply(self, after: dict[Place, Raw | None]) -> None:
        """Commit: the index follows later, the stream has it, and the books are looked at."""
        changes = {place: (self.items.get(place), item) for place, item in after.items()}
        super().apply(after)
        for place, (old, new) in changes.items():
            if old == new:
                continue
            self._keep(place, new)
            self._list(place, old, new)
            if old is None and new is not None and place[1] == "record":
                self.shards[crc32(place[0].encode()) % SHARDS].append(new)
        self.audit(changes)

    def _keep(self, place: Place, new: Raw | None) -> None:
        if new is None:
            self.partitions[place[0]].pop(place[1], None)
        else:
            self.partitions[place[0]][place[1]] = new

    def _list(self, place: Place, old: Raw | None, new: Raw | None) -> None:
        before, after = (each["list"]["S"] if each and "list" in each else None for each in (old, new))
        if before is not None and before != after:
            self._later(before, place, None)
        if after is not None and new is not None:
            self._later(after, place, {name: new[name] for name in new if name in _PROJECTED})

    def _later(self, name: str, place: Place, item: Raw | None) -> None:
        lag = self.sim.rng.random() * 0.1
        if self.sim.happens("stale index"):
            lag = self.sim.rng.choice((1, 10, 120))
        self.lagging[name].append((self.sim.now + lag, place, item))

    def settle_index(self, name: str, *, whole: bool = False) -> None:
        """What the index knows of a list by now: in order, as one replica gets it."""
        waiting, listed = self.lagging[name], self.index[name]
        while waiting and (whole or waiting[0][0] <= self.sim.now):
            _, place, item = waiting.popleft()
            listed.pop(place, None)
            if item is not None:
                listed[place] = item
        if waiting:
            self.sim.seen["the index was stale"] += 1

    def _among(self, asked: Raw) -> Iterable[Raw]:
        """A condition names the partition first: ours, and boto3's builder counts from 0."""
        name = next(iter(asked["ExpressionAttributeValues"].values()))["S"]
        if "IndexName" in asked:
            self.settle_index(name, whole=self.sim.calm)
            return self.index[name].values()
        return self.partitions[name].values()

    def commit(self, asked: Raw, between: Callable[[], None] | None) -> None:
        """A transaction; ``between`` is what happens while it holds its items. Raises Cancelled."""
        token = asked["ClientRequestToken"]
        if token in self._done:
            return
        reasons, after = self.judge(asked)
        for number, place in enumerate(after):
            if place in self.locked:
                reasons[number] = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
                self.sim.seen["a commit met the locks of another"] += 1
        if any(reason["Code"] != "None" for reason in reasons):
            raise Cancelled(reasons)
        if between is None:
            self._done[token] = asked["TransactItems"]
            self.apply(after)
            return
        self.locked |= dict.fromkeys(after, 1)
        commits = True
        try:
            between()
        except Death:  # of the caller: the service decides by itself
            commits = self.sim.rng.random() < 0.5
            raise
        finally:
            for place in after:
                del self.locked[place]
            if commits and not self.sim.baton.ending:
                self._done[token] = asked["TransactItems"]
                self.apply(after)


class Wire:
    """What the platform takes for its DynamoDB client."""

    def __init__(self, sim: "Simulation", table: Table) -> None:
        self.sim, self.table, self.tokens = sim, table, itertools.count()
        self.late: list[tuple[float, Raw]] = []  # requests that are on their way for longer than their callers wait

    def get_item(self, **asked: Any) -> Raw:
        return self._tried("reads", lambda: self.table._GetItem(asked))

    def batch_get_item(self, **asked: Any) -> Raw:
        return self._tried("reads", lambda: self.table._BatchGetItem(asked))

    def query(self, **asked: Any) -> Raw:
        return self._tried("reads", lambda: self.table._Query(asked))

    def scan(self, **asked: Any) -> Raw:
        return self._tried("reads", lambda: self.table._Scan(asked))

    def transact_write_items(self, **asked: Any) -> Raw:
        asked["ClientRequestToken"] = str(next(self.tokens))
        return self._tried("commits", lambda: self._transact(asked))

    def update_item(self, **asked: Any) -> Raw:
        return self._tried("commits", lambda: self._update(asked))

    def _tried(self, what: str, once: Callable[[], Raw]) -> Raw:
        """As botocore's mode "standard" does it."""
        for attempt in range(1, TRIES + 1):
            self.sim.outside(f"{what}")
            deadline.begin(_GUARDED_SECONDS)
            try:
                if "table" in self.sim.away:
                    self.sim.seen["the table was away"] += 1
                    self._wait(2)
                    raise ConnectTimeoutError(endpoint_url="table")
                if what == "reads":
                    self._trouble()
                return once()
            except ClientError as error:
                if error.response["Error"]["Code"] not in _RETRIED or attempt == TRIES:
                    raise
            except (ConnectTimeoutError, ReadTimeoutError):
                if attempt == TRIES:
                    raise
            self.sim.baton.sleep(self.sim.rng.random() * 2 ** (attempt - 1))
        raise AssertionError

    def _wait(self, seconds: float) -> None:
        self.sim.baton.sleep(seconds)

    def _trouble(self) -> None:
        if self.sim.happens("throttling"):
            raise refused("ThrottlingException")
        if self.sim.happens("server error"):
            raise refused("InternalServerError", 500)
        if self.sim.happens("time-out before the commit"):
            self._wait(5)
            raise ReadTimeoutError(endpoint_url="table")

    def _transact(self, asked: Raw) -> Raw:
        sim = self.sim
        self._trouble()
        if any(each[1]["ClientRequestToken"] == asked["ClientRequestToken"] for each in self.late):
            raise refused("TransactionInProgressException")
        for name, code in (("conflict", "TransactionConflict"), ("throttled item", "ThrottlingError")):
            if sim.happens(name):
                reasons = [{"Code": "None"} for _ in asked["TransactItems"]]
                reasons[sim.rng.randrange(len(reasons))] = {"Code": code, "Message": code}
                sim.seen["a commit met a conflict"] += 1
                raise refused("TransactionCanceledException", reasons=reasons)
        if sim.happens("late commit"):
            self.late.append((sim.now + sim.rng.choice((3, 8, 20)), asked))
            self._wait(5)
            raise ReadTimeoutError(endpoint_url="table")
        between = (lambda: sim.outside("commits")) if sim.happens("two phases") else None
        try:
            self.table.commit(asked, between)
        except Cancelled as cancelled:
            self._look(asked, cancelled.reasons)
            raise refused("TransactionCanceledException", reasons=cancelled.reasons) from None
        if sim.happens("death"):
            sim.seen["a process died between commit and answer"] += 1
            raise sim.death("right after its commit")
        if sim.happens("lost answer"):
            sim.seen["an answer was lost after the commit"] += 1
            sim.tell("the answer to the commit is lost")
            if sim.happens("forgotten token"):
                sim.seen["a token was forgotten, and the Record answered"] += 1
                self.table._done.pop(asked["ClientRequestToken"], None)
            self._wait(5)
            raise ReadTimeoutError(endpoint_url="table")
        return {}

    def _update(self, asked: Raw) -> Raw:
        """One update by itself: it waits for no other, and a try that timed out may be made again."""
        self._trouble()
        if place_of(asked["Key"]) in self.table.locked or self.sim.happens("conflict"):
            raise refused("TransactionConflictException")
        try:
            self.table._UpdateItem(asked)
        except Refused:
            raise refused("ConditionalCheckFailedException") from None
        if self.sim.happens("death"):
            raise self.sim.death("right after an update")
        if self.sim.happens("lost answer"):
            self._wait(5)
            raise ReadTimeoutError(endpoint_url="table")
        return {}

    def _look(self, asked: Raw, reasons: list[Raw]) -> None:
        """Why a transaction was cancelled."""
        if any("Item" in each and each["Item"]["sk"]["S"].startswith("entry:") for each in reasons):
            self.sim.seen["a projection found its Records projected"] += 1
        if any(_is_lane(*each) for each in zip(asked["TransactItems"], reasons, strict=True)):
            self.sim.seen["two workers were in a lane"] += 1

    def deliver_late(self) -> None:
        """Requests that have arrived by now commit, though nobody waits for them any more."""
        due, self.late = (
            [each for each in self.late if each[0] <= self.sim.now],
            [each for each in self.late if each[0] > self.sim.now],
        )
        for _, asked in due:
            try:
                self.table.commit(asked, None)
                self.sim.seen["a lost request committed later"] += 1
            except Cancelled:
                pass


def _is_lane(change: Raw, reason: Raw) -> bool:
    """Whether it is the cursor of a lane that was not where its worker had read it."""
    key = next(iter(change.values())).get("Key")
    return bool(key and key["sk"]["S"].startswith("lane:") and reason["Code"] == "ConditionalCheckFailed")


def place(item: Raw) -> Place:
    return place_of(item)


__all__ = ["SHARDS", "_INDEX_NAMES", "Change", "Place", "Raw", "Table", "Wire", "place"]
