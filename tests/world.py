"""The platform as its users meet it, in one process: every call goes through app.py and the authorizer.

``World`` also has the everyday setting of the tests: a metro scenario, people with points, a merchant, an offer.
"""

import itertools
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import boto3
from boto3.dynamodb.types import TypeDeserializer
from chalice.test import Client

from tests.tokens import token

PEOPLE = ["11010519491231002X", "440524188001010014"]
CODES = ["91350100M000100Y43", "91512081MA62K0260E", "11320000MB151840XJ", "9144030071526726XG"]


@dataclass
class Answer:
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> str:
        return str(self.body["code"])


@dataclass
class World:
    client: Client
    table: str
    keys: Any = field(default_factory=itertools.count)

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
            sent["Idempotency-Key"] = key or f"key-{next(self.keys)}"
        sent |= headers or {}
        payload = raw if raw is not None else json.dumps(body).encode() if body is not None else b""
        asked = path + (f"?{urlencode(params)}" if params else "")
        got = self.client.http.request(method, asked, headers=sent, body=payload)
        parsed = json.loads(got.body) if "json" in str(got.headers.get("Content-Type")) else got.body
        return Answer(got.status_code, parsed, dict(got.headers))

    def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("POST", path, {} if body is None else body, **options)

    def get(self, path: str, **options: Any) -> Answer:
        return self.call("GET", path, **options)

    # the everyday setting

    def person(self, sub: str = "alice", number: str = PEOPLE[0]) -> str:
        body = {"kind": "individual", "name": "王小明", "identity_number": number}
        return str(self._made(self.post("/v1/accounts", body, role="individual", sub=sub))["id"])

    def institution(self, sub: str = "shop", code: str = CODES[0]) -> str:
        body = {"kind": "institution", "name": "示例商贸", "credit_code": code}
        return str(self._made(self.post("/v1/accounts", body, role="institution", sub=sub))["id"])

    def merchant(self, sub: str = "shop", code: str = CODES[0]) -> str:
        account = self.institution(sub, code)
        body = {"account": account, "mode": "other", "reason": "letter 2026-1"}
        self._made(self.post("/v1/merchants", body, role="exchange", sub="exchange"))
        return account

    def scenario(self, code: str = "metro", **changes: Any) -> dict[str, Any]:
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
            "record_id": record or f"trip-{next(self.keys)}",
            "account": account,
            "scenario": options.pop("scenario", "metro"),
            "quantity": quantity,
            "occurred_at": options.pop("occurred_at", "2026-01-15T08:00:00Z"),
        }
        return self.post("/v1/reductions", body, role="scenario_operator", sub="operator", **options)

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

    def redeem(
        self, offer: str, points: int = 1000, quantity: int = 1, *, sub: str = "alice", **options: Any
    ) -> Answer:
        body = {"offer": offer, "quantity": quantity, "points": points}
        return self.post("/v1/redemptions", body, role="individual", sub=sub, **options)

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

    def items(self) -> list[dict[str, Any]]:
        """Every item of the table in DynamoDB JSON."""
        pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=self.table)
        return [item for page in pages for item in page["Items"]]

    def records(self) -> list[dict[str, Any]]:
        """Every Record, plain."""
        read = TypeDeserializer().deserialize
        found = [item for item in self.items() if item["sk"] == {"S": "record"}]
        return [{name: read(value) for name, value in item.items()} for item in found]

    def stream(self) -> None:
        """Deliver the stream from its beginning: every change comes again each time, as it may in life."""
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
            for number, item in enumerate(self.items())
        ]
        app.project({"Records": changes}, None)
