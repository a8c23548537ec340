"""Conditions on items: ``Attr("stock").gte(2) & Attr("status").eq("on_shelf")``, written in DynamoDB's expressions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.table.values import encode


class Terms:
    """The placeholders of one request's expressions, and what they stand for."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}

    def name(self, path: str) -> str:
        """``a.b`` is the member b of the map a."""
        return ".".join(map(self.whole, path.split(".")))

    def whole(self, name: str) -> str:
        """An attribute whose name may hold a dot."""
        mark = f"#n{len(self.names)}"
        self.names[mark] = name
        return mark

    def value(self, held: Any) -> str:
        mark = f":v{len(self.values)}"
        self.values[mark] = held
        return mark

    def request(self) -> dict[str, Any]:
        """Members of the request, where there are any."""
        found: dict[str, Any] = {}
        if self.names:
            found["ExpressionAttributeNames"] = self.names
        if self.values:
            found["ExpressionAttributeValues"] = encode(self.values)
        return found


@dataclass(frozen=True)
class ConditionBase:
    """``form`` with its blanks filled: first by the attribute's path, if there is one, then by ``held``."""

    form: str
    path: str = ""
    held: tuple[Any, ...] = ()

    def __and__(self, other: "ConditionBase") -> "ConditionBase":
        return ConditionBase("({} AND {})", held=(self, other))

    def __or__(self, other: "ConditionBase") -> "ConditionBase":
        return ConditionBase("({} OR {})", held=(self, other))

    def __invert__(self) -> "ConditionBase":
        return ConditionBase("(NOT {})", held=(self,))

    def expression(self, terms: Terms) -> str:
        blanks = [terms.name(self.path)] if self.path else []
        for each in self.held:
            blanks.append(each.expression(terms) if isinstance(each, ConditionBase) else terms.value(each))
        return self.form.format(*blanks)


@dataclass(frozen=True)
class Attr:
    """An attribute, or a member of one: ``merchant.status``."""

    path: str

    def _is(self, form: str, *held: Any) -> ConditionBase:
        return ConditionBase(form, self.path, held)

    def eq(self, value: Any) -> ConditionBase:
        return self._is("{} = {}", value)

    def ne(self, value: Any) -> ConditionBase:
        return self._is("{} <> {}", value)

    def lt(self, value: Any) -> ConditionBase:
        return self._is("{} < {}", value)

    def lte(self, value: Any) -> ConditionBase:
        return self._is("{} <= {}", value)

    def gt(self, value: Any) -> ConditionBase:
        return self._is("{} > {}", value)

    def gte(self, value: Any) -> ConditionBase:
        return self._is("{} >= {}", value)

    def between(self, low: Any, high: Any) -> ConditionBase:
        return self._is("{} BETWEEN {} AND {}", low, high)

    def is_in(self, values: Sequence[Any]) -> ConditionBase:
        return self._is("{} IN (" + ", ".join(["{}"] * len(values)) + ")", *values)

    def contains(self, value: Any) -> ConditionBase:
        return self._is("contains({}, {})", value)

    def exists(self) -> ConditionBase:
        return self._is("attribute_exists({})")

    def not_exists(self) -> ConditionBase:
        return self._is("attribute_not_exists({})")
