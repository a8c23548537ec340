"""DynamoDB's arithmetic: what a request costs in request units, from the bytes of the items it touches."""

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

# What the index `listing` holds of an item: its keys and the included attributes (infra/data.yaml).
_INDEX_KEYS = ("list", "rank")
_PROJECTED = (*_INDEX_KEYS, "pk", "sk", "category", "merchant", "status")

Item = Mapping[str, Any]  # in DynamoDB JSON


def size(item: Item | None) -> int:
    """Bytes of an item: UTF-8 of names and texts; a number takes about half a byte a digit and one more."""
    return sum(len(name.encode()) + _value(value) for name, value in (item or {}).items())


def _value(value: Mapping[str, Any]) -> int:
    ((kind, held),) = value.items()
    if kind in {"S", "B"}:
        return len(held.encode() if isinstance(held, str) else held)
    if kind == "N":
        return ceil(len(str(held).strip("-").replace(".", "")) / 2) + 1 + str(held).startswith("-")
    if kind in {"SS", "NS"}:
        return sum(_value({kind[0]: each}) for each in held)
    if kind == "L":
        return 3 + sum(1 + _value(each) for each in held)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _value(each) for name, each in held.items())
    return 1  # BOOL, NULL


_OVERHEAD = 100  # bytes that DynamoDB adds to an item, and to its copy in the index


def growth(before: Item | None, after: Item | None) -> int:
    """Bytes that a change adds to the table and its index."""
    return _held(after) - _held(before)


def _held(item: Item | None) -> int:
    return sum(_OVERHEAD + size(each) for each in (item, _indexed(item)) if each is not None)


def transaction_units(before: Item | None, after: Item | None) -> int:
    """Write units of one item in a transaction: two for each KB of the larger image, and its index writes."""
    return 2 * max(1, ceil(max(size(before), size(after)) / 1024)) + _index_units(before, after)


def update_units(before: Item | None, after: Item | None) -> int:
    """The same outside of any transaction: half."""
    return max(1, ceil(max(size(before), size(after)) / 1024)) + _index_units(before, after)


def _index_units(before: Item | None, after: Item | None) -> int:
    return sum(units for _, units in index_units(before, after))


def index_units(before: Item | None, after: Item | None) -> Iterator[tuple[str, int]]:
    """Write units of the same in the index, by the list that takes them."""
    old, new = _indexed(before), _indexed(after)
    if old == new:
        return
    if old is not None and (new is None or any(old[name] != new[name] for name in _INDEX_KEYS)):
        yield old["list"]["S"], max(1, ceil(size(old) / 1024))  # the entry at the old place goes
    if new is not None:
        yield new["list"]["S"], max(1, ceil(max(size(new), size(old)) / 1024))


def _indexed(item: Item | None) -> dict[str, Any] | None:
    if item is None or any(name not in item for name in _INDEX_KEYS):
        return None
    return {name: item[name] for name in _PROJECTED if name in item}
