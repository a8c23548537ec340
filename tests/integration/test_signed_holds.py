"""Signed requests about holds: verified where they are signed, refused where they must be and are not."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chalicelib.kernel.fields import stamp
from chalicelib.kernel.settle import derive
from chalicelib.partners import actions, queries
from chalicelib.partners.items import Partner, PreviousKey, Signatures
from chalicelib.table import keys, read
from tests import books
from tests.consents import ALICE, SHOP, capture, hold, mall, order, release, spending
from tests.costs import units
from tests.signer import signed
from tests.world import Answer, World

KEY, OLD = (Ed25519PrivateKey.from_private_bytes(seed * 32) for seed in (b"n", b"o"))


def public(key: Ed25519PrivateKey) -> str:
    return "whpk_" + base64.b64encode(key.public_key().public_bytes_raw()).decode()


def integrate(signatures: Signatures = "optional", old_until: timedelta = timedelta(hours=1)) -> None:
    """The shop's system; the key before is valid for so long."""
    merchant, now = keys.account_id("shop"), datetime.now(UTC)
    previous = PreviousKey(public_key=public(OLD), valid_until=stamp(now + old_until))
    partner = Partner(
        merchant=merchant, callback_url="https://mall.example.com/", public_key=public(KEY), at=stamp(now),
        previous=previous, signatures=signatures,
    )  # fmt: skip
    for write in actions.register(partner, queries.partner(merchant)):
        assert derive(write).done


@pytest.fixture
def grant(world: World) -> str:
    world.rich(points=1000)
    return spending(world, mall(world))


def send(
    world: World, path: str, body: dict[str, Any], key: str, *, by: Ed25519PrivateKey = KEY, over: Any = None,
    of_path: str = "", method: str = "POST", at: datetime | None = None,
) -> Answer:  # fmt: skip
    """A signed request; ``over``, ``of_path``, ``method`` and ``at`` are what was signed instead of it."""
    raw = json.dumps(over or body).encode()
    headers = signed(by, method, of_path or path, raw, key, at or datetime.now(UTC))
    return world.post(path, body, key=key, headers=headers, **SHOP)


def test_a_signed_order_is_held_captured_and_refunded_and_its_records_keep_the_proof(world: World, grant: str) -> None:
    integrate("required")
    held = send(world, "/v1/holds", order(grant), "k-1")
    assert held.status == 201, held
    path = f"/v1/holds/{held.body['id']}"
    assert send(world, f"{path}/capture", {"points": 300}, "k-2").status == 200
    assert send(world, f"{path}/refund", {"points": 100, "reason": "broken"}, "k-3").status == 200
    proofs = [each["proof"] for each in world.records() if each["kind"].startswith("hold_")]
    assert len(proofs) == 3
    for proof in proofs:
        assert proof["key"] == public(KEY)
        KEY.public_key().verify(base64.b64decode(proof["signature"]), proof["base"].encode())
    books.check(world)


def test_a_proof_takes_two_write_units_more(world: World, grant: str) -> None:
    integrate("required")
    held = keys.digest("hold", keys.account_id("shop"), "o-1")
    path = f"/v1/holds/{held}"
    assert units(world, lambda: send(world, "/v1/holds", order(grant), "k-1")) == 8 + 2
    assert units(world, lambda: send(world, f"{path}/capture", {"points": 300}, "k-2")) == 8 + 2
    assert units(world, lambda: send(world, f"{path}/refund", {"points": 1, "reason": "x"}, "k-3")) == 8 + 2


