"""A DynamoDB in a dictionary, for tests that make thousands of requests.

It answers botocore's requests on the wire, so everything above the network is the real thing. It knows what this
platform says and nothing more; what it does not know is a ValidationException, as are the mistakes that the real one
refuses and other fakes let pass: an unused placeholder, an item twice in a transaction, BETWEEN with its bounds
swapped, an empty key, a negative Limit.
"""

import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectTimeoutError

from tests.expressions import Expression, Invalid, ordered

Raw = dict[str, Any]  # an item in DynamoDB JSON
Place = tuple[str, str]

_KEY_NAMES = ("pk", "sk")
_INDEX_NAMES = ("list", "rank")
_PROJECTED = {*_KEY_NAMES, *_INDEX_NAMES, "category", "merchant", "status"}  # as infra/data.yaml says


@dataclass
class Store:
    """``items`` by their keys. One table, whatever its name."""

    items: dict[Place, Raw] = field(default_factory=dict)
    requests: int = 0
    interruptions: list["Interruption"] = field(default_factory=list)  # what befalls the next transactions
    down: bool = False  # no request gets through
    installed: bool = False  # it is the table of a World
    _done: dict[str, Raw] = field(default_factory=dict)  # transactions by their ClientRequestToken

    def install(self, client: Any) -> None:
        """Answer the requests of ``client``; nothing is sent."""
        client.meta.events.register_last("before-send.dynamodb", self.answer)
        self.installed = True

    def answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        target, body = request.headers["X-Amz-Target"], request.body
        assert isinstance(target, bytes)
        assert isinstance(body, bytes)
        operation, asked = target.decode().rpartition(".")[2], json.loads(body)
        self.requests += 1
        if self.down:
            raise ConnectTimeoutError(endpoint_url=request.url)
        if self.interruptions and operation == "TransactWriteItems":
            return self.interruptions.pop(0)(self, request, asked)
        return self.perform(request, operation, asked)

    def perform(self, request: AWSPreparedRequest, operation: str, asked: Raw) -> AWSResponse:
        """What DynamoDB would do and say."""
        try:
            return respond(request, 200, getattr(self, f"_{operation}")(asked))
        except Invalid as invalid:
            return respond(request, 400, fault("ValidationException", str(invalid)))
        except Refused as refused:
            return respond(request, 400, fault("ConditionalCheckFailedException", str(refused)))
        except Cancelled as cancelled:
            answer = fault("TransactionCanceledException", "Transaction cancelled")
            return respond(request, 400, answer | {"CancellationReasons": cancelled.reasons})

    def _GetItem(self, asked: Raw) -> Raw:
        item = self.items.get(place_of(asked["Key"]))
        return {"Item": item} if item else {}

    def _BatchGetItem(self, asked: Raw) -> Raw:
        [(table, wanted)] = asked["RequestItems"].items()
        places = [place_of(key) for key in wanted["Keys"]]
        if not 1 <= len(places) <= 100 or len(set(places)) < len(places):
            raise Invalid("1 to 100 different keys")
        return {"Responses": {table: [self.items[place] for place in places if place in self.items]}}

    def _Query(self, asked: Raw) -> Raw:
        indexed = "IndexName" in asked
        if indexed and asked.get("ConsistentRead"):
            raise Invalid("Consistent reads are not supported on global secondary indexes")
        if asked.get("Limit", 1) < 1:
            raise Invalid("Limit must be at least 1")
        expression = Expression(asked)
        names = (*_INDEX_NAMES, *_KEY_NAMES) if indexed else _KEY_NAMES
        within = expression.condition("KeyConditionExpression")
        passing = expression.condition("FilterExpression")
        expression.finish()
        found = sorted(
            (item for item in self._among(asked) if all(name in item for name in names) and within(item)),
            key=lambda item: [item[name]["S"].encode() for name in names],
            reverse=not asked.get("ScanIndexForward", True),
        )
        start = asked.get("ExclusiveStartKey")
        if start:
            if set(start) != set(names):
                raise Invalid("The provided starting key is invalid")
            sign = 1 if asked.get("ScanIndexForward", True) else -1
            found = [item for item in found if sign * ordered(item, start, names) > 0]
        page = found[: asked.get("Limit")]
        more = len(page) < len(found)
        last = {"LastEvaluatedKey": {name: page[-1][name] for name in names}} if more else {}
        if indexed:
            page = [{name: value for name, value in item.items() if name in _PROJECTED} for item in page]
        passed = [item for item in page if passing(item)]
        return {"Items": passed, "Count": len(passed), "ScannedCount": len(page)} | last

    def _among(self, asked: Raw) -> Iterable[Raw]:
        """The items that a Query may find."""
        return self.items.values()

    def _Scan(self, asked: Raw) -> Raw:
        """One page, of what a hash of the partition key puts into the segment."""
        expression = Expression(asked)
        passing = expression.condition("FilterExpression")
        expression.finish()
        segment, segments = asked["Segment"], asked["TotalSegments"]
        if not 0 <= segment < segments:
            raise Invalid("The Segment parameter is zero-based and must be less than parameter TotalSegments")
        found = [item for (pk, _), item in self.items.items() if crc32(pk.encode()) % segments == segment]
        passed = [item for item in found if passing(item)]
        return {"Items": passed, "Count": len(passed), "ScannedCount": len(found)}

    def _TransactWriteItems(self, asked: Raw) -> Raw:
        token = asked.get("ClientRequestToken", "")
        if token in self._done:
            if self._done[token] != asked["TransactItems"]:
                raise Invalid("IdempotentParameterMismatchException")
            return {}
        reasons, after = self.judge(asked)
        if any(reason["Code"] != "None" for reason in reasons):
            raise Cancelled(reasons)
        self.apply(after)
        self._done |= {token: asked["TransactItems"]} if token else {}
        return {}

    def _UpdateItem(self, asked: Raw) -> Raw:
        [reason], after = self.judge({"TransactItems": [{"Update": asked}]})
        if reason["Code"] != "None":
            raise Refused("The conditional request failed")
        self.apply(after)
        return {}

    def judge(self, asked: Raw) -> tuple[list[Raw], dict[Place, Raw | None]]:
        """What each condition of a transaction says at present, and what its items would be after it."""
        changes = [next(iter(each.items())) for each in asked["TransactItems"]]
        places = [place_of(change.get("Key") or change["Item"]) for _, change in changes]
        if not 1 <= len(places) <= 100 or len(set(places)) < len(places):
            raise Invalid("1 to 100 different items")
        reasons: list[Raw] = []
        after: dict[Place, Raw | None] = {}
        for place, (action, change) in zip(places, changes, strict=True):
            expression, old = Expression(change), self.items.get(place)
            holds = expression.condition("ConditionExpression")(old or {})
            after[place] = _changed(action, change, expression, old)
            expression.finish()
            reasons.append({"Code": "None"} if holds else {"Code": "ConditionalCheckFailed", "Message": "no"})
            if not holds and old and change.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
                reasons[-1]["Item"] = old
        return reasons, after

    def apply(self, after: dict[Place, Raw | None]) -> None:
        """The items become what a transaction makes of them."""
        for place, item in after.items():
            if item is None:
                self.items.pop(place, None)
            else:
                self.items[place] = item


