"""Consent and correction: trips under grants, holds in a merchant's own mall, vouchers, a trip that is reversed."""

import base64
import hashlib
from typing import Any

from infra.dev.demo import people
from infra.dev.demo.api import Api, Call
from infra.dev.demo.people import BOB, SCENARIOS

FERRY_KM = "12"
TRAVELLERS, SHOPPERS = range(1, 21), range(1, 9)  # not alice: her consent is the tour's
METRO_KM, METRO_GRAMS, SPENT = "100", 7100, 5000
BOOK = ("电子书券", "culture", 1500, 20, None)
PLANT = ("绿萝一盆", "goods", 1200, 20, None)
CODES = [f"BOOK-2026-{number:04d}" for number in range(20)]
Answer = dict[str, Any]

RULE = {
    "window_months": 120,  # so that the tour answers the same in later years
    "weights": {each[0]: "0.01" for each in SCENARIOS},
    "levels": [
        {"name": "绿芽", "score_min": 0},
        {"name": "绿叶", "score_min": 500},
        {"name": "绿荫", "score_min": 2000},
    ],
}


def load(api: Api, ferry_operator: str, mall: str) -> int:
    """All of it; the grams that it leaves confirmed. ``mall``: the login of a merchant with a mall of its own."""
    api.post(Call("/v1/credit-rules", RULE, "bureau", "bureau", "credit-rule"))
    confirmed = _trips(api, ferry_operator) + _reversed(api)
    _shop(api, mall)
    _vouchers(api)
    return confirmed


def _trips(api: Api, operator: str) -> int:
    """People consent, the operator redeems their codes, and reports by the grants, no trip older than its grant."""
    asked = {"purpose": "report", "scenario": "ferry"}
    grants = _consents(api, asked, list(TRAVELLERS), ("scenario_operator", operator))
    calls = (
        Call("/v1/reductions", _ferry(number, grant), "scenario_operator", operator, f"ferry-{number}")
        for number, grant in zip(TRAVELLERS, grants, strict=True)
    )
    return sum(each["grams"] for each in api.post_all("An operator reports under grants", calls))


def _ferry(number: int, grant: Answer) -> Answer:
    trip = {"record_id": f"ferry-{number:03d}", "scenario": "ferry", "quantity": FERRY_KM}
    return trip | {"grant": grant["id"], "occurred_at": grant["active_from"]}


def _consents(api: Api, asked: Answer, numbers: list[int], partner: tuple[str, str]) -> list[Answer]:
    """The grants that the partner (role, login) gets of these people."""
    purpose = asked["purpose"]
    calls = (
        Call(
            "/v1/grants",
            asked | {"code_challenge": _challenge(_verifier(n))},
            "individual",
            people.sub(n),
            f"{purpose}-{n}",
        )
        for n in numbers
    )
    offered = api.post_all(f"People consent ({purpose})", calls)
    return [
        api.post(Call("/v1/grants/redeem", _code(n, each["code"]), *partner, f"redeem-{purpose}-{n}"))
        for n, each in zip(numbers, offered, strict=True)
    ]


def _code(number: int, code: str) -> Answer:
    return {"code": code, "code_verifier": _verifier(number), "reference": f"member-{number}"}


def _verifier(number: int) -> str:
    return f"a-verifier-of-the-demo-that-guards-nothing-{number:04d}"


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _shop(api: Api, mall: str) -> None:
    """A merchant holds points for orders in its own mall; it captures most, releases one, and refunds a part of one."""
    merchant = api.get("/v1/accounts/me", "institution", mall)["id"]
    limits = {"points_max_order": 2000, "points_max_day": 5000, "expires_at": "2098-12-31T16:00:00Z"}
    asked = {"purpose": "spend", "merchant": merchant} | limits
    grants = _consents(api, asked, list(SHOPPERS), ("institution", mall))
    calls = [
        Call("/v1/holds", _hold(number, grant), "institution", mall, f"hold-{number}")
        for number, grant in zip(SHOPPERS, grants, strict=True)
    ]
    first, *others = [each["id"] for each in api.post_all("People pay in a merchant's own mall", calls)]
    for id in others:
        api.post(Call(f"/v1/holds/{id}/capture", {"points": 500}, "institution", mall, f"capture-{id}"))
    api.post(Call(f"/v1/holds/{first}/release", {}, "institution", mall, "release"))
    refund = {"points": 100, "reason": "少发一件"}
    api.post(Call(f"/v1/holds/{others[0]}/refund", refund, "institution", mall, "hold-refund"))


def _hold(number: int, grant: Answer) -> Answer:
    order = {"order_reference": f"demo-{number:04d}", "title": "地铁文创徽章", "expires_in_seconds": 900}
    return {"grant": grant["id"], "points": 600} | order


def _vouchers(api: Api) -> None:
    """Sales hand out the codes of a pool; a person cancels an order that is not served yet."""
    book = _offer(api, "bookshop", BOOK, {})
    api.post(Call(f"/v1/offers/{book['id']}/vouchers", {"codes": CODES}, "institution", "bookshop", "vouchers"))
    api.post_all("People get vouchers", (_order(book, number, "book") for number in range(5)))
    plant = _offer(api, "garden", PLANT, {"cancellable_minutes": 60})
    order = api.post(_order(plant, 0, "plant"))
    api.post(Call(f"/v1/redemptions/{order['id']}/cancel", {}, "individual", people.sub(0), "plant-cancel"))


def _offer(api: Api, sub: str, terms: tuple[str, str, int, int, int | None], more: Answer) -> Answer:
    return api.post(Call("/v1/offers", people.offer(*terms) | more, "institution", sub, f"extra-{sub}"))


def _order(offer: Answer, number: int, name: str) -> Call:
    body = {"offer": offer["id"], "quantity": 1, "points": offer["points"]}
    return Call("/v1/redemptions", body, "individual", people.sub(number), f"{name}-{number}")


def _reversed(api: Api) -> int:
    """Bob spends the points of a trip that never was. It is reversed, and his next trip repays the debt."""
    bob = api.post(Call("/v1/accounts", people.person(BOB), "individual", people.sub(BOB), "bob"))["id"]
    false = api.post(_metro(bob, "bob-1"))
    spent = {"points": SPENT, "purpose": "抵消我的一次航班"}
    api.post(Call("/v1/cancellations", spent, "individual", people.sub(BOB), "bob-cancel"))
    why = {"reason": "经核查，该行程未发生", "evidence_sha256": "0" * 64}
    api.post_all(
        "The bureau reverses a trip",
        [Call(f"/v1/reductions/{false['id']}/reverse", why, "bureau", "bureau", "bob-reverse")],
    )
    repaid = api.post_all("The next trip repays the debt", [_metro(bob, "bob-2")])[0]
    if repaid["repaid_points"] != SPENT:
        raise SystemExit(f"The debt was not repaid: {repaid}")
    return METRO_GRAMS


def _metro(account: str, record: str) -> Call:
    body = {"record_id": record, "account": account, "scenario": "metro", "quantity": METRO_KM}
    return Call(
        "/v1/reductions", body | {"occurred_at": "2026-07-02T00:15:00Z"}, "scenario_operator", "metro-operator", record
    )
