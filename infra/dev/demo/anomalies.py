"""One person is on a bicycle and in the metro at once: an anomaly for the bureau to look at."""

from typing import Any

from infra.dev.demo import people
from infra.dev.demo.api import Api, Call
from infra.dev.demo.people import SCENARIOS

TRAVELLER = 7
CYCLING = next(number for number, each in enumerate(SCENARIOS) if each[0] == "shared-bicycle")
SINCE = "2026-09-29T16:00:00Z"  # midnight in Shanghai, after the trips that are drawn
# 5 km on a bicycle take 12 minutes at least; the metro comes after five.
TRIPS = (
    ("shared-bicycle", "bicycle-operator", "5", "2026-09-30T00:00:00Z"),
    ("metro", "metro-operator", "20", "2026-09-30T00:05:00Z"),
)


def load(api: Api) -> int:
    """A new version of cycling, which excludes other ways of travelling, and two trips; the grams that they leave."""
    terms = {"excludes": ["bus", "metro", "battery-car"], "units_per_hour_max": "25", "valid_from": SINCE}
    api.post(Call("/v1/scenarios", people.scenario(CYCLING) | terms, "bureau", "bureau", "cycling-excludes"))
    account = api.get("/v1/accounts/me", "individual", people.sub(TRAVELLER))["id"]
    calls = (_trip(account, *each) for each in TRIPS)
    return sum(each["grams"] for each in api.post_all("A person is in two places at once", calls))


def _trip(account: str, scenario: str, operator: str, quantity: str, at: str) -> Call:
    body: dict[str, Any] = {"record_id": f"twice-{scenario}", "account": account, "scenario": scenario}
    return Call(
        "/v1/reductions",
        body | {"quantity": quantity, "occurred_at": at},
        "scenario_operator",
        operator,
        f"twice-{scenario}",
    )
