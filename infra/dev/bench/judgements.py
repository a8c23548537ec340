"""Batches of reported lines are confirmed, against a bare loop of the same transactions with as many workers.

The stream's consumers rest meanwhile: on AWS they have machines of their own, here they would take turns with both.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

import boto3
from botocore.config import Config

from chalicelib.batches import queries
from chalicelib.batches.items import Batch
from chalicelib.batches.model import NDJSON, file_key, wake_key
from chalicelib.batches.processing import lanes, worker
from chalicelib.files import store
from chalicelib.ledger.account import AnyAccount
from chalicelib.settings import settings
from chalicelib.table import keys, lists, read
from chalicelib.table.write import encode
from infra.dev.bench.setting import Setting, sub
from infra.dev.load.seeds import account_id
from infra.dev.local.settings import WAKING
from infra.dev.local.stack import LocalStack

LINES, ROUNDS = 2_000, 5  # 10 000 lines together; in rounds, because the local store slows while its consumers rest
PEOPLE = LINES // 2  # each goes there and back
FIRST = 100_000  # of them: the accounts before have bare twins, which no consumer files
_PATH = "/v1/reduction-batches/{id}"
Transaction = dict[str, Any]


class Rates(NamedTuple):
    """Lines confirmed a second, and bare transactions a second, round by round."""

    confirmed: list[float]
    bare: list[float]

    @property
    def ratio(self) -> float:
        """Of all rounds together: one round's says more about what else the machine did."""
        return sum(self.confirmed) / sum(self.bare)


def compare(stack: LocalStack, setting: Setting, progress: Callable[[], None]) -> Rates:
    """``ROUNDS`` batches are reported by the stack, and confirmed by this process as the worker.

    Half of a round's bare loop comes before the judgement and half after it, so that a drifting machine hits both
    alike. Raises RuntimeError where a line is left.
    """
    setting.grow(FIRST + PEOPLE)
    made = _made(stack, setting)
    found = Rates([], [])
    for number in range(ROUNDS):
        batch, twins = _reported(setting, f"round-{number}", LINES), _twins(setting, made, number)
        with consumers_resting(stack):
            before = bare(twins[: LINES // 2])
            seconds = _judged(setting, batch)
            after = bare(twins[LINES // 2 :])
        found.confirmed.append(LINES / seconds)
        found.bare.append(LINES / (before + after))
        progress()
    return found


@contextmanager
def consumers_resting(stack: LocalStack) -> Iterator[None]:
    """They have caught up before, and rest inside the block."""
    stack.freeze(*WAKING)
    try:
        yield
    finally:
        stack.thaw(*WAKING)


def _made(stack: LocalStack, setting: Setting) -> list[Transaction]:
    """The transactions of a small batch."""
    batch = _reported(setting, "made", 32)
    with consumers_resting(stack), setting.platform.watching() as requests:
        _judged(setting, batch)
    return confirmations(requests)


def confirmations(requests: Sequence[dict[str, Any]]) -> list[Transaction]:
    """Those transactions of ``requests`` that confirm a reduction; the others are steps of the batch."""
    written = [each["params"] for each in requests if each["operation"] == "TransactWriteItems"]
    return [each for each in written if "Put" in each["TransactItems"][0] and _confirms(record(each))]


def _confirms(record: dict[str, Any]) -> bool:
    return record.get("kind") == {"S": "reduction_confirmed"}


def record(transaction: Transaction) -> dict[str, Any]:
    found: dict[str, Any] = transaction["TransactItems"][0]["Put"]["Item"]
    return found


def _reported(setting: Setting, name: str, count: int) -> str:
    """A batch of ``count`` lines that wait for their confirmation, and whose entries are filed; its id."""
    trip = {"quantity": "12.5", "occurred_at": "2026-01-31T08:00:00Z"}
    lines = [{"record_id": f"{name}-{n}", "account": person_id(n)} | trip for n in range(count)]
    content = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    body = {"scenario": "garden", "lines": count, "sha256": hashlib.sha256(content).hexdigest()}
    call = setting.platform.call
    batch = call("POST", "/v1/reduction-batches", body, "scenario_operator", "bench-operator")["id"]
    store.put(file_key(batch), content, content_type=NDJSON)
    while call("GET", _PATH, None, "bureau", "bench-bureau", id=batch)["status"] != "done":
        time.sleep(0.5)
    while not _filed():
        time.sleep(0.5)
    return str(batch)


def _filed() -> bool:
    """Whether the consumer has caught up, by a look at a few people."""
    some = [account(person) for person in range(0, PEOPLE, PEOPLE // 50)]
    return not any(each.unfiled for each in read.many(some, AnyAccount).values())


def person_id(person: int) -> str:
    return account_id(sub(FIRST + person % PEOPLE))


def account(person: int) -> keys.Key:
    return keys.account(keys.holder(person_id(person)))


def _judged(setting: Setting, batch: str) -> float:
    """The seconds that its confirmation takes. Raises RuntimeError where a line is left."""
    call = setting.platform.call
    call("POST", f"{_PATH}/confirm", {"reason": "bench"}, "bureau", "bench-bureau", id=batch)
    began = time.monotonic()
    process(batch)
    seconds = time.monotonic() - began
    found = call("GET", _PATH, None, "bureau", "bench-bureau", id=batch)
    if (found["status"], found["confirmed"]) != ("done", found["lines"]):
        raise RuntimeError(f"lines are left: {found}")
    return seconds


def process(batch: str) -> None:
    """As the functions on AWS do, one lane after the other."""
    found = read.get(keys.batch(batch), Batch)
    if found is None:
        raise RuntimeError("there is no such batch")
    for lane in queries.progress(batch).open(found.judgement):
        while lanes.turn(found, lane) is lanes.Turn.MORE:
            pass
    worker.arrived(wake_key(batch))


def _twins(setting: Setting, made: Sequence[Transaction], number: int) -> list[Transaction]:
    """The same transactions once more, for other Records and reductions, which wait as a report leaves them."""
    at = "2026-01-31T08:00:00.000Z"
    state = {"status": "reported", "reduction": "p" * 26, "list": lists.REDUCTIONS_REPORTED.name}
    names = [f"twin-{number}-{line}" for line in range(LINES)]
    setting.put([encode(_guard(name).item() | state | {"rank": f"{at}:{name}"}) for name in names])
    return [_twin(made[line % len(made)], name, line % PEOPLE) for line, name in enumerate(names)]


def _guard(name: str) -> keys.Key:
    return keys.reduction("garden", name)


def _twin(transaction: Transaction, name: str, person: int) -> Transaction:
    """The same for another reduction of another person, under a Record of its own: as good a confirmation as any."""
    guard, balance = (next(iter(each.values()))["Key"]["pk"]["S"] for each in transaction["TransactItems"][1:])
    others = {
        record(transaction)["pk"]["S"].removeprefix(keys.record("").pk): keys.digest("twin", name),
        guard: _guard(name).pk,
        balance: account(person).pk,
    }
    text = json.dumps({"TransactItems": transaction["TransactItems"]})
    for old, new in others.items():
        text = text.replace(old, new)
    found: Transaction = json.loads(text)
    return found


def bare(transactions: Sequence[Transaction]) -> float:
    """The seconds that they take as many threads as the worker has."""
    workers = settings().batch_threads
    client = boto3.client("dynamodb", config=Config(max_pool_connections=workers))
    with ThreadPoolExecutor(workers) as pool:
        began = time.monotonic()
        list(pool.map(lambda each: client.transact_write_items(**each), transactions))
        return time.monotonic() - began
