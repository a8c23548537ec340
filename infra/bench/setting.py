"""What is measured: a merchant, an offer, a scenario, and many people with points."""

from dataclasses import dataclass
from typing import Any

from chalicelib.table import keys
from infra.bench.platform import Platform

CODE = "91350100M000100Y43"
POINTS = 10**9  # enough for every run


@dataclass
class Setting:
    """The ids of the setting."""

    platform: Platform
    merchant: str
    offer: str
    people: int = 0

    @classmethod
    def make(cls, platform: Platform) -> "Setting":
        call = platform.call
        opening = {"kind": "institution", "name": "量测商贸", "credit_code": CODE}
        merchant = call("POST", "/v1/accounts", opening, "institution", "bench-shop")["id"]
        admission = {"account": merchant, "mode": "other", "reason": "bench"}
        call("POST", "/v1/merchants", admission, "exchange", "bench-exchange")
        setting = cls(platform, merchant, "")
        setting.offer = setting.new_offer()
        setting.new_scenario("metro")
        setting.new_scenario("capped", daily_cap_grams=10**9)
        setting.new_scenario("garden", confirmation="manual")
        return setting

    def new_offer(self, **changes: Any) -> str:
        offer = {
            "title": "地铁单程票",
            "description": "上海地铁任意线路单程票一张，凭券码在自动售票机兑换。",
            "category": "transport",
            "points": 10,
            "stock": 10**9,
            "per_account_limit": None,
            "starts_at": None,
            "ends_at": None,
            "fulfilment": "voucher",
        } | changes
        return str(self.platform.call("POST", "/v1/offers", offer, "institution", "bench-shop")["id"])

    def new_scenario(self, code: str, **changes: Any) -> None:
        scenario = {
            "code": code,
            "name": "轨道交通出行",
            "methodology": "SHCER-2025-01",
            "operator": "bench-operator",
            "unit": "km",
            "grams_per_unit": "71",
            "confirmation": "automatic",
            "daily_cap_grams": None,
            "valid_from": "2026-01-01T00:00:00Z",
            "valid_until": None,
        } | changes
        self.platform.call("POST", "/v1/scenarios", scenario, "bureau", "bench-bureau")

    def grow(self, people: int) -> None:
        """Put account items straight into the store until there are ``people``; only their number matters here."""
        for start in range(self.people, people, 25):
            puts = [{"PutRequest": {"Item": _person(n)}} for n in range(start, min(start + 25, people))]
            self.platform.store.batch_write_item(RequestItems={self.platform.table: puts})  # type: ignore[dict-item]
        self.people = max(self.people, people)

    def redeem(self, person: int) -> dict[str, Any]:
        body = {"offer": self.offer, "quantity": 1, "points": 10}
        return self.platform.call("POST", "/v1/redemptions", body, "individual", sub(person))

    def report(self, person: int, record: str, scenario: str = "metro") -> dict[str, Any]:
        body = {
            "record_id": record,
            "account": keys.account_id(sub(person)),
            "scenario": scenario,
            "quantity": "12.5",
            "occurred_at": "2026-01-31T08:00:00Z",
        }
        return self.platform.call("POST", "/v1/reductions", body, "scenario_operator", "bench-operator")


def sub(person: int) -> str:
    return f"bench-{person}"


def _person(number: int) -> dict[str, Any]:
    account = keys.account_id(sub(number))
    texts = {
        "pk": keys.holder(account),
        "sk": "account",
        "id": account,
        "kind": "individual",
        "name": "王**",
        "status": "active",
        "opened_at": "2026-01-01T00:00:00.000Z",
        "identity": "0" * 64,
    }
    numbers = {"points": str(POINTS), "grams": "0", "pending": "0"}
    return {name: {"S": text} for name, text in texts.items()} | {name: {"N": n} for name, n in numbers.items()}
