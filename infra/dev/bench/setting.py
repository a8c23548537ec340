"""What is measured: a merchant, an offer, a scenario, and many people with points."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from chalicelib.buyback import actions, queries
from chalicelib.buyback.items import Ahead
from chalicelib.buyback.model import TONNE
from chalicelib.kernel.settle import perform
from chalicelib.table import keys
from infra.dev.bench.platform import Platform
from infra.dev.load import merchants, seeds
from infra.dev.load.seeds import account_id

CODE, ONE_PART = "91350100M000100Y43", Ahead(["nobody"], {}, complete=True)
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
        setting.new_methodology()
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

    def new_methodology(self) -> None:
        methodology = {
            "code": "SHCER-2025-01",
            "title": "轨道交通碳普惠方法学",
            "kind": "scenario",
            "document_sha256": "0" * 64,
            "valid_from": "2025-01-01T00:00:00Z",
            "valid_until": None,
        }
        self.platform.call("POST", "/v1/methodologies", methodology, "bureau", "bench-bureau")

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
        self.put([seeds.person(sub(number), POINTS) for number in range(self.people, people)])
        self.people = max(self.people, people)

    def redeem(self, person: int) -> dict[str, Any]:
        return self.platform.call(*self._redemption(person))

    def redemption(self, person: int) -> dict[str, Any]:
        """A redemption's event, for who calls the app in another process."""
        return self.platform.event(*self._redemption(person))

    def look(self, person: int) -> dict[str, Any]:
        """The event of a person who looks at her account."""
        return self.platform.event("GET", "/v1/accounts/me", None, "individual", sub(person))

    def _redemption(self, person: int) -> tuple[str, str, Any, str, str]:
        body = {"offer": self.offer, "quantity": 1, "points": 10}
        return "POST", "/v1/redemptions", body, "individual", sub(person)

    def report(self, person: int, record: str, scenario: str = "metro") -> dict[str, Any]:
        body = {
            "record_id": record,
            "account": account_id(sub(person)),
            "scenario": scenario,
            "quantity": "12.5",
            "occurred_at": "2026-01-31T08:00:00Z",
        }
        return self.platform.call("POST", "/v1/reductions", body, "scenario_operator", "bench-operator")

    def new_campaign(self) -> str:
        campaign = {
            "title": "量测碳中和",
            "purpose": "event",
            "description": "量测",
            "target_grams": 10**9,
            "ends_at": "2098-01-01T00:00:00Z",
        }
        call = self.platform.call
        id = str(call("POST", "/v1/campaigns", campaign, "institution", "bench-shop")["id"])
        call("POST", "/v1/campaigns/{id}/approve", {}, "exchange", "bench-exchange", id=id)
        return id

    def running_run(self, name: str) -> str:
        """A buy-back run whose plan is complete, with one part that nobody sends."""
        id = keys.digest("bench run", name)
        perform(id, partial(actions.start, full=False))
        perform(keys.digest("planned", id), partial(actions.plan, run=queries.run(id), ahead=ONE_PART))
        return id

    def run(self, id: str) -> dict[str, Any]:
        """A buy-back run as it stands."""
        return queries.view(id).model_dump()

    def grow_merchants(self, count: int, points: int = TONNE + 1000) -> list[str]:
        """Merchants that may be paid, put straight into the store; their ids."""
        self.put([seeds.merchant(merchants.sub(number), points, grams=TONNE) for number in range(count)])
        return [account_id(merchants.sub(number)) for number in range(count)]

    def put(self, items: list[dict[str, Any]]) -> None:
        """Items straight into the store, in DynamoDB JSON."""
        seeds.put(self.platform.store, self.platform.table, items)


def sub(person: int) -> str:
    return f"bench-{person}"
