"""Files of trips are taken in, against a bare loop of the same transactions with as many workers; and what memory that
takes, whatever the size of the file.

The stream's consumers and the queue's workers rest meanwhile: this process is the worker.
"""

import hashlib
import json
import resource
import time
from collections.abc import Callable, Iterator, Sequence

from chalicelib.batches.model import NDJSON, file_key
from chalicelib.batches.processing import worker
from chalicelib.files.parts import Parts
from chalicelib.table import keys
from infra.dev.bench.figures import Figure
from infra.dev.bench.judgements import (
    FIRST,
    PEOPLE,
    Rates,
    Transaction,
    account,
    bare,
    confirmations,
    consumers_resting,
    person_id,
    process,
    record,
)
from infra.dev.bench.setting import Setting
from infra.dev.local.stack import LocalStack

LINES, ROUNDS = 2_000, 5
MEMORY_MB_MAX = 32
SIZES = (10_000, 100_000, 1_000_000)
_SOUND_EACH = 1_000  # one of so many lines is sound, where memory is measured; the others cost the table nothing
_PATH = "/v1/reduction-batches"


def compare(stack: LocalStack, setting: Setting, progress: Callable[[], None]) -> Rates:
    """Lines taken in a second, from the file's arrival to the batch's end, and bare transactions a second.

    Half of a round's bare loop comes before the file and half after it. Raises RuntimeError where a line is left.
    """
    setting.grow(FIRST + PEOPLE)
    found = Rates([], [])
    with consumers_resting(stack):
        with setting.platform.watching() as requests:
            _taken(setting, _trips("intake-made", 32))
        made = confirmations(requests)
        for number in range(ROUNDS):
            twins = [_twin(made[n % len(made)], f"intake-twin-{number}-{n}", n % PEOPLE) for n in range(LINES)]
            before = bare(twins[: LINES // 2])
            seconds = _taken(setting, _trips(f"intake-{number}", LINES))
            after = bare(twins[LINES // 2 :])
            found.confirmed.append(LINES / seconds)
            found.bare.append(LINES / (before + after))
            progress()
    return found


def memory(stack: LocalStack, setting: Setting) -> Figure:
    """The most memory that this process has had, after files of ``SIZES``: it never sinks."""
    found = []
    with consumers_resting(stack):
        for size in SIZES:
            _taken(setting, _mixed(f"memory-{size}", size))
            found.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return Figure(
        "Memory that a file takes",
        ("lines", f"MB at most (together {MEMORY_MB_MAX} more)"),
        [(f"{size:,}", f"{each:.0f}") for size, each in zip(SIZES, found, strict=True)],
        "Of this process, which plans the file, goes through its lanes and joins what is refused: 999 lines of 1,000.",
        found[-1] - found[0] <= MEMORY_MB_MAX,
    )


def _taken(setting: Setting, lines: Callable[[], Iterator[bytes]]) -> float:
    """The seconds from the arrival of a file to the end of its batch. Raises RuntimeError where a line is left."""
    digest, count = hashlib.sha256(), 0
    for line in lines():
        digest.update(line)
        count += 1
    body = {"scenario": "metro", "lines": count, "sha256": digest.hexdigest()}
    call = setting.platform.call
    batch = str(call("POST", _PATH, body, "scenario_operator", "bench-operator")["id"])
    file = Parts(file_key(batch), NDJSON)
    for line in lines():
        file.add(line)
    file.finish()
    began = time.monotonic()
    worker.arrived(file_key(batch))
    process(batch)
    seconds = time.monotonic() - began
    found = call("GET", f"{_PATH}/{{id}}", None, "bureau", "bench-bureau", id=batch)
    if (found["status"], found["converted"] + found["refused"]) != ("done", count):
        raise RuntimeError(f"lines are left: {found}")
    return seconds


def _trips(name: str, count: int, first: int = 0) -> Callable[[], Iterator[bytes]]:
    """Of as many people, from the ``first``."""
    trip = {"quantity": "12.5", "occurred_at": "2026-01-31T08:00:00Z"}
    people = (person_id(person) for person in range(first, first + count))
    lines = ({"record_id": f"{name}-{n}", "account": account} | trip for n, account in enumerate(people))
    made = [f"{json.dumps(line)}\n".encode() for line in lines]
    return lambda: iter(made)


def _mixed(name: str, count: int) -> Callable[[], Iterator[bytes]]:
    """So many lines, made as they are read."""

    def lines() -> Iterator[bytes]:
        for start in range(0, count, _SOUND_EACH):
            yield from _trips(f"{name}-{start}", 1, first=start // _SOUND_EACH)()
            yield from (b'{"record_id": "%d", "quantity": 1}\n' % n for n in range(start + 1, start + _SOUND_EACH))

    return lines


def _twin(transaction: Transaction, name: str, person: int) -> Transaction:
    """The same for another trip of another person: as good a report as any."""
    items: Sequence[Transaction] = transaction["TransactItems"]
    guard, balance = items[1]["Put"]["Item"]["pk"]["S"], items[2]["Update"]["Key"]["pk"]["S"]
    others = {
        record(transaction)["pk"]["S"].removeprefix(keys.record("").pk): keys.digest("twin", name),
        guard: keys.reduction("metro", name).pk,
        balance: account(person).pk,
    }
    text = json.dumps({"TransactItems": items})
    for old, new in others.items():
        text = text.replace(old, new)
    found: Transaction = json.loads(text)
    return found
