"""The whole platform on a local stack of its own, met over HTTP by many at once, and its books."""

import itertools
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
from boto3.dynamodb.types import TypeDeserializer

from infra.dev.demo.people import institution, person
from infra.dev.local.stack import LocalStack
from infra.here import ROOT
from tests.books import audited

AT_ONCE = 16
_read = TypeDeserializer().deserialize


class City(LocalStack):
    """A stack, its people (``p0`` …), one merchant (``shop``) and one metro scenario."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "data")
        self._numbers = itertools.count()
        self._tokens: dict[tuple[str, str], str] = {}
        self.people: list[str] = []
        self.mode = "other"  # how the shop joined
        self.http = httpx.Client(timeout=30, limits=httpx.Limits(max_connections=AT_ONCE))

    def __exit__(self, *error: object) -> None:
        self.http.close()
        super().__exit__(*error)

    def settle_down(self, people: int) -> None:
        """Open the accounts, admit the merchant, publish the scenarios."""
        opened = self.at_once(lambda n: self.post("/v1/accounts", person(n), "individual", f"p{n}"), range(people))
        self.people = [answer.json()["id"] for answer in opened]
        shop = self.post("/v1/accounts", institution(0), "institution", "shop").json()["id"]
        body = {"account": shop, "mode": self.mode, "reason": "race"}
        assert self.post("/v1/merchants", body, "exchange", "exchange").status_code == 201
        methodology = {
            "code": "M-1",
            "title": "方法学",
            "kind": "scenario",
            "document_sha256": "0" * 64,
            "valid_from": "2026-01-01T00:00:00Z",
            "valid_until": None,
        }
        assert self.post("/v1/methodologies", methodology, "bureau", "bureau").status_code == 201
        for code, confirmation in (("metro", "automatic"), ("garden", "manual")):
            scenario = {
                "code": code,
                "name": "出行",
                "methodology": "M-1",
                "operator": "operator",
                "unit": "g",
                "grams_per_unit": "1",
                "confirmation": confirmation,
                "daily_cap_grams": None,
                "valid_from": "2026-01-01T00:00:00Z",
                "valid_until": None,
            }
            assert self.post("/v1/scenarios", scenario, "bureau", "bureau").status_code == 201

    def post(self, path: str, body: Any, role: str, sub: str, key: str = "") -> httpx.Response:
        """A POST; without ``key`` under one of its own."""
        token = self._tokens.setdefault((role, sub), self.token(role, sub))
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key or f"city-{next(self._numbers)}"}
        return self.http.post(self.url + path, json=body, headers=headers)

    def get(self, path: str, role: str = "individual", sub: str = "p0") -> Any:
        token = self._tokens.setdefault((role, sub), self.token(role, sub))
        answer = self.http.get(self.url + path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def report(
        self, number: int, grams: int, record: str = "", scenario: str = "metro", key: str = ""
    ) -> httpx.Response:
        body = {
            "record_id": record or f"trip-{next(self._numbers)}",
            "account": self.people[number],
            "scenario": scenario,
            "quantity": str(grams),
            "occurred_at": "2026-02-01T00:00:00Z",
        }
        return self.post("/v1/reductions", body, "scenario_operator", "operator", key)

    def offer(self, **terms: Any) -> str:
        body = {
            "title": "票",
            "description": "一张",
            "category": "transport",
            "points": 100,
            "stock": 1000,
            "per_account_limit": None,
            "starts_at": None,
            "ends_at": None,
            "fulfilment": "voucher",
        } | terms
        return str(self.post("/v1/offers", body, "institution", "shop").json()["id"])

    def redeem(self, number: int, offer: str, quantity: int = 1, key: str = "") -> httpx.Response:
        body = {"offer": offer, "quantity": quantity, "points": 100 * quantity}
        return self.post("/v1/redemptions", body, "individual", f"p{number}", key)

    @staticmethod
    def at_once(act: Callable[[int], Any], numbers: Iterable[int]) -> list[Any]:
        """``act`` for each number, sixteen at a time."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(act, numbers))

    def fire(self, schedule: str) -> None:
        """Fire a schedule, in a process of its own as on Lambda."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        command = [sys.executable, "-m", "infra.dev.fire", schedule]
        subprocess.run(command, cwd=ROOT, env=env | {"DATA": str(self.data)}, check=True)

    def items(self) -> list[dict[str, Any]]:
        """Every item of the table, plain."""
        return [{name: _read(value) for name, value in item.items()} for item in self.raw()]

    def raw(self) -> list[Any]:
        """The same in DynamoDB JSON."""
        pages = (
            self.client("dynamodb")
            .get_paginator("scan")
            .paginate(TableName=self.environment["TABLE_NAME"], ConsistentRead=True)
        )
        return [item for page in pages for item in page["Items"]]

    def unfiled(self) -> int:
        """Records that the stream has not brought yet."""
        return sum(len(item.get("unfiled", ())) for item in self.items())


def codes(answers: Iterable[httpx.Response]) -> Counter[str]:
    """How often each status, or refusal, was answered."""
    return Counter(str(each.status_code) if each.status_code < 300 else each.json()["code"] for each in answers)


def check_books(city: City) -> None:
    """Every balance is what the Records say, none is below zero, and the supply's equations hold to the gram."""
    found = audited(city.raw())
    assert not found.books.waiting
    assert found.findings.named == []
    supply = city.get("/v1/supply")
    assert supply["grams_backing"] == supply["points_circulating"] == found.sums["points_circulating"]
    assert supply["grams_confirmed"] == found.sums["grams_confirmed"]
    kept = supply["grams_backing"] + supply["grams_held"] + supply["grams_retired"]
    assert supply["grams_confirmed"] == kept
