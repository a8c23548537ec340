"""Worlds in which a command is ready to be sent: built by requests once a process, then restored as they were.

A World is its table, its bucket, and what the process remembers of it. Where a queue was used too, it is built each
time.
"""

import itertools
import pickle
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.s3.models import S3Backend, s3_backends

from chalicelib.accounts import queries as accounts
from chalicelib.anomalies import queries as anomalies
from chalicelib.edge.identity import logins
from chalicelib.errors import Refusal
from chalicelib.ledger import debts
from chalicelib.mall.offers import memory
from chalicelib.partners import queries as partners
from chalicelib.queues import sender as queue
from chalicelib.reductions.lookup import queries as reductions
from tests.commands import COMMANDS, Ready
from tests.world import World

_FRESH_SECONDS = 200  # the shortest time that a command leaves, to cancel an order, is 300
_BRIEF = "/sandbox/{run}/v1/holds/"  # but a hold of a sandbox expires within 15
_TIMED = (logins._known, anomalies._remembered)  # what they hold ends with time
_MEMORIES: tuple[Any, ...] = (debts._known, memory._terms, memory._tills, partners._known)
_ASKED: tuple[Any, ...] = (accounts.person, reductions._known)
_kept: dict[str, "_Prepared"] = {}


@dataclass(frozen=True)
class _Prepared:
    at: float
    ready: Ready
    items: bytes
    files: bytes
    done: dict[str, Any]
    requests: int
    number: int
    memories: list[Any]
    asked: list[tuple[Any, str]]


def prepared(name: str, world: World) -> Ready:
    """The command of that name, ready in ``world``, which is new and empty."""
    kept = _kept.get(name)
    if kept and time.monotonic() - kept.at < _FRESH_SECONDS and _is_new(world):
        _restore(kept, world)
        return kept.ready
    quick = _is_new(world) and _BRIEF not in name
    ready: Ready = COMMANDS[name](world)
    if quick and world.store.items and not queue.client.cache_info().currsize:
        _kept[name] = _keep(ready, world)
    return ready


def _is_new(world: World) -> bool:
    return world.store.installed and not world.store.items


def _keep(ready: Ready, world: World) -> _Prepared:
    store, number = world.store, next(world.numbers)
    world.numbers = itertools.count(number)
    memories = [deepcopy(each) for each in (*_MEMORIES, *_TIMED)]
    requests, asked = store.requests, list(_asked(world))
    for function in _ASKED:
        function.cache_clear()  # the looking has filled it
    items, files = pickle.dumps(store.items), pickle.dumps(_bucket().buckets)
    kept = _Prepared(time.monotonic(), ready, items, files, dict(store._done), requests, number, memories, asked)
    for function, holder in asked:
        function(holder)
    store.requests = requests
    return kept


def _bucket() -> S3Backend:
    return s3_backends[ACCOUNT]["aws"]


def _asked(world: World) -> Iterator[tuple[Any, str]]:
    """What functions with a cache were asked: they tell that they knew the answer, and no more."""
    holders = [pk.partition(":")[2] for pk, sk in world.store.items if sk == "account"]
    for function in _ASKED:
        for holder in holders:
            known = function.cache_info().hits
            if _answers(function, holder) and function.cache_info().hits > known:
                yield function, holder


def _answers(function: Callable[[str], Any], holder: str) -> bool:
    try:
        function(holder)
    except Refusal:
        return False
    return True


def _restore(kept: _Prepared, world: World) -> None:
    store, passed = world.store, time.monotonic() - kept.at
    store.items.update(pickle.loads(kept.items))
    _bucket().buckets.update(pickle.loads(kept.files))
    s3_backends.bucket_accounts.update(dict.fromkeys(_bucket().buckets, ("aws", ACCOUNT)))
    for function, holder in kept.asked:
        function(holder)
    store._done.update(kept.done)
    store.requests = kept.requests
    world.numbers = itertools.count(kept.number)
    for known, was in zip((*_MEMORIES, *_TIMED), kept.memories, strict=True):
        copied = deepcopy(was)
        known.extend(copied) if isinstance(known, list) else known.update(copied)
    anomalies._remembered[:] = [(at + passed, each) for at, each in anomalies._remembered]
    logins._known.update({login: (until + passed, each) for login, (until, each) in logins._known.items()})
