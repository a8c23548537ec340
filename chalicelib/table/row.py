"""Items as typed nouns: a frozen dataclass for each kind of item, one field for each attribute.

``dump`` leaves out None and empty collections (DynamoDB has no empty set), so such a field needs a default. ``load``
ignores attributes that the noun does not name (keys, list, rank): a noun may also be a partial view of an item.
"""

import types
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from chalicelib.table.keys import Key

Item = dict[str, Any]
_PLACE = ("pk", "sk", "list", "rank")  # its keys, and where it is listed
N = TypeVar("N")
Convert = Callable[[Any], Any]


@dataclass(frozen=True)
class Row:
    """One item as read. Outside ``table/`` nobody looks into an item: ``load`` it."""

    item: Item

    @property
    def key(self) -> Key:
        return Key(self.item["pk"], self.item["sk"])

    @property
    def attributes(self) -> Item:
        """All that it holds, as JSON can hold it, but its keys and its place in a list."""
        kept = {name: value for name, value in self.item.items() if name not in _PLACE}
        return {name: sorted(value) if isinstance(value, set) else value for name, value in kept.items()}

    def load(self, kind: type[N]) -> N:
        """See ``load``."""
        return load(kind, self.item)


def load(kind: type[N], item: Mapping[str, Any]) -> N:
    """The noun in ``item``. Raises TypeError where an attribute without a default is missing.

    A noun whose items leave out what follows from the rest has ``in_full``, which gives all of it.
    """
    converters = _converters(kind)  # type: ignore[arg-type]  # a class can be hashed
    if in_full := getattr(kind, "in_full", None):
        item = in_full(item)
    return kind(**{name: convert(item[name]) for name, convert in converters if name in item})


def dump(noun: Any) -> Item:
    """The attributes of ``noun``."""
    return {name: plain(value) for name, value in vars(noun).items() if not _is_empty(value)}


def plain(value: Any) -> Any:
    """``value`` as DynamoDB's serializer takes it."""
    if value is None or type(value) in (str, int, bool):
        return value
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, Set):
        return set(value)
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    return dump(value) if is_dataclass(value) else value


def _is_empty(value: Any) -> bool:
    return value is None or value in ((), [], {}, frozenset())


@cache
def _converters(kind: Any) -> tuple[tuple[str, Convert], ...]:
    hints = get_type_hints(kind)
    return tuple((each.name, _converter(hints[each.name])) for each in fields(kind))


def _converter(hint: Any) -> Convert:
    """From what boto3's deserializer gives to what the field's type says."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _optional(get_args(hint))
    if origin is not None:
        return _collection(origin, get_args(hint))
    if is_dataclass(hint):
        return lambda item: load(hint, item)  # type: ignore[arg-type]  # a class, not an instance
    if isinstance(hint, type) and issubclass(hint, tuple):  # a NamedTuple
        return lambda values: hint(*values)
    return _same


def _optional(inner: tuple[Any, ...]) -> Convert:
    some = [each for each in inner if each is not type(None)]
    convert = _converter(some[0]) if len(some) == 1 else _same  # int | str is what it is
    return lambda value: None if value is None else convert(value)


def _collection(origin: Any, inner: tuple[Any, ...]) -> Convert:
    if origin is frozenset:
        return frozenset
    if origin is tuple:
        each = _converter(inner[0])
        return lambda values: tuple(each(value) for value in values)
    if origin is not dict and origin is not Mapping:  # Literal
        return _same
    convert = _converter(inner[1])
    return lambda item: {name: convert(value) for name, value in item.items()}


def _same(value: Any) -> Any:
    return value
