"""Values as DynamoDB writes them. Amounts are integers, so a number is an ``int``, on both sides."""

from collections.abc import Callable, Mapping
from typing import Any

Item = dict[str, Any]


def encode(item: Mapping[str, Any]) -> dict[str, Any]:
    """Raises TypeError for what an item may not hold (a float, for one)."""
    return {name: _encoded(value) for name, value in item.items()}


def decode(item: Mapping[str, Any] | None) -> Item | None:
    return {name: _decoded(value) for name, value in item.items()} if item else None


def _encoded(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"S": value}
    if value is None:
        return {"NULL": True}
    if isinstance(value, int):
        return {"BOOL": value} if isinstance(value, bool) else {"N": str(value)}
    if isinstance(value, Mapping):
        return {"M": encode(value)}
    if isinstance(value, list | tuple):
        return {"L": [_encoded(each) for each in value]}
    if not isinstance(value, set | frozenset) or not all(isinstance(each, str) for each in value):
        raise TypeError(f"an item holds no {type(value).__name__}")
    return {"SS": sorted(value)}


def _decoded(value: Mapping[str, Any]) -> Any:
    [(kind, held)] = value.items()
    return _READ[kind](held)


_READ: dict[str, Callable[[Any], Any]] = {
    "S": str,
    "BOOL": bool,
    "N": int,
    "NULL": lambda _: None,
    "M": lambda held: {name: _decoded(each) for name, each in held.items()},
    "L": lambda held: [_decoded(each) for each in held],
    "SS": set,
}
