"""What two officials do with an account."""

from typing import Any

from tests.world import Answer, World

EXCHANGE: dict[str, Any] = {"role": "exchange", "sub": "official-1"}
BUREAU: dict[str, Any] = {"role": "bureau", "sub": "official-2"}
WHY = "application 2026-17"


def propose(world: World, kind: str, account: str, *, key: str = "", **more: Any) -> Answer:
    body = {"kind": kind, "account": account, "reason": WHY, "evidence_sha256": "0" * 64} | more
    return world.post("/v1/procedures", body, key=key, **EXCHANGE)


def proposed(world: World, kind: str, account: str, **more: Any) -> str:
    """The id of a procedure that waits for another official."""
    answer = propose(world, kind, account, **more)
    assert (answer.status, answer.body["status"]) == (201, "proposed"), answer
    return str(answer.body["id"])


def approve(world: World, procedure: str, **options: Any) -> Answer:
    return world.post(f"/v1/procedures/{procedure}/approve", **BUREAU | options)


def reject(world: World, procedure: str, **options: Any) -> Answer:
    return world.post(f"/v1/procedures/{procedure}/reject", {"reason": "no proof"}, **BUREAU | options)


def done(world: World, kind: str, account: str, **more: Any) -> str:
    """The id of a procedure that was proposed and approved."""
    id = proposed(world, kind, account, **more)
    answer = approve(world, id)
    assert (answer.status, answer.body["status"]) == (200, "approved"), answer
    return id


def seen(world: World, procedure: str) -> dict[str, Any]:
    """The procedure as officials read it."""
    found: dict[str, Any] = world.get(f"/v1/procedures/{procedure}", **BUREAU).body
    return found


def held(world: World, account: str) -> dict[str, Any]:
    """An account as officials read it: whoever has lost its login reads it no more."""
    found = world.get(f"/v1/accounts/{account}", reason="test", **BUREAU)
    assert found.status == 200, found
    return dict(found.body)


def statement(world: World, account: str) -> list[dict[str, Any]]:
    """The same of its statement."""
    return list(world.get(f"/v1/accounts/{account}/entries", reason="test", **BUREAU).body["items"])


def lines(world: World, sub: str = "alice") -> list[dict[str, Any]]:
    """What the holder's export shows of procedures."""
    items = world.get("/v1/accounts/me/export", role="individual", sub=sub, limit=100).body["items"]
    return [item["kept"] for item in items if item["place"].startswith("procedure:")]
