"""What a person's client, a partner's app and a partner's server do with grants and holds."""

from datetime import UTC, datetime
from typing import Any

from chalicelib.grants.codes import challenge
from chalicelib.holds.items import due
from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.write import update
from tests.world import CODES, Answer, World

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
REPORT = {"purpose": "report", "scenario": "metro", "code_challenge": challenge(VERIFIER)}
LIMITS = {"points_max_order": 500, "points_max_day": 800, "expires_at": "2999-01-01T00:00:00Z"}
REPORTER: dict[str, Any] = {"role": "scenario_operator", "sub": "operator"}
SHOP: dict[str, Any] = {"role": "institution", "sub": "shop"}
ALICE: dict[str, Any] = {"role": "individual", "sub": "alice"}


def now() -> str:
    """The present as a report says it."""
    return datetime.now(UTC).isoformat()


def spend(merchant: str, **changes: Any) -> dict[str, Any]:
    """The body of a consent to spend."""
    return {"purpose": "spend", "merchant": merchant, "code_challenge": challenge(VERIFIER)} | LIMITS | changes


def consent(world: World, body: dict[str, Any] = REPORT, **options: Any) -> Answer:
    return world.post("/v1/grants", body, **ALICE | options)


def redeem(world: World, code: str, *, verifier: str = VERIFIER, reference: str = "m-1", **options: Any) -> Answer:
    body = {"code": code, "code_verifier": verifier, "reference": reference}
    return world.post("/v1/grants/redeem", body, **REPORTER | options)


def withdraw(world: World, grant: str, **options: Any) -> Answer:
    return world.post(f"/v1/grants/{grant}/withdraw", **ALICE | options)


def reporting(world: World, scenario: str | None = None) -> str:
    """The id of an active grant by which the operator reports Alice's trips; ``scenario``: one that stands already."""
    if scenario is None:
        world.scenario()
        world.person()
    active = redeem(world, consent(world, REPORT | ({"scenario": scenario} if scenario else {})).body["code"])
    assert active.status == 200, active
    return str(active.body["id"])


def mall(world: World, sub: str = "shop", code: str = CODES[0], mode: str = "third_party_mall") -> str:
    """A merchant with a mall of its own."""
    account = world.institution(sub, code)
    body = {"account": account, "mode": mode, "reason": "letter 2026-1"}
    assert world.post("/v1/merchants", body, role="exchange", sub="exchange").status == 201
    return account


def spending(world: World, merchant: str, sub: str = "shop", **changes: Any) -> str:
    """The id of an active grant by which the merchant takes Alice's points."""
    offered = consent(world, spend(merchant, **changes))
    assert offered.status == 201, offered
    active = redeem(world, offered.body["code"], role="institution", sub=sub)
    assert active.status == 200, active
    return str(active.body["id"])


def change_grant(world: World, grant: str, **attributes: Any) -> None:
    """Rewrite a grant and what it blocks, as if the clock had moved."""
    item = world.item(keys.grant(grant)) or {}
    commit([update(keys.grant(grant), assign=attributes)])
    if until := attributes.get("code_expires_at") or attributes.get("expires_at"):
        pair = keys.granting(item["account"], item["purpose"], item["partner"])
        commit([update(pair, assign={"until": until})])


def order(grant: str, **changes: Any) -> dict[str, Any]:
    """The body of a hold."""
    body = {"grant": grant, "points": 400, "order_reference": "o-1", "title": "茶", "expires_in_seconds": 600}
    return body | changes


def hold(world: World, grant: str, *, sub: str = "shop", key: str = "", **changes: Any) -> Answer:
    return world.post("/v1/holds", order(grant, **changes), role="institution", sub=sub, key=key)


def capture(world: World, id: str, points: int = 300, **options: Any) -> Answer:
    return world.post(f"/v1/holds/{id}/capture", {"points": points}, **SHOP | options)


def release(world: World, id: str, **options: Any) -> Answer:
    return world.post(f"/v1/holds/{id}/release", **SHOP | options)


def refund(world: World, id: str, points: int = 100, **options: Any) -> Answer:
    reason = {"reason": options.pop("reason", "broken")}
    return world.post(f"/v1/holds/{id}/refund", {"points": points} | reason, **SHOP | options)


def age_hold(world: World, id: str, expires_at: str) -> None:
    """Give a hold another end, in its list too, as if the clock had moved. The stream has come by then."""
    world.stream()
    item = world.item(keys.account(keys.hold(id))) or {}
    pointer = keys.merchant_hold(item["merchant"], item["placed_at"], id)
    commit([update(pointer, listed=due(id, expires_at))])
    commit([update(keys.account(keys.hold(id)), assign={"expires_at": expires_at})])
