"""A child under 14 opens an account with a guardian's consent (PIPL art. 31)."""

from typing import Any

import pytest

from chalicelib.table import keys
from tests.numbers import born_years_ago, identity_number_of
from tests.officials import done
from tests.world import PEOPLE, Answer, World

CHILD = identity_number_of(born_years_ago(8))
BOB: dict[str, Any] = {"role": "individual", "sub": "bob"}


def consent(world: World, *, sub: str = "alice", **changes: str) -> Answer:
    body = {"identity_number": CHILD, "name": "王小宝", "own_identity_number": PEOPLE[0]} | changes
    return world.post("/v1/accounts/me/wards", body, role="individual", sub=sub)


def opened(world: World, number: str = CHILD, sub: str = "child") -> Answer:
    body = {"kind": "individual", "name": "王小宝", "identity_number": number}
    return world.post("/v1/accounts", body, role="individual", sub=sub)


def withdraw(world: World, ward: str, sub: str = "alice") -> Answer:
    return world.post(f"/v1/accounts/me/wards/{ward}/withdraw", role="individual", sub=sub)


def wards(world: World, sub: str = "alice") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.get("/v1/accounts/me/wards", role="individual", sub=sub).body["items"]
    return found


def test_without_a_consent_a_child_opens_nothing(world: World) -> None:
    before = world.items()
    refused = opened(world)
    assert refused.refused == (409, "guardian_required")
    assert "/v1/accounts/me/wards" in world.get("/problems/guardian_required").body["remedy"]
    assert world.items() == before


def test_with_a_consent_it_opens_and_its_account_names_the_consent(world: World) -> None:
    guardian = world.person()
    given = consent(world)
    assert (given.status, given.body["name"], given.body["status"]) == (201, "王**", "active")
    assert opened(world).status == 201
    child = world.me("child")
    assert child["guardian"] == given.body["id"]
    assert guardian not in child["guardian"]
    assert world.me()["guardian"] is None


@pytest.mark.parametrize(("days", "status"), [(0, 201), (-1, 409)])
def test_who_is_14_today_opens_alone_and_who_is_tomorrow_does_not(world: World, days: int, status: int) -> None:
    assert opened(world, identity_number_of(born_years_ago(14, days=days))).status == status


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"identity_number": identity_number_of(born_years_ago(14))}, "/identity_number"),
        ({"identity_number": PEOPLE[1]}, "/identity_number"),
        ({"own_identity_number": PEOPLE[1]}, "/own_identity_number"),
        ({"identity_number": "110105201805050010"}, "/identity_number"),
        ({"name": " "}, "/name"),
    ],
)
def test_what_is_no_guardian_s_consent_is_refused(world: World, changes: dict[str, str], pointer: str) -> None:
    world.person()
    before = world.items()
    refused = consent(world, **changes)
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), [pointer])
    assert world.items() == before


@pytest.mark.parametrize(("days", "status"), [(0, 201), (-1, 422)])
def test_a_guardian_is_18(world: World, days: int, status: int) -> None:
    young = identity_number_of(born_years_ago(18, days=days))
    world.person("young", young)
    assert consent(world, sub="young", own_identity_number=young).status == status


def test_who_has_no_account_or_a_frozen_one_consents_to_nothing(world: World) -> None:
    assert consent(world).refused == (404, "not_found")
    account = world.person()
    assert world.post(f"/v1/accounts/{account}/freeze", {"reason": "x"}, role="exchange", sub="e").status == 200
    assert consent(world).refused == (409, "account_frozen")


def test_a_consent_is_given_once_withdrawn_once_and_given_again(world: World) -> None:
    world.person()
    ward = consent(world).body["id"]
    assert consent(world).refused == (409, "invalid_state")
    assert withdraw(world, ward).body["status"] == "withdrawn"
    assert withdraw(world, ward).refused == (409, "invalid_state")
    assert opened(world).refused == (409, "guardian_required")
    assert consent(world).status == 201
    assert [(each["id"], each["status"], each["withdrawn_at"]) for each in wards(world)] == [(ward, "active", None)]
    assert opened(world).status == 201


def test_a_withdrawal_does_not_touch_an_open_account(world: World) -> None:
    world.person()
    ward = consent(world).body["id"]
    assert opened(world).status == 201
    assert withdraw(world, ward).status == 200
    assert world.me("child")["status"] == "active"
    assert wards(world)[0]["status"] == "withdrawn"
    assert world.close("child").status == 200
    assert opened(world).refused == (409, "guardian_required")


def test_a_consent_that_is_withdrawn_while_the_child_opens_opens_nothing(world: World) -> None:
    world.person()
    ward = consent(world).body["id"]

    def withdrawn(store, request, asked):  # type: ignore[no-untyped-def]
        assert withdraw(world, ward).status == 200
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [withdrawn]
    assert opened(world).refused == (409, "guardian_required")
    assert world.get("/v1/accounts/me", role="individual", sub="child").status == 404


def test_either_of_two_guardians_is_enough(world: World) -> None:
    world.person()
    world.person("bob", PEOPLE[1])
    first = consent(world).body["id"]
    second = consent(world, sub="bob", own_identity_number=PEOPLE[1]).body["id"]
    assert withdraw(world, first).status == 200
    assert opened(world).status == 201
    assert world.me("child")["guardian"] == second


def test_nobody_sees_or_withdraws_another_s_consent(world: World) -> None:
    world.person()
    world.person("bob", PEOPLE[1])
    ward = consent(world).body["id"]
    assert withdraw(world, ward, sub="bob").refused == (404, "not_found")
    assert wards(world, "bob") == []


def test_no_number_is_kept_or_shown(world: World) -> None:
    world.person()
    consent(world)
    opened(world)
    kept = str(world.items())
    assert CHILD not in kept
    assert PEOPLE[0] not in kept
    export = world.get("/v1/accounts/me/export", role="individual", sub="alice", limit=100).body["items"]
    [ward] = [item["kept"] for item in export if item["place"].startswith("ward:")]
    assert "identity" not in ward


def test_a_guardian_with_a_new_login_keeps_her_consents(world: World) -> None:
    account = world.person()
    ward = consent(world).body["id"]
    done(world, "rebind", account, new_sub="alice-2")
    assert [each["id"] for each in wards(world, "alice-2")] == [ward]
    assert withdraw(world, ward, sub="alice-2").status == 200
    assert opened(world).refused == (409, "guardian_required")


def test_a_child_with_a_new_login_keeps_its_guardian(world: World) -> None:
    world.person()
    ward = consent(world).body["id"]
    account = opened(world).body["id"]
    done(world, "rebind", account, new_sub="child-2")
    assert world.me("child-2")["guardian"] == ward
    assert (world.item(keys.account(keys.holder(account))) or {})["status"] == "closed"
