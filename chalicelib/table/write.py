"""A Write: one conditional change to one item, and the Refusal it stands for if the condition fails."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from chalicelib.errors import Contended, Refusal
from chalicelib.settings import settings
from chalicelib.table.conditions import Attr, ConditionBase, Terms
from chalicelib.table.keys import Key
from chalicelib.table.values import Item, decode, encode

Refuse = Callable[[Item | None], Refusal]

__all__ = [
    "Attr",
    "ConditionBase",
    "Item",
    "Refuse",
    "Write",
    "absent",
    "check",
    "decode",
    "delete",
    "encode",
    "present",
    "put",
    "update",
]


@dataclass(frozen=True)
class Write:
    """``action`` is DynamoDB's (Put, Update, Delete, ConditionCheck); ``refuse`` gets the item as it stood."""

    action: str
    key: Key
    refuse: Refuse
    require: ConditionBase | None = None
    item: Item = field(default_factory=dict)
    assign: Item = field(default_factory=dict)
    add: Item = field(default_factory=dict)
    discard: Item = field(default_factory=dict)
    remove: tuple[str, ...] = ()

    def request(self) -> dict[str, Any]:
        """This Write as an element of ``TransactItems``."""
        terms = Terms()
        body: dict[str, Any] = {
            "TableName": settings().table_name,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if self.action == "Put":
            body["Item"] = encode(self.key.item() | self.item)
        else:
            body["Key"] = encode(self.key.item())
        if self.action == "Update":
            body["UpdateExpression"] = self._expression(terms)
        if self.require is not None:
            body["ConditionExpression"] = self.require.expression(terms)
        return {self.action: body | terms.request()}

    def _expression(self, terms: Terms) -> str:
        clauses = []
        for verb, sign, changes in (("SET", " = ", self.assign), ("ADD", " ", self.add), ("DELETE", " ", self.discard)):
            if changes:
                said = (f"{terms.whole(name)}{sign}{terms.value(value)}" for name, value in changes.items())
                clauses.append(f"{verb} {', '.join(said)}")
        if self.remove:
            clauses.append("REMOVE " + ", ".join(map(terms.whole, self.remove)))
        return " ".join(clauses)


@cache
def present() -> ConditionBase:
    return Attr("pk").exists()


@cache
def absent() -> ConditionBase:
    return Attr("pk").not_exists()


def _contended(_: Item | None) -> Refusal:
    return Contended()


def put(key: Key, item: Item, *, refuse: Refuse = _contended, require: ConditionBase | None = None) -> Write:
    """A new item; refused where one stands already, unless ``require`` says otherwise."""
    return Write("Put", key, refuse, require if require is not None else absent(), item=item)


def update(  # one argument a clause of DynamoDB's UpdateExpression
    key: Key,
    *,
    assign: Item | None = None,
    add: Item | None = None,
    discard: Item | None = None,
    remove: tuple[str, ...] = (),
    require: ConditionBase | None = None,
    refuse: Refuse = _contended,
) -> Write:
    """Changes to an item. Without ``require`` a missing item is made."""
    return Write(
        "Update", key, refuse, require, assign=assign or {}, add=add or {}, discard=discard or {}, remove=remove
    )


def check(key: Key, require: ConditionBase, refuse: Refuse) -> Write:
    """No change; only the condition."""
    return Write("ConditionCheck", key, refuse, require)


def delete(key: Key, *, require: ConditionBase | None = None, refuse: Refuse = _contended) -> Write:
    return Write("Delete", key, refuse, require)
