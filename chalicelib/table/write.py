"""A Write: one conditional change to one item, and the Refusal it stands for if the condition fails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

from boto3.dynamodb.conditions import Attr, BuiltConditionExpression, ConditionBase, ConditionExpressionBuilder
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from chalicelib.errors import Contended, Refusal
from chalicelib.settings import settings
from chalicelib.table.keys import Key
from chalicelib.table.lists import Listing
from chalicelib.table.row import Item, N, dump, load, plain

Refuse = Callable[[Item | None], Refusal]

__all__ = [
    "Attr",
    "ConditionBase",
    "Item",
    "Listing",
    "Refuse",
    "Write",
    "absent",
    "check",
    "delete",
    "present",
    "put",
    "seen",
    "seen_first",
    "update",
]


class _Reader(TypeDeserializer):
    """Amounts are integers, so numbers come back as ``int`` (boto3 gives Decimal)."""

    def _deserialize_n(self, value: str) -> int:
        return int(value)


_writer = TypeSerializer()
_INT_END = 10**38  # of a longer one, boto3 says that DynamoDB cannot keep it
_reader = _Reader()


def encode(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _written(value) for name, value in item.items()}


def _written(value: Any) -> dict[str, Any]:
    """``value`` as boto3 writes it. It asks each value for ten types in turn; ours are nearly always one of these."""
    kind = type(value)
    if kind is str:
        return {"S": value}
    if kind is bool:
        return {"BOOL": value}
    if kind is int and -_INT_END < value < _INT_END:
        return {"N": str(value)}
    if kind is dict:
        return {"M": {name: _written(each) for name, each in value.items()}}
    if kind is list or kind is tuple:
        return {"L": [_written(each) for each in value]}
    return cast(dict[str, Any], _writer.serialize(plain(value)))


def decode(item: Mapping[str, Any] | None) -> Item | None:
    return {name: _reader.deserialize(value) for name, value in item.items()} if item else None


@dataclass(frozen=True)
class Write:
    """``action`` is DynamoDB's (Put, Update, Delete, ConditionCheck); ``refuse`` gets the item as it stood.
    ``held`` is called where another transaction held the item: it may remember that, and decides nothing."""

    action: str
    key: Key
    refuse: Refuse
    require: ConditionBase | None = None
    item: Item = field(default_factory=dict)
    assign: Mapping[str, Any] = field(default_factory=dict)
    add: Mapping[str, Any] = field(default_factory=dict)
    discard: Mapping[str, Any] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    held: Callable[[], None] = lambda: None

    def request(self) -> dict[str, Any]:
        """This Write as an element of ``TransactItems``."""
        names: dict[str, str] = {}
        values: dict[str, Any] = {}
        body: dict[str, Any] = {
            "TableName": settings().table_name,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if self.action == "Put":
            body["Item"] = encode(self.key.item() | self.item)
        else:
            body["Key"] = encode(self.key.item())
        if self.action == "Update":
            body["UpdateExpression"] = self._expression(names, values)
        if self.require is not None:
            built = _never_before() if self.require is absent() else _built(self.require)
            body["ConditionExpression"] = built.condition_expression
            names |= built.attribute_name_placeholders
            values |= built.attribute_value_placeholders
        if names:
            body["ExpressionAttributeNames"] = names
        if values:
            body["ExpressionAttributeValues"] = encode(values)
        return {self.action: body}

    def _expression(self, names: dict[str, str], values: dict[str, Any]) -> str:
        clauses = []
        for verb, sign, changes in (("SET", " = ", self.assign), ("ADD", " ", self.add), ("DELETE", " ", self.discard)):
            terms = []
            for number, (name, value) in enumerate(changes.items()):
                mark = f"{verb[0]}{number}"
                names[f"#{mark}"], values[f":{mark}"] = name, value
                terms.append(f"#{mark}{sign}:{mark}")
            if terms:
                clauses.append(f"{verb} {', '.join(terms)}")
        for number, name in enumerate(self.remove):
            names[f"#R{number}"] = name
        if self.remove:
            clauses.append("REMOVE " + ", ".join(f"#R{number}" for number in range(len(self.remove))))
        return " ".join(clauses)


@cache
def present() -> ConditionBase:
    return cast(ConditionBase, Attr("pk").exists())


@cache
def absent() -> ConditionBase:
    return cast(ConditionBase, Attr("pk").not_exists())


def _built(condition: ConditionBase) -> BuiltConditionExpression:
    return ConditionExpressionBuilder().build_expression(condition)


@cache
def _never_before() -> BuiltConditionExpression:
    """What nearly every put requires. Nobody changes what it holds."""
    return _built(absent())


def _contended(_: Item | None) -> Refusal:
    return Contended()


def seen(kind: type[N], refuse: Callable[[N | None], Refusal]) -> Refuse:
    """``refuse`` gets the item as it stood when the condition failed, as a ``kind``; None where there was none."""
    return lambda item: refuse(load(kind, item) if item else None)


def seen_first(kind: type[N], why: Callable[[N | None], Refusal | None], otherwise: Refuse) -> Refuse:
    """What ``why`` finds in the item as it stood, as a ``kind``; where it finds nothing, what ``otherwise`` says."""
    return lambda item: why(load(kind, item) if item else None) or otherwise(item)


def put(
    key: Key,
    noun: Any,
    *,
    listed: Listing | None = None,
    refuse: Refuse = _contended,
    require: ConditionBase | None = None,
) -> Write:
    """A new item from ``noun``; refused where one stands already, unless ``require`` says otherwise."""
    item = (noun if isinstance(noun, dict) else dump(noun)) | (listed.attributes if listed else {})
    return Write("Put", key, refuse, require if require is not None else absent(), item=item)


def update(  # one argument a clause of DynamoDB's UpdateExpression
    key: Key,
    *,
    assign: Mapping[str, Any] | None = None,
    add: Mapping[str, Any] | None = None,
    discard: Mapping[str, Any] | None = None,
    remove: tuple[str, ...] = (),
    listed: Listing | None = None,
    require: ConditionBase | None = None,
    refuse: Refuse = _contended,
) -> Write:
    """Changes to an item. Without ``require`` a missing item is made. ``listed`` is its new place in a list."""
    after = {**(assign or {}), **(listed.attributes if listed else {})}
    return Write("Update", key, refuse, require, assign=after, add=add or {}, discard=discard or {}, remove=remove)


def check(key: Key, require: ConditionBase, refuse: Refuse) -> Write:
    """No change; only the condition."""
    return Write("ConditionCheck", key, refuse, require)


def delete(key: Key, *, require: ConditionBase | None = None, refuse: Refuse = _contended) -> Write:
    return Write("Delete", key, refuse, require)
