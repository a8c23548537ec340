"""What a trip writes, item by item: one that is reported singly, and a line of a batch."""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from json import dumps
from typing import Any, NamedTuple

from chalicelib.batches.items import Batch
from chalicelib.batches.processing.contents import TextLine
from chalicelib.batches.processing.outcomes import report_lines
from chalicelib.table import keys
from infra.dev.bench.platform import Change, Platform
from infra.dev.bench.setting import Setting, sub
from infra.dev.bench.units import growth
from infra.dev.load.seeds import account_id
from infra.ops.refile import change

SHARES = (30, 15, 10, 7, 6, 5, 4, 4, 3, 3, 3, 2, 2, 2, 2, 2)  # of a hundred trips, by scenario: assumed
EVENT = sum(SHARES)  # Records that the stream brings at once (app.py)
CODES = [f"channel-{number}" for number, share in enumerate(SHARES) for _ in range(share)]
FEW_AT_ONCE = 6  # a million trips a day, on four shards, within the window of two seconds (ADR 61)
TRIP, FEW, ALONE, LINE = "trip", "trip of six at once", "trip that comes alone", "line of a batch"
_SUMS = "sums of the scheme"
_ACCOUNT = "account: balance, totals, grams by colour, what is not filed"
_EARNED = "page of grams by colour"
_NAMED = (  # by the beginning of a key
    ("pk", "record:", "Record"),
    ("pk", "reduction:", "the reported record: its guard, its state"),
    ("sk", "entry:", "line of the statement"),
    ("sk", "reduction:", "pointer, with its place in the scenario's list"),
    ("pk", "scenario-trips:", "page of the scenario's list"),
    ("sk", "earned:", _EARNED),
    ("sk", "account", _ACCOUNT),
)
_BOUNDED = {_SUMS, _EARNED, _ACCOUNT}  # what does not grow with each trip


class Share(NamedTuple):
    """What one trip costs in one kind of item: units of its own transaction, of the consumers, bytes that stay."""

    request: float = 0
    consumers: float = 0
    bytes: float = 0


Table = dict[str, Share]


def total(table: Table) -> Share:
    """All items together."""
    return Share(*map(sum, zip(*table.values(), strict=True)))


def tables(platform: Platform, setting: Setting) -> dict[str, Table]:
    """Each way, behind as many trips of the same people that make the sums of the month."""
    for code in dict.fromkeys(CODES):
        setting.new_scenario(code)
    setting.grow(EVENT)
    for name in ("first", "second"):
        _measure(platform, setting, _single, name)
    return {
        TRIP: _measure(platform, setting, _single, "t"),
        FEW: _measure(platform, setting, _single, "f", at_once=FEW_AT_ONCE),
        ALONE: _measure(platform, setting, _single, "a", at_once=1),
        LINE: _measure(platform, setting, _lines, "l"),
    }


def _single(setting: Setting, name: str) -> None:
    for person, code in enumerate(CODES):
        setting.report(person, f"trip-{name}-{person:06d}"[-24:], code)


def _lines(_: Setting, name: str) -> None:
    """A file for each scenario, as a worker takes in a slice."""
    with ThreadPoolExecutor(1) as pool:
        for code in dict.fromkeys(CODES):
            people = [person for person, each in enumerate(CODES) if each == code]
            lines = [_line(number, f"{name}-{each}", each) for number, each in enumerate(people, 1)]
            report_lines(pool, _batch(code, name, len(lines)), 1, lines)


def _batch(scenario: str, name: str, lines: int) -> Batch:
    id = keys.digest(name, scenario)
    at = datetime.now(UTC).isoformat()
    known = {"id": id, "scenario": scenario, "lines": lines, "sha256": "", "operator": "bench-operator"}
    return Batch(status="processing", created_at=at, **known)  # type: ignore[arg-type]


def _line(number: int, record: str, person: int) -> TextLine:
    trip = {"record_id": record.rjust(20, "0")[-20:], "account": account_id(sub(person))}
    trip |= {"quantity": "12.5", "occurred_at": "2026-01-31T08:00:00Z"}
    return TextLine(number, 0, 0, dumps(trip).encode())


def _measure(
    platform: Platform, setting: Setting, report: Callable[[Setting, str], None], name: str, at_once: int = EVENT
) -> Table:
    import app

    asked = platform.changes(lambda: report(setting, name))
    new = (each.after for each in asked if each.before is None)
    records = [after for after in new if after and "movement" in after]
    if len(records) != EVENT:
        raise RuntimeError(f"{len(records)} Records of {EVENT} trips")
    random.Random(0).shuffle(records)  # the stream mixes what comes at once
    events = ({"Records": [*map(change, records[start : start + at_once])]} for start in range(0, EVENT, at_once))
    followed = platform.changes(lambda: [(app.project(each, None), app.react(each, None)) for each in events])
    return _shares(asked, followed)


def _shares(asked: Iterable[Change], followed: Iterable[Change]) -> Table:
    requests, consumers, kept = Counter[str](), Counter[str](), Counter[str]()
    for changes, units in ((asked, requests), (followed, consumers)):
        for each in changes:
            name = _name(each.key)
            units[name] += each.units
            kept[name] += 0 if name in _BOUNDED else growth(each.before, each.after)
    names = dict.fromkeys([*requests, *consumers])
    return {each: Share(requests[each] / EVENT, consumers[each] / EVENT, kept[each] / EVENT) for each in names}


def _name(key: Any) -> str:
    return next((name for which, begins, name in _NAMED if key[which]["S"].startswith(begins)), _SUMS)
