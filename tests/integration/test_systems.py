"""A merchant approved outside the platform registers its system; one with an application may do so there, too."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.kernel.fields import stamp
from chalicelib.onboarding import prepare
from chalicelib.partners import queries
from chalicelib.partners.handshake import HandshakeFailed
from tests import consents
from tests.desk import EXCHANGE, PARTNER_SYSTEM, Desk, institution
from tests.world import CODES, World

SHOP = institution("shop")
OTHER = {
    "callback_url": "https://new.example.com/hook",
    "public_key": "whpk_bWiCcGaF+f1d2WWgO7tVYSCiC5TmM1DOSVs8eWCfSdk=",
}


def place(merchant: str) -> str:
    return f"/v1/merchants/{merchant}/integration"


@pytest.mark.parametrize("mode", ["third_party_mall", "sub_platform"])
def test_a_merchant_without_an_application_registers_its_system_and_replaces_it(world: World, mode: str) -> None:
    shop = world.merchant(mode=mode)
    assert world.get(place(shop), **SHOP).refused == (404, "not_found")
    first = world.post(place(shop), PARTNER_SYSTEM, **SHOP)
    assert (first.status, first.body["signatures"], first.body["previous_public_key"]) == (200, "optional", None)
    second = world.post(place(shop), OTHER | {"signatures": "required"}, **SHOP)
    assert second.body["previous_public_key"] == PARTNER_SYSTEM["public_key"]
    in_time = stamp(datetime.now(UTC) + timedelta(hours=23, minutes=59))
    too_late = stamp(datetime.now(UTC) + timedelta(hours=24, minutes=1))
    assert in_time < second.body["previous_valid_until"] < too_late
    known = queries.partner(shop)
    assert known
    assert known.public_keys(in_time) == (OTHER["public_key"], PARTNER_SYSTEM["public_key"])
    assert known.public_keys(too_late) == (OTHER["public_key"],)
    assert world.get(place(shop), **SHOP).body == world.get(place(shop), **EXCHANGE).body == second.body
    assert world.post(place(shop), PARTNER_SYSTEM, **SHOP).body["signatures"] == "required"  # left out, it stays


def test_signatures_that_such_a_merchant_requires_are_asked_for(world: World) -> None:
    shop = world.merchant(mode="third_party_mall")
    world.person()
    grant = consents.spending(world, shop)
    assert consents.hold(world, grant).refused == (409, "insufficient_points")
    assert world.post(place(shop), PARTNER_SYSTEM | {"signatures": "required"}, **SHOP).status == 200
    assert consents.hold(world, grant).refused == (401, "signature_required")


def test_what_is_registered_there_stands_in_the_application_that_admitted_it(world: World) -> None:
    world.institution()
    desk = Desk(world)
    application = desk.bring("third_party_mall")
    merchant = desk.get(application)["applicant"]
    answer = world.post(place(merchant), OTHER, **SHOP)
    assert (answer.status, answer.body["callback_url"]) == (200, OTHER["callback_url"])
    after = desk.get(application, **SHOP)
    assert after["integration"]["callback_url"] == OTHER["callback_url"]
    assert after["integration"]["previous_public_key"] == PARTNER_SYSTEM["public_key"]
    assert [line["action"] for line in after["history"][-2:]] == ["integration", "integration"]


def test_a_mode_without_a_system_registers_none(world: World) -> None:
    shop = world.merchant()
    refused = world.post(place(shop), PARTNER_SYSTEM, **SHOP)
    assert refused.refused == (409, "invalid_state")
    assert "sub-platform have a system of their own" in refused.body["detail"]


def test_another_merchant_and_the_exchange_register_nothing(world: World) -> None:
    shop = world.merchant(mode="third_party_mall")
    world.merchant("other", CODES[1])
    assert world.post(place(shop), PARTNER_SYSTEM, **institution("other")).refused == (404, "not_found")
    assert world.post(place(shop), PARTNER_SYSTEM, **EXCHANGE).refused == (403, "role_not_allowed")
    assert world.get(place(shop), **institution("other")).refused == (404, "not_found")


def test_who_is_frozen_or_does_not_prove_itself_keeps_what_it_has(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise HandshakeFailed(reason="other_key")

    shop = world.merchant(mode="third_party_mall")
    world.post(place(shop), PARTNER_SYSTEM, **SHOP)
    monkeypatch.setattr(prepare, "handshake", fail)
    assert world.post(place(shop), OTHER, **SHOP).refused == (409, "handshake_failed")
    monkeypatch.setattr(prepare, "handshake", lambda **_: pytest.fail("nobody is called for who is frozen"))
    world.freeze(shop)
    assert world.post(place(shop), OTHER, **SHOP).refused == (409, "account_frozen")
    known = queries.partner(shop)
    assert known
    assert known.callback_url == PARTNER_SYSTEM["callback_url"]


def test_a_merchant_that_was_frozen_during_the_handshake_registers_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = world.merchant(mode="third_party_mall")
    monkeypatch.setattr(prepare, "handshake", lambda **_: world.freeze(shop))
    assert world.post(place(shop), OTHER, **SHOP).refused == (409, "account_frozen")
    assert queries.partner(shop) is None