Interruption = Callable[[Store, AWSPreparedRequest, Raw], AWSResponse]


class Refused(Exception):
    """The condition of a Write that is alone."""


class Cancelled(Exception):
    def __init__(self, reasons: list[Raw]) -> None:
        super().__init__()
        self.reasons = reasons


def _changed(action: str, change: Raw, expression: Expression, old: Raw | None) -> Raw | None:
    if action == "Put":
        item: Raw = change["Item"]
        return _sound(item)
    if action == "Update":
        return _sound(expression.update(old or dict(change["Key"])))
    return None if action == "Delete" else old


def _sound(item: Raw) -> Raw:
    if len(json.dumps(item)) > 400_000:
        raise Invalid("Item size has exceeded the maximum allowed size")
    if any(next(iter(value)) in {"SS", "NS"} and not next(iter(value.values())) for value in item.values()):
        raise Invalid("An string set  may not be empty")
    for name in _INDEX_NAMES:
        if name in item and not item[name].get("S"):
            raise Invalid(f"Type mismatch for Index Key {name}")
    return item


def place_of(key: Raw) -> Place:
    pk, sk = key["pk"]["S"], key["sk"]["S"]
    if not pk or not sk or len(pk.encode()) > 2048 or len(sk.encode()) > 1024:
        raise Invalid("One or more parameter values are not valid: a key is empty or too long")
    return pk, sk


def fault(code: str, message: str) -> Raw:
    """An error as DynamoDB words it."""
    return {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message}


class _Body(io.BytesIO):
    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()


def respond(request: AWSPreparedRequest, status: int, body: Raw) -> AWSResponse:
    """An answer to a request that was never sent (for ``before-send`` hooks)."""
    text = json.dumps(body).encode()
    headers = HTTPHeaders()
    headers["Content-Type"], headers["x-amz-crc32"] = "application/x-amz-json-1.0", str(crc32(text))
    return AWSResponse(request.url, status, headers, _Body(text))
