"""The platform in this process on the local stack's store, driven with API Gateway events."""

import itertools
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from infra.dev.bench.units import Item, transaction_units, update_units
from infra.dev.local.stack import LocalStack

_ASKED = "provide-client-params.dynamodb."


class Change(NamedTuple):
    """The key of an item, the item before and after; ``alone``: outside of any transaction."""

    key: dict[str, Any]
    before: Item | None
    after: Item | None
    alone: bool = False

    @property
    def units(self) -> int:
        """Write units."""
        return (update_units if self.alone else transaction_units)(self.before, self.after)


class Platform:
    """Calls, and what each call asked of DynamoDB."""

    def __init__(self, stack: LocalStack) -> None:
        os.environ.update(stack.environment)
        import app  # reads the environment
        from chalicelib.table.client import client

        self._app, self.store = app.app, client()
        self.table = os.environ["TABLE_NAME"]
        self._watchers: list[list[dict[str, Any]]] = []
        self._numbers = itertools.count(time.time_ns())
        for operation in ("TransactWriteItems", "GetItem", "BatchGetItem", "Query"):
            self.store.meta.events.register(f"{_ASKED}{operation}", self._watch)

    def _watch(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        for seen in self._watchers:
            seen.append({"operation": model.name, "params": params})

    def call(self, method: str, path: str, body: Any, role: str, sub: str, **segments: str) -> dict[str, Any]:
        """One request and its answer. Raises RuntimeError where it is refused."""
        answer = self._app(self.event(method, path, body, role, sub, **segments), None)
        if answer["statusCode"] >= 300:
            raise RuntimeError(f"{method} {path}: {answer['body']}")
        found: dict[str, Any] = json.loads(answer["body"])
        return found

    def event(self, method: str, path: str, body: Any, role: str, sub: str, **segments: str) -> dict[str, Any]:
        """A request as API Gateway hands it over, its token verified."""
        context = {"httpMethod": method, "resourcePath": path, "path": path}
        proven = {"principalId": sub, "role": role, "exp": str(int(time.time()) + 3600)}
        return {
            "headers": {"content-type": "application/json", "idempotency-key": f"bench-{next(self._numbers)}"},
            "multiValueQueryStringParameters": None,
            "pathParameters": segments or None,
            "stageVariables": None,
            "body": json.dumps(body),
            "requestContext": context | {"authorizer": proven},
        }

    @contextmanager
    def watching(self) -> Iterator[list[dict[str, Any]]]:
        """The requests made inside the block."""
        seen: list[dict[str, Any]] = []
        self._watchers.append(seen)
        try:
            yield seen
        finally:
            self._watchers.pop()

    def units(self, act: Callable[[], Any]) -> tuple[list[tuple[str, int]], int]:
        """What ``act`` wrote, as ``(sort key, units)`` an item of its one transaction, and how many reads it made.

        The transaction is looked at before it runs, so that each item's size before and after is known.
        """
        with self.watching() as requests:
            changes = self.changes(act)
        reads = sum(each["operation"] != "TransactWriteItems" for each in requests) - 2 * len(changes)
        costs = [(each.key["sk"]["S"].split(":")[0], each.units) for each in changes]
        return costs, reads

    def changes(self, act: Callable[[], Any]) -> list[Change]:
        """What ``act`` asked to be changed: each item before its transaction or update, and when all is done."""
        images: list[Change] = []

        def note(params: dict[str, Any], **_: Any) -> None:
            images.extend(Change(key, self._get(key), None) for key in map(_key, params["TransactItems"]))

        def note_alone(params: dict[str, Any], **_: Any) -> None:
            images.append(Change(params["Key"], self._get(params["Key"]), None, alone=True))

        noted = ((f"{_ASKED}TransactWriteItems", note), (f"{_ASKED}UpdateItem", note_alone))
        for operation, notes in noted:
            self.store.meta.events.register_first(operation, notes)
        try:
            act()
        finally:
            for operation, notes in noted:
                self.store.meta.events.unregister(operation, notes)
        return [each._replace(after=self._get(each.key)) for each in images]

    def _get(self, key: dict[str, Any]) -> Item | None:
        return self.store.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item")


def _key(request: dict[str, Any]) -> dict[str, Any]:
    ((action, body),) = request.items()
    held = body["Item"] if action == "Put" else body["Key"]
    return {name: held[name] for name in ("pk", "sk")}
