"""A merchant replaces its system: another address, another key, after a handshake of its own."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.kernel.fields import stamp
from chalicelib.kernel.settle import perform
from chalicelib.onboarding import prepare
from chalicelib.partners import actions, queries
from chalicelib.partners.handshake import HandshakeFailed
from chalicelib.partners.items import Partner
from tests.desk import BASE, EXCHANGE, PARTNER_SYSTEM, Desk, institution
from tests.world import World

SHOP = institution("shop")
OTHER = {
    "callback_url": "https://new.example.com/hook",
    "public_key": "whpk_bWiCcGaF+f1d2WWgO7tVYSCiC5TmM1DOSVs8eWCfSdk=",
}
THIRD = PARTNER_SYSTEM | {"public_key": "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}


@pytest.fixture
def desk(world: World) -> Desk:
    world.institution()
    return Desk(world)


def partner(desk: Desk, application: str) -> Partner:
    known = queries.partner(desk.get(application)["applicant"])
    assert known
    return known


@pytest.mark.parametrize("mode", ["third_party_mall", "sub_platform"])
def test_address_and_key_are_replaced_and_the_key_before_stays_valid_for_a_day(desk: Desk, mode: str) -> None:
    application = desk.bring(mode)
    before = desk.get(application, **SHOP)
    merchant = desk.world.get(f"/v1/merchants/{before['applicant']}").body
    assert before["next_actions"] == ["integration"]
    answer = desk.step(application, "integration", OTHER, **SHOP)
    assert (answer.status, answer.body["status"]) == (200, "active")
    after, known = desk.get(application, **SHOP), partner(desk, application)
    assert after["integration"]["callback_url"] == OTHER["callback_url"] == known.callback_url
    assert after["integration"]["previous_public_key"] == PARTNER_SYSTEM["public_key"]
    in_time = stamp(datetime.now(UTC) + timedelta(hours=23, minutes=59))
    too_late = stamp(datetime.now(UTC) + timedelta(hours=24, minutes=1))
    assert in_time < after["integration"]["previous_valid_until"] < too_late
    assert known.public_keys(in_time) == (OTHER["public_key"], PARTNER_SYSTEM["public_key"])
    assert known.public_keys(too_late) == (OTHER["public_key"],)
    assert after["since"] == before["since"]
    assert desk.world.get(f"/v1/merchants/{before['applicant']}").body == merchant
    assert [line["action"] for line in after["history"][-2:]] == ["integration", "integration"]
    assert desk.queue(status="active") == [application]


def test_another_address_for_the_same_key_has_no_key_before(desk: Desk) -> None:
    application = desk.bring("third_party_mall")
    moved = PARTNER_SYSTEM | {"callback_url": OTHER["callback_url"]}
    assert desk.step(application, "integration", moved, **SHOP).status == 200
    assert desk.get(application)["integration"]["previous_public_key"] is None


def test_signatures_are_required_once_it_says_so_until_it_says_otherwise(desk: Desk) -> None:
    application = desk.bring("third_party_mall")
    assert desk.get(application)["integration"]["signatures"] == partner(desk, application).signatures == "optional"
    steps = [(PARTNER_SYSTEM | {"signatures": "required"}, "required"), (OTHER, "required")]
    for body, signatures in (*steps, (OTHER | {"signatures": "optional"}, "optional")):
        assert desk.step(application, "integration", body, **SHOP).status == 200
        assert desk.get(application)["integration"]["signatures"] == signatures
        assert partner(desk, application).signatures == signatures
    refused = desk.step(application, "integration", PARTNER_SYSTEM | {"signatures": "never"}, **SHOP)
    assert (refused.status, refused.pointers) == (422, ["/signatures"])


def test_a_replay_replaces_nothing(desk: Desk) -> None:
    application = desk.bring("third_party_mall")
    path = f"{BASE}/{application}/integration"
    first = desk.world.post(path, OTHER, key="k", **SHOP)
    assert desk.world.post(path, THIRD, key="k", **SHOP).refused == (422, "idempotency_key_reused")
    desk.step(application, "integration", THIRD, **SHOP)
    again = desk.world.post(path, OTHER, key="k", **SHOP)
    assert (again.body, again.headers["Idempotent-Replayed"]) == (first.body, "true")
    assert partner(desk, application).public_key == THIRD["public_key"]


def test_of_two_at_once_the_later_one_replaces_the_earlier(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    application = desk.bring("third_party_mall")

    def meanwhile(**_: Any) -> None:
        monkeypatch.setattr(prepare, "handshake", lambda **_: None)
        assert desk.step(application, "integration", OTHER, **SHOP).status == 200

    monkeypatch.setattr(prepare, "handshake", meanwhile)
    assert desk.step(application, "integration", THIRD, **SHOP).status == 200
    known = partner(desk, application)
    assert known.public_key == THIRD["public_key"]
    assert known.previous
    assert known.previous.public_key == OTHER["public_key"]


def of_the_system(desk: Desk) -> list[dict[str, Any]]:
    """Everything but the count of tries."""
    return [item for item in desk.world.items() if not item["pk"]["S"].startswith("asked:")]


def test_a_failed_handshake_leaves_the_system_as_it_is(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> None:
        raise HandshakeFailed(reason="other_key")

    application = desk.bring("third_party_mall")
    monkeypatch.setattr(prepare, "handshake", fail)
    before, tried = of_the_system(desk), desk.world.items()
    assert desk.step(application, "integration", OTHER, **SHOP).refused == (409, "handshake_failed")
    assert of_the_system(desk) == before
    assert len(desk.world.items()) == len(tried)  # the try is counted where the first one was


def test_a_suspended_merchant_may_a_frozen_one_may_not(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    application = desk.bring("third_party_mall")
    merchant = desk.get(application)["applicant"]
    desk.world.post(f"/v1/merchants/{merchant}/suspend", {"reason": "why"}, **EXCHANGE)
    assert desk.step(application, "integration", OTHER, **SHOP).status == 200
    assert desk.world.get(f"/v1/merchants/{merchant}").body["status"] == "suspended"
    desk.world.post(f"/v1/accounts/{merchant}/freeze", {"reason": "why"}, **EXCHANGE)
    monkeypatch.setattr(prepare, "handshake", lambda **_: pytest.fail("nobody is called for who is frozen"))
    before = desk.world.items()
    assert desk.step(application, "integration", THIRD, **SHOP).refused == (409, "account_frozen")
    assert desk.world.items() == before


@pytest.mark.parametrize("mode", ["event", "other"])
def test_modes_without_a_system_have_none_to_replace(desk: Desk, mode: str) -> None:
    application = desk.bring(mode)
    refused = desk.step(application, "integration", OTHER, **SHOP)
    assert (refused.refused, refused.body["state"]) == ((409, "invalid_state"), "active")
    assert desk.get(application, **SHOP)["next_actions"] == []


def test_others_cannot_replace_it(desk: Desk) -> None:
    application = desk.bring("third_party_mall")
    before = desk.world.items()
    assert desk.step(application, "integration", OTHER, **institution("rival")).refused == (404, "not_found")
    assert desk.step(application, "integration", OTHER, **EXCHANGE).refused == (403, "role_not_allowed")
    assert desk.world.items() == before


def test_a_disabled_system_stands_in_the_history_and_the_next_integration_enables_it(desk: Desk) -> None:
    application = desk.bring("third_party_mall")
    known = partner(desk, application)
    perform("disable", lambda command: actions.disable(command, known, queries.application_of(known.merchant)))
    line = desk.get(application, **SHOP)["history"][-1]
    assert (line["by_role"], line["action"], line["outcome"]) == ("system", "webhooks", "disabled")
    assert (list(queries.partners()), partner(desk, application).disabled_at is None) == ([], False)
    assert desk.step(application, "integration", PARTNER_SYSTEM, **SHOP).status == 200
    assert (list(queries.partners()), partner(desk, application).disabled_at) == ([known.merchant], None)
