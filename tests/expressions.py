"""DynamoDB's condition and update expressions, as far as this platform writes them."""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

Raw = dict[str, Any]
Test = Callable[[Raw], bool]

_TOKEN = re.compile(r"\s*(<=|>=|<>|[()=<>,]|[#:]?[\w.#]+)")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: bool(left == right),
    "<>": lambda left, right: bool(left != right),
    "<": lambda left, right: bool(left < right),
    "<=": lambda left, right: bool(left <= right),
    ">": lambda left, right: bool(left > right),
    ">=": lambda left, right: bool(left >= right),
}


class Invalid(Exception):
    """DynamoDB would answer ValidationException."""


class Expression:
    """The expressions of one request, which share their placeholders. ``finish`` refuses unused ones."""

    def __init__(self, request: Raw) -> None:
        self._request = request
        self._names: dict[str, str] = request.get("ExpressionAttributeNames", {})
        self._values: Raw = request.get("ExpressionAttributeValues", {})
        self._unused = {*self._names, *self._values}
        self._tokens: list[str] = []

    def condition(self, name: str) -> Test:
        """The test that the expression called ``name`` makes of an item; absent, it passes."""
        if name not in self._request:
            return lambda _: True
        self._tokens = _TOKEN.findall(self._request[name])
        test = self._either()
        if self._tokens:
            raise Invalid(f"Syntax error in {name}")
        return test

    def update(self, item: Raw) -> Raw:
        """``item`` after the UpdateExpression."""
        changed, verb = dict(item), ""  # an attribute is replaced, never changed within
        for clause in re.split(r"(?:^| )(?=(?:SET|ADD|DELETE|REMOVE) )", self._request["UpdateExpression"]):
            verb, _, terms = clause.strip().partition(" ")
            for term in terms.split(", ") if terms else ():
                parts = re.split(r" = | ", term)
                self._apply(verb, changed, self._name(parts[0]), parts[1:])
        return changed

    def finish(self) -> None:
        if self._unused:
            raise Invalid(f"Value unused in expressions: {sorted(self._unused)}")

    def _apply(self, verb: str, item: Raw, name: str, operand: list[str]) -> None:
        if verb == "REMOVE":
            item.pop(name, None)
            return
        value = self._value(operand[0])
        if verb == "SET":
            item[name] = value
            return
        kind, amount = next(iter(value.items()))
        old = item.get(name, {kind: [] if kind == "SS" else "0"})
        if kind not in old:
            raise Invalid("An operand in the update expression has an incorrect data type")
        if verb == "ADD" and kind == "N":
            item[name] = {"N": str(Decimal(old["N"]) + Decimal(amount))}
        elif verb == "ADD" and kind == "SS":
            item[name] = {"SS": sorted({*old["SS"], *amount})}
        elif verb == "DELETE" and kind == "SS":
            left = sorted(set(old["SS"]) - set(amount))
            item.pop(name, None)
            item |= {name: {"SS": left}} if left else {}
        else:
            raise Invalid(f"Unknown clause {verb} {kind}")

    def _either(self) -> Test:
        tests = [self._both()]
        while self._skip("OR"):
            tests.append(self._both())
        return lambda item: any(test(item) for test in tests)

    def _both(self) -> Test:
        tests = [self._term()]
        while self._skip("AND"):
            tests.append(self._term())
        return lambda item: all(test(item) for test in tests)

    def _term(self) -> Test:
        if self._skip("NOT"):
            test = self._term()
            return lambda item: not test(item)
        if self._skip("("):
            test = self._either()
            self._expect(")")
            return test
        token = self._tokens.pop(0)
        if token in {"attribute_exists", "attribute_not_exists"}:
            self._expect("(")
            path = self._path(self._tokens.pop(0))
            self._expect(")")
            return lambda item: (_at(item, path) is None) == (token == "attribute_not_exists")
        if token == "contains":
            self._expect("(")
            path = self._path(self._tokens.pop(0))
            self._expect(",")
            ((_, member),) = self._value(self._tokens.pop(0)).items()
            self._expect(")")
            return lambda item: member in (_at(item, path) or {"SS": []})["SS"]
        if token == "size":
            return self._size()
        return self._comparison(self._path(token))

    def _size(self) -> Test:
        self._expect("(")
        path = self._path(self._tokens.pop(0))
        self._expect(")")
        compare = _COMPARE[self._tokens.pop(0)]
        wanted = _plain(self._value(self._tokens.pop(0)))
        return lambda item: (found := _at(item, path)) is not None and compare(len(_plain(found)), wanted)

    def _comparison(self, path: list[str]) -> Test:
        operator = self._tokens.pop(0)
        if operator == "IN":
            choices = self._choices()
            return lambda item: _at(item, path) in choices
        if self._tokens[0].startswith("#"):  # another attribute
            other = self._path(self._tokens.pop(0))
            return lambda item: (value := _at(item, other)) is not None and _holds(item, path, operator, value)
        first = self._value(self._tokens.pop(0))
        if operator == "BETWEEN":
            self._expect("AND")
            last = self._value(self._tokens.pop(0))
            if _plain(first) > _plain(last):
                raise Invalid("The BETWEEN operator requires upper bound to be greater than or equal to lower bound")
            return lambda item: _holds(item, path, ">=", first) and _holds(item, path, "<=", last)
        if operator not in _COMPARE:
            raise Invalid(f"Unknown operator {operator}")
        return lambda item: _holds(item, path, operator, first)

    def _choices(self) -> list[Raw]:
        self._expect("(")
        found = [self._value(self._tokens.pop(0))]
        while self._skip(","):
            found.append(self._value(self._tokens.pop(0)))
        self._expect(")")
        return found

    def _name(self, token: str) -> str:
        if not token.startswith("#"):
            return token
        self._unused.discard(token)
        return self._names[token]

    def _path(self, token: str) -> list[str]:
        return [self._name(part) for part in token.split(".")]

    def _value(self, token: str) -> Raw:
        self._unused.discard(token)
        value: Raw = self._values[token]
        return value

    def _skip(self, token: str) -> bool:
        if self._tokens[:1] != [token]:
            return False
        self._tokens.pop(0)
        return True

    def _expect(self, token: str) -> None:
        if not self._skip(token):
            raise Invalid(f"Syntax error: {token} expected")


def ordered(item: Raw, other: Raw, names: Iterable[str]) -> int:
    """-1, 0 or 1: where ``item`` stands relative to ``other`` by its keys."""
    left, right = ([each[name]["S"].encode() for name in names] for each in (item, other))
    return (left > right) - (left < right)


def _at(item: Raw, path: list[str]) -> Raw | None:
    value: Raw | None = {"M": item}
    for part in path:
        value = value.get("M", {}).get(part) if value else None
    return value


def _holds(item: Raw, path: list[str], operator: str, wanted: Raw) -> bool:
    found = _at(item, path)
    if found is None or found.keys() != wanted.keys():
        return operator == "<>"
    return _COMPARE[operator](_plain(found), _plain(wanted))


def _plain(value: Raw) -> Any:
    kind, inner = next(iter(value.items()))
    return Decimal(inner) if kind == "N" else inner.encode() if kind == "S" else inner
