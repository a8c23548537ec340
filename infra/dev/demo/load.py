"""The demo's story, from accounts to the ends of points; at its end the books must agree."""

import random
import time
from collections.abc import Callable, Mapping
from typing import Any

from infra.dev.demo import anomalies, ends, modes, onboarding, people, trust
from infra.dev.demo.api import WAIT_SECONDS, Api, Call, Progress, TokenOf
from infra.dev.demo.people import INSTITUTIONS, MERCHANTS, PEOPLE, SCENARIOS, Merchant

TRIPS, ORDERS = 3000, 400
SystemOf = Callable[[str, str], Mapping[str, Any]]
_BROKE = frozenset({"insufficient_points", "limit_reached", "sold_out"})


def load(url: str, token_of: TokenOf, progress: Progress, system_of: SystemOf) -> None:
    """Fill an empty platform. The same numbers are drawn each time, so that a second run replays the first.

    ``system_of(account, login)`` starts a merchant's own system and gives the body of its integration step.
    """
    api, draw = Api(url, token_of, progress), random.Random(20260131)
    accounts = _accounts(api, system_of)
    _scenarios(api)
    confirmed = _trips(api, draw, accounts) + _by_hand(api, accounts)
    offers = _offers(api)
    _orders(api, draw, offers)
    confirmed += trust.load(api, "ferry-operator", MERCHANTS[0].sub)
    modes.load(api)
    confirmed += anomalies.load(api)
    last = ends.load(api, offers)
    _balanced(api, confirmed + ends.SOLAR_POINTS, last)


def _accounts(api: Api, system_of: SystemOf) -> list[str]:
    opened = api.post_all(
        "People open accounts",
        (Call("/v1/accounts", people.person(n), "individual", people.sub(n), f"person-{n}") for n in range(PEOPLE)),
    )
    shops = api.post_all(
        "Institutions open accounts",
        (
            Call("/v1/accounts", people.institution(n), "institution", each.sub, f"shop-{n}")
            for n, each in enumerate(INSTITUTIONS)
        ),
    )
    joining = [_member(merchant, shop["id"], system_of) for merchant, shop in zip(MERCHANTS, shops, strict=False)]
    api.show(0, len(joining), "They join the mall")
    onboarding.join(api, joining)
    api.show(len(joining), len(joining), "They join the mall")
    modes.join(api, {each.sub: str(shop["id"]) for each, shop in zip(INSTITUTIONS, shops, strict=True)})
    return [str(each["id"]) for each in opened]


def _member(merchant: Merchant, account: str, system_of: SystemOf) -> onboarding.Member:
    """A merchant on its way through the whole onboarding; a mall or sub-platform brings a system of its own."""
    own = merchant.mode in {"third_party_mall", "sub_platform"}
    return onboarding.Member(merchant.sub, merchant.mode, system_of(account, merchant.sub) if own else None)


def _scenarios(api: Api) -> None:
    api.post(Call("/v1/methodologies", people.METHODOLOGY, "bureau", "bureau", "methodology"))
    calls = (
        Call("/v1/scenarios", people.scenario(n), "bureau", "bureau", f"scenario-{n}") for n in range(len(SCENARIOS))
    )
    api.post_all("The bureau publishes factors", calls)


def _trips(api: Api, draw: random.Random, accounts: list[str]) -> int:
    calls = []
    for number in range(TRIPS):
        code, _, _, _, operator, _ = draw.choice(SCENARIOS[:4])
        body = {
            "record_id": f"trip-{number:06d}",
            "account": draw.choice(accounts),
            "scenario": code,
            "quantity": f"{draw.randint(8, 240) / 10}",
            "occurred_at": f"2026-{draw.randint(1, 9):02d}-{draw.randint(1, 28):02d}T{draw.randint(0, 23):02d}:15:00Z",
        }
        calls.append(Call("/v1/reductions", body, "scenario_operator", operator, f"trip-{number}"))
    return sum(each["points"] for each in api.post_all("Operators report trips", calls))


def _by_hand(api: Api, accounts: list[str]) -> int:
    """Some reductions that the bureau looks at: most are confirmed, a few rejected."""
    reports = [
        {
            "record_id": f"appliance-{number:03d}",
            "account": account,
            "scenario": "old-for-new",
            "quantity": "1",
            "occurred_at": "2026-06-18T02:00:00Z",
        }
        for number, account in enumerate(accounts[:20])
    ]
    operator = "recycling-operator"
    calls = (Call("/v1/reductions", body, "scenario_operator", operator, body["record_id"]) for body in reports)
    reported = api.post_all("Appliances are recycled", calls)
    decisions = []
    for number, each in enumerate(reported):
        step, body = ("reject", {"reason": "No proof of collection"}) if number % 7 == 6 else ("confirm", {})
        decisions.append(Call(f"/v1/reductions/{each['id']}/{step}", body, "bureau", "bureau", f"decide-{number}"))
    return sum(each["points"] for each in api.post_all("The bureau decides", decisions))


def _offers(api: Api) -> list[dict[str, Any]]:
    calls = [
        Call(
            "/v1/offers",
            _offer(merchant, each),
            "institution",
            merchant.sub,
            f"offer-{merchant.sub}-{each[0]}".encode().hex(),
        )
        for merchant in MERCHANTS
        for each in merchant.offers
    ]
    return api.post_all("Merchants fill the shelf", calls)


def _offer(merchant: Merchant, terms: tuple[str, str, int, int, int | None]) -> dict[str, Any]:
    offer = people.offer(*terms)
    return onboarding.within_event(offer) if merchant.mode == "event" else offer


def _orders(api: Api, draw: random.Random, offers: list[dict[str, Any]]) -> None:
    orders = []
    for number in range(ORDERS):
        offer = draw.choice(offers)
        body = {"offer": offer["id"], "quantity": 1, "points": offer["points"]}
        orders.append(
            Call("/v1/redemptions", body, "individual", people.sub(draw.randrange(PEOPLE)), f"order-{number}")
        )
    # Each order keeps its number, placed or not: one that was refused may be placed when an interrupted load continues.
    placed = {
        number: each for number, each in enumerate(api.post_all("People redeem points", orders, _BROKE)) if "id" in each
    }
    shops = {str(offer["id"]): MERCHANTS[number // 2].sub for number, offer in enumerate(offers)}
    steps = []
    for number, order in placed.items():
        step, body = ("refund", {}) if number % 20 == 19 else ("fulfil", {"voucher": f"SH-{number:05d}", "note": None})
        if number % 5:  # the rest waits to be served
            path = f"/v1/redemptions/{order['id']}/{step}"
            steps.append(Call(path, body, "institution", shops[order["offer"]], f"serve-{number}"))
    api.post_all("Merchants serve orders", steps)


def _balanced(api: Api, confirmed: int, last: str) -> None:
    """Wait until the stream has projected everything up to ``last``; then the books must agree to the gram.

    The platform serves while the demo loads: whoever uses it by then has grams of their own in the supply.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while (supply := api.get("/v1/supply"))["grams_confirmed"] < confirmed or supply["as_of"] < last:
        if time.monotonic() > deadline:
            raise SystemExit(f"The stream does not settle: {confirmed} g were confirmed, the supply says {supply}")
        time.sleep(0.1)
    kept = supply["grams_backing"] + supply["grams_held"] + supply["grams_retired"]
    if supply["grams_backing"] != supply["points_circulating"] or supply["grams_confirmed"] != kept:
        raise SystemExit(f"The books do not agree: {supply}")
