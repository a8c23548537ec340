"""The platform as its users meet it, in one process: every call goes through app.py and the authorizer.

``World`` also has the everyday setting of the tests: a metro scenario, people with points, a merchant, an offer.
"""

import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from chalice.test import Client

from chalicelib.kernel.record import Record
from chalicelib.kernel.settle import Settled, perform
from chalicelib.mall.categories import lanes
from chalicelib.mall.offers import queries
from chalicelib.mall.redemptions import actions
from chalicelib.table import keys, lists, read
from chalicelib.table.commit import commit
from chalicelib.table.keys import Key
from chalicelib.table.write import decode, update
from tests.store import Store
from tests.tokens import token

PEOPLE = ["11010519491231002X", "440524188001010014"]
CODES = ["91350100M000100Y43", "91512081MA62K0260E", "11320000MB151840XJ", "9144030071526726XG"]
AT = "2024-01-15T08:00:00Z"  # when a trip is made, unless a test says otherwise


@dataclass
class Answer:
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> str:
        """The refusal's code; "" where nothing was refused."""
        return str(self.body.get("code", ""))

    @property
    def refused(self) -> tuple[int, str]:
        return self.status, self.code

    @property
    def pointers(self) -> list[str]:
        """The fields that a 422 names."""
        return [fault["pointer"] for fault in self.body["errors"]]


def _tick() -> None:
    """Until the next millisecond: what is made after another bears a later time, however fast the machine is."""
    made = time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 == made:
        pass


