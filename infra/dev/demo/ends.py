"""Where the demo's points end: cancelled, donated, bought back, and the grams retired, each with its certificate."""

import itertools
import time
from typing import Any

from infra.dev.demo import people
from infra.dev.demo.api import WAIT_SECONDS, Api, Call
from infra.dev.demo.people import NEUTRAL

ROOFS, ROOF_KWH = 12, 400
SOLAR_POINTS = ROOFS * ROOF_KWH * 570
BICYCLES = 6  # at 200 000 points: more than a tonne for the merchant
CANCELLED, DONORS = 20, 40

CAMPAIGN = {
    "title": "城市马拉松碳中和（示例）",
    "purpose": "event",
    "description": "为赛事排放募集碳积分，演示数据。",
    "target_grams": 50_000,
    "ends_at": "2098-12-31T16:00:00Z",
}


def cancellation(number: int) -> Call:
    body = {"points": 100 + 10 * number, "purpose": "抵消我的一次航班"}
    return Call("/v1/cancellations", body, "individual", people.sub(number), f"cancel-{number}")


def donation(campaign: str, number: int) -> Call:
    body = {"campaign": campaign, "points": 200 + 5 * number}
    return Call("/v1/donations", body, "individual", people.sub(number), f"donate-{number}")


def proposal() -> Call:
    return Call("/v1/campaigns", CAMPAIGN, "institution", NEUTRAL.sub, "campaign")


def closing(campaign: str) -> Call:
    return Call(f"/v1/campaigns/{campaign}/close", {}, "institution", NEUTRAL.sub, "campaign-close")


def retirement() -> Call:
    body = {"grams": 400_000, "purpose": "neutrality", "beneficiary": "滨江骑行社 2026 年会"}
    return Call("/v1/retirements", body, "institution", "bicycle-club", "retire")


def certificates(api: Api) -> dict[str, str]:
    """One certificate of each kind, by its address. Each call is a replay: the same key, the same answer."""
    campaign = api.post(proposal())["id"]
    calls = (cancellation(0), donation(campaign, 0), closing(campaign), retirement())
    kinds = ("cancellation", "donation", "campaign", "retirement")
    return {kind: str(api.post(call)["certificate"]["url"]) for kind, call in zip(kinds, calls, strict=True)}


def load(api: Api, offers: list[dict[str, Any]]) -> str:
    """People cancel and donate, a campaign closes, a merchant is paid a tonne and retires some of it; when that was."""
    _bicycles(api, offers)
    api.post_all("People cancel points", map(cancellation, range(CANCELLED)))
    campaign = api.post(proposal())["id"]
    api.post(Call(f"/v1/campaigns/{campaign}/approve", {}, "exchange", "exchange", "campaign-approve"))
    api.post_all("People donate to a campaign", (donation(campaign, number) for number in range(DONORS)))
    api.post(closing(campaign))
    _buy_back(api)
    return str(api.post_all("A merchant retires grams", [retirement()])[0]["at"])


def _bicycles(api: Api, offers: list[dict[str, Any]]) -> None:
    accounts = [api.get("/v1/accounts/me", "individual", people.sub(number))["id"] for number in range(ROOFS)]
    reports = [
        {
            "record_id": f"roof-{number:03d}",
            "account": account,
            "scenario": "rooftop-solar",
            "quantity": str(ROOF_KWH),
            "occurred_at": "2026-07-01T00:00:00Z",
        }
        for number, account in enumerate(accounts)
    ]
    calls = (Call("/v1/reductions", body, "scenario_operator", "solar-operator", body["record_id"]) for body in reports)
    api.post_all("Roofs make power", calls)
    [bicycle] = [offer for offer in offers if offer["title"] == "电动自行车"]
    order = {"offer": bicycle["id"], "quantity": 1, "points": bicycle["points"]}
    buyers = (Call("/v1/redemptions", order, "individual", people.sub(n), f"bicycle-{n}") for n in range(BICYCLES))
    api.post_all("People redeem bicycles", buyers)


def _buy_back(api: Api) -> None:
    """Runs by hand, until the bicycle club's points are grams: a run pays whom the stream has reported as a seller, and
    after a restart it may be behind.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    for number in itertools.count(1):
        call = Call("/v1/buy-back-runs", {}, "exchange", "exchange", "buy-back" + f"-{number}" * (number > 1))
        run = api.post_all("The exchange buys back", [call])[0]
        while api.get(f"/v1/buy-back-runs/{run['id']}", "exchange", "exchange")["status"] != "finished":
            _wait(deadline, "The buy-back run does not end")
        if api.get("/v1/buy-backs", "institution", "bicycle-club")["items"]:
            return
        _wait(deadline, "No buy-back run pays the bicycle club", seconds=2.0)


def _wait(deadline: float, wrong: str, seconds: float = 0.1) -> None:
    if time.monotonic() > deadline:
        raise SystemExit(f"{wrong}: see the logs in the run folder")
    time.sleep(seconds)