def test_a_signed_request_reads_once_before_it_is_decided(
    world: World, grant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    integrate("required")
    asked = []

    def ask(operation: Any, **request: Any) -> Any:
        asked.append(operation.__name__)
        return operation(**request)

    monkeypatch.setattr(read, "ask", ask)
    held = send(world, "/v1/holds", order(grant), "k-1").body["id"]
    assert send(world, f"/v1/holds/{held}/capture", {"points": 300}, "k-2").status == 200
    assert asked == ["batch_get_item"] * 2


def test_without_a_requirement_a_request_needs_no_signature_and_a_bad_one_is_refused(world: World, grant: str) -> None:
    integrate()
    bad = send(world, "/v1/holds", order(grant), "k-1", over={"points": 1})
    assert (bad.refused, bad.body["reason"]) == ((401, "signature_invalid"), "other_body")
    assert hold(world, grant).status == 201


def test_once_required_everything_about_holds_is_signed(world: World, grant: str) -> None:
    held = hold(world, grant).body["id"]
    integrate("required")
    for answer in (hold(world, grant, order_reference="o-2"), capture(world, held), release(world, held)):
        assert answer.refused == (401, "signature_required")
    refund = world.post(f"/v1/holds/{held}/refund", {"points": 1, "reason": "x"}, **SHOP)
    assert refund.refused == (401, "signature_required")
    chinese = world.post(f"/v1/holds/{held}/release", headers={"Accept-Language": "zh-CN"}, **SHOP)
    assert "签名" in chinese.body["title"]
    assert world.get(f"/v1/holds/{held}", **SHOP).body["status"] == "held"
    exchange = world.post(f"/v1/holds/{held}/refund", {"points": 1, "reason": "x"}, role="exchange", sub="exchange")
    assert exchange.refused == (409, "invalid_state")  # others have no key: nothing is asked of them
    assert world.post(f"/v1/holds/{held}/release", **ALICE).refused == (409, "invalid_state")


@pytest.mark.parametrize(
    ("signed_instead", "reason"),
    [
        ({"over": {"points": 1}}, "other_body"),
        ({"of_path": "/v1/holds/other/capture"}, "bad_signature"),
        ({"method": "PUT"}, "bad_signature"),
        ({"at": datetime(2020, 1, 1, tzinfo=UTC)}, "stale"),
        ({"at": datetime(2999, 1, 1, tzinfo=UTC)}, "stale"),
        ({"by": Ed25519PrivateKey.generate()}, "unknown_key"),
    ],
)
def test_a_signature_of_something_else_proves_nothing(
    world: World, grant: str, signed_instead: dict[str, Any], reason: str
) -> None:
    held = hold(world, grant).body["id"]
    integrate("required")
    refused = send(world, f"/v1/holds/{held}/capture", {"points": 300}, "k-1", **signed_instead)
    assert (refused.refused, refused.body["reason"]) == ((401, "signature_invalid"), reason)
    assert refused.body["detail"]
    assert world.get(f"/v1/holds/{held}", **SHOP).body["status"] == "held"


def test_the_key_before_proves_for_a_day_and_no_longer(world: World, grant: str) -> None:
    integrate("required", old_until=timedelta(seconds=60))
    assert send(world, "/v1/holds", order(grant, points=10), "k-1", by=OLD).status == 201
    integrate("required", old_until=timedelta(seconds=-1))
    refused = send(world, "/v1/holds", order(grant, points=10, order_reference="o-2"), "k-2", by=OLD)
    assert (refused.refused, refused.body["reason"]) == ((401, "signature_invalid"), "unknown_key")


def test_a_lost_answer_is_asked_for_with_a_new_signature_and_by_nobody_else(world: World, grant: str) -> None:
    integrate("required")
    first = send(world, "/v1/holds", order(grant), "k-1")
    again = send(world, "/v1/holds", order(grant), "k-1", at=datetime.now(UTC) - timedelta(seconds=2))
    assert (again.body, again.headers["Idempotent-Replayed"]) == (first.body, "true")
    assert world.post("/v1/holds", order(grant), key="k-1", **SHOP).refused == (401, "signature_required")
    stale = send(world, "/v1/holds", order(grant), "k-1", at=datetime(2020, 1, 1, tzinfo=UTC))
    assert stale.refused == (401, "signature_invalid")
    assert world.me()["balances"]["held_points"] == 400


def test_a_merchant_without_a_system_has_no_key_that_proves(world: World, grant: str) -> None:
    assert send(world, "/v1/holds", order(grant), "k-1").body["reason"] == "unknown_key"