@dataclass
class World:
    client: Client
    items: Callable[[], list[dict[str, Any]]]  # every item of the table in DynamoDB JSON
    store: Store = field(default_factory=Store)  # the table, unless it is the engine's
    numbers: Any = field(default_factory=itertools.count)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        role: str | None = None,
        sub: str = "",
        key: str | None = "",
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
        **params: Any,
    ) -> Answer:
        """One HTTP call. ``key``: "" makes a new Idempotency-Key, None sends none."""
        sent = {"Content-Type": "application/json", "Accept": "application/json"}
        if role:
            sent["Authorization"] = f"Bearer {token(role, sub)}"
        if method != "GET" and key is not None:
            sent["Idempotency-Key"] = key or f"key-{next(self.numbers)}"
        sent |= headers or {}
        payload = raw if raw is not None else json.dumps(body).encode() if body is not None else b""
        asked = path + (f"?{urlencode(params)}" if params else "")
        try:
            got = self.client.http.request(method, asked, headers=sent, body=payload)
        except Exception as error:
            if str(error) != "Unauthorized":  # the authorizer's word, which API Gateway answers with 401
                raise
            return Answer(401, {"code": "unauthenticated"}, {})
        if method != "GET" and got.status_code < 300:
            _tick()
        parsed = json.loads(got.body) if "json" in str(got.headers.get("Content-Type")) else got.body
        return Answer(got.status_code, parsed, dict(got.headers))

    def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("POST", path, {} if body is None else body, **options)

    def patch(self, path: str, body: Any, **options: Any) -> Answer:
        return self.call("PATCH", path, body, **options)

    def get(self, path: str, **options: Any) -> Answer:
        return self.call("GET", path, **options)

    # the everyday setting

    def person(self, sub: str = "alice", number: str = PEOPLE[0]) -> str:
        body = {"kind": "individual", "name": "王小明", "identity_number": number}
        return str(self._made(self.post("/v1/accounts", body, role="individual", sub=sub))["id"])

    def institution(self, sub: str = "shop", code: str = CODES[0]) -> str:
        body = {"kind": "institution", "name": "示例商贸", "credit_code": code}
        return str(self._made(self.post("/v1/accounts", body, role="institution", sub=sub))["id"])

    def merchant(self, sub: str = "shop", code: str = CODES[0], mode: str = "other") -> str:
        account = self.institution(sub, code)
        body = {"account": account, "mode": mode, "reason": "letter 2026-1"}
        self._made(self.post("/v1/merchants", body, role="exchange", sub="exchange"))
        return account

    def methodology(self, code: str = "SHCER-01", **changes: Any) -> Answer:
        """Publish it; 409 where it stands already."""
        body = {
            "code": code,
            "title": "碳普惠方法学",
            "kind": "scenario",
            "document_sha256": "0" * 64,
            "valid_from": "2020-01-01T00:00:00Z",
            "valid_until": None,
        } | changes
        return self.post("/v1/methodologies", body, role="bureau", sub="bureau")

    def scenario(self, code: str = "metro", **changes: Any) -> dict[str, Any]:
        """Publish it, and its methodology before it."""
        self.methodology()
        body = {
            "code": code,
            "name": "轨道交通出行",
            "methodology": "SHCER-01",
            "operator": "operator",
            "unit": "km",
            "grams_per_unit": "71",
            "confirmation": "automatic",
            "daily_cap_grams": None,
            "valid_from": "2020-01-01T00:00:00Z",
            "valid_until": None,
        } | changes
        made: dict[str, Any] = self._made(self.post("/v1/scenarios", body, role="bureau", sub="bureau"))
        return made

    def report(self, account: str, quantity: str = "100", record: str = "", **options: Any) -> Answer:
        body = {
            "record_id": record or f"trip-{next(self.numbers)}",
            "account": account,
            "scenario": options.pop("scenario", "metro"),
            "quantity": quantity,
            "occurred_at": options.pop("occurred_at", AT),
        }
        options = {"role": "scenario_operator", "sub": "operator"} | options
        return self.post("/v1/reductions", body, **options)

    def offer(self, sub: str = "shop", **changes: Any) -> str:
        body = {
            "title": "地铁单程票",
            "description": "一张",
            "category": "transport",
            "points": 1000,
            "stock": 10,
            "per_account_limit": None,
            "starts_at": None,
            "ends_at": None,
            "fulfilment": "voucher",
        } | changes
        return str(self._made(self.post("/v1/offers", body, role="institution", sub=sub))["id"])

    def end_offer(self, offer: str, at: str) -> None:
        """Give the offer an end (RFC 3339) in the past, as if its time were over."""
        item = self.item(keys.offer(offer)) or {}
        tills = [keys.account(keys.till(offer, stripe)) for stripe in range(item["stripes"])]
        commit([update(key, assign={"ends_at": at}) for key in (keys.offer(offer), *tills)])

    def redeem(
        self, offer: str, points: int = 1000, quantity: int = 1, *, sub: str = "alice", **options: Any
    ) -> Answer:
        body = {"offer": offer, "quantity": quantity, "points": points}
        return self.post("/v1/redemptions", body, role="individual", sub=sub, **options)

    def rich(self, sub: str = "alice", number: str = PEOPLE[0], *, points: int = 7100) -> str:
        """A person with points, and the metro scenario that she has them from."""
        account = self.person(sub, number)
        if not any(item["pk"] == {"S": "scenarios"} for item in self.items()):
            self.scenario()
            self.scenario("walk", grams_per_unit="1", unit="m")
        self._made(self.report(account, str(points), scenario="walk"))
        return account

    def fulfil(self, order: str, *, sub: str = "shop", **options: Any) -> Answer:
        body = {"voucher": "SH-1", "note": None}
        return self.post(f"/v1/redemptions/{order}/fulfil", body, role="institution", sub=sub, **options)

    def refund(self, order: str, *, sub: str = "shop", role: str = "institution", **options: Any) -> Answer:
        body = {"reason": "complaint"} if role == "exchange" else {}
        return self.post(f"/v1/redemptions/{order}/refund", body, role=role, sub=sub, **options)

    def close(self, sub: str = "alice", role: str = "individual", **options: Any) -> Answer:
        return self.post("/v1/accounts/me/close", role=role, sub=sub, **options)

    def entries(self, sub: str = "alice", role: str = "individual", **options: Any) -> list[dict[str, Any]]:
        answer = self.get("/v1/accounts/me/entries", role=role, sub=sub, **options)
        assert answer.status == 200, answer
        items: list[dict[str, Any]] = answer.body["items"]
        return items

    def messages(self, sub: str = "alice", role: str = "individual", **options: Any) -> list[dict[str, Any]]:
        answer = self.get("/v1/messages", role=role, sub=sub, **options)
        assert answer.status == 200, answer
        items: list[dict[str, Any]] = answer.body["items"]
        return items

    def freeze(self, account: str, action: str = "freeze", role: str = "exchange") -> None:
        answer = self.post(f"/v1/accounts/{account}/{action}", {"reason": "court order"}, role=role, sub="official")
        assert answer.status == 200, answer

    def stock(self, offer: str) -> int:
        return int(self.get(f"/v1/offers/{offer}").body["stock"])

    def sweep(self) -> list[Settled]:
        """What tills hold goes to their merchants, as the schedule of a later issue will do it."""
        offers = [
            place.key.pk.removeprefix(keys.offer("").pk)
            for place in read.merged([*lanes(lists.OFFERS), lists.OFFERS_OFF])
        ]
        return [
            perform(f"sweep-{next(self.numbers)}", lambda command, each=each: actions.sweep(command, *each))  # type: ignore[misc]
            for each in list(queries.holding(offers))
        ]

    def me(self, sub: str = "alice", role: str = "individual") -> dict[str, Any]:
        got: dict[str, Any] = self.get("/v1/accounts/me", role=role, sub=sub).body
        return got

    def points(self, sub: str = "alice", role: str = "individual") -> int:
        return int(self.me(sub, role)["balances"]["points"])

    @staticmethod
    def _made(answer: Answer) -> Any:
        assert answer.status == 201, answer
        return answer.body

    # what the tests look at behind the scenes

    def item(self, key: Key) -> dict[str, Any] | None:
        """One item, plain; None where there is none."""
        found = [item for item in self.items() if (item["pk"], item["sk"]) == ({"S": key.pk}, {"S": key.sk})]
        return decode(found[0]) if found else None

    def records(self) -> list[dict[str, Any]]:
        """Every Record in full, plain."""
        return [dict(Record.in_full(decode(item) or {})) for item in self.items() if item["sk"] == {"S": "record"}]

    def stream(self, items: list[dict[str, Any]] | None = None) -> None:
        """Deliver the whole stream to both consumers: every change is delivered again each time, as it may be in life.

        ``items`` are what comes, in this order, if not everything.
        """
        import app

        changes = [
            {
                "eventID": str(number),
                "eventName": "INSERT",
                "dynamodb": {
                    "Keys": {"pk": item["pk"], "sk": item["sk"]},
                    "NewImage": item,
                    "ApproximateCreationDateTime": 1767225600 + number,
                    "SequenceNumber": str(number),
                    "SizeBytes": 1,
                    "StreamViewType": "NEW_IMAGE",
                },
                "eventSource": "aws:dynamodb",
                "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/s",
                "awsRegion": "us-east-1",
            }
            for number, item in enumerate(self.items() if items is None else items)
        ]
        app.project({"Records": changes}, None)
        answer = app.react({"Records": changes}, None)
        assert answer["batchItemFailures"] == [], answer
