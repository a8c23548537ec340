"""A redemption in this process against a bare boto3 transaction of the same items on the same store, in turn."""

import copy
import json
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import boto3

from chalicelib.table import keys
from infra.dev.bench.setting import Setting, sub
from infra.dev.load.seeds import account_id

ROUNDS = 300


class Ratio(NamedTuple):
    """Medians in milliseconds; ``ratio`` is the median of the ratios pair by pair."""

    accounts: int
    ours: float
    bare: float
    ratio: float


def compare(setting: Setting, accounts: int, progress: Callable[[], None]) -> Ratio:
    """Redemptions of ``ROUNDS`` people among ``accounts``, each followed by a bare twin of its transaction.

    The twin is another person's, or the store would have her account at hand: the redemption has just read it.
    """
    setting.grow(accounts)
    bare = boto3.client("dynamodb")
    ours, theirs = [], []
    for number in range(ROUNDS):
        person = number * accounts // ROUNDS
        with setting.platform.watching() as requests:
            began = time.perf_counter()
            setting.redeem(person)
            ours.append(time.perf_counter() - began)
        twin = _of_another(twin_of(requests[-1]["params"], person), person, (person + 1) % accounts)
        began = time.perf_counter()
        bare.transact_write_items(**twin)
        theirs.append(time.perf_counter() - began)
        progress()
    ratio = statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))
    return Ratio(accounts, statistics.median(ours) * 1e3, statistics.median(theirs) * 1e3, ratio)


def _of_another(twin: dict[str, Any], person: int, other: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(twin).replace(account_id(sub(person)), account_id(sub(other))))
    return found


def twin_of(request: dict[str, Any], person: int) -> dict[str, Any]:
    """The same transaction once more: another Record id, the same person and till."""
    twin = copy.deepcopy(request)
    twin.pop("ClientRequestToken", None)
    item = twin["TransactItems"][0]["Put"]["Item"]
    item["pk"]["S"] = keys.record(keys.digest("bare", str(time.time_ns()), sub(person))).pk
    for name in ("kind", "movement"):  # of no kind: no reaction and no projection waits for a sale that never was
        item[name]["S"] = "-" * len(item[name]["S"])
    item.pop("postings")
    item["twin"] = {"S": "p" * 300}  # as many bytes in its place
    return twin
