"""Merchants that were approved outside the platform."""

import pytest

from tests.numbers import credit_code
from tests.world import Answer, World


def admit(world: World, account: str, **options: str) -> Answer:
    body = {"account": account, "mode": "event", "reason": "letter 2026-17"}
    return world.post("/v1/merchants", body, **({"role": "exchange", "sub": "exchange"} | options))


def test_the_exchange_admits_an_institution_and_everyone_sees_it(world: World) -> None:
    account = world.institution()
    admitted = admit(world, account)
    assert admitted.status == 201
    assert admitted.body == {
        "id": account, "name": "示例商贸", "mode": "event", "status": "active", "sub_platform": None,
        "since": admitted.body["since"],
    }  # fmt: skip
    assert world.get(f"/v1/merchants/{account}").body == admitted.body
    assert world.get("/v1/merchants").body == {"items": [admitted.body], "next_cursor": None}
    [record] = [record for record in world.records() if record["kind"] == "merchant_admitted"]
    assert (record["reason"], record["caller"]) == ("letter 2026-17", "exchange")


def test_a_merchant_is_admitted_once(world: World) -> None:
    account = world.merchant()
    assert admit(world, account).refused == (409, "already_merchant")


def test_only_open_accounts_of_institutions_are_admitted(world: World) -> None:
    closed = world.institution()
    world.close("shop", "institution")
    for account in (closed, world.person(), "nothing"):
        refused = admit(world, account)
        assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/account"])
    assert world.get("/v1/merchants").body["items"] == []


@pytest.mark.parametrize("role", ["individual", "institution", "scenario_operator", "bureau"])
def test_only_the_exchange_admits(world: World, role: str) -> None:
    assert admit(world, world.institution(), role=role, sub="shop").refused == (403, "role_not_allowed")


def test_an_institution_that_is_no_merchant_is_not_found_among_them(world: World) -> None:
    for account in (world.institution(), world.person(), "nothing"):
        assert world.get(f"/v1/merchants/{account}").refused == (404, "not_found")


def test_merchants_come_in_pages_newest_first(world: World) -> None:
    made = [world.merchant(f"shop{number}", credit_code(number)) for number in range(5)]
    first = world.get("/v1/merchants", limit=3).body
    rest = world.get("/v1/merchants", limit=3, cursor=first["next_cursor"]).body
    assert [each["id"] for each in first["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None
