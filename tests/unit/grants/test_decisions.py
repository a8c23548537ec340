"""What consent, redemption and withdrawal write, and what they refuse."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import Contended, InvalidRequest, InvalidState, RoleNotAllowed
from chalicelib.grants import actions, codes, consent
from chalicelib.grants.items import Grant, Granting, Version, day
from chalicelib.grants.model import CodeRedemption, Consent
from chalicelib.table import keys
from tests.consents import REPORT, VERIFIER, spend
from tests.unit.decisions import AT, NOW, after, command, holds, refusal, touched, write_to

KEY = b"k" * 32
LATER = "2026-01-31T08:10:00.000Z"
METRO = Version("Metro", "operator", "2020-01-01T00:00:00.000Z")
ALICE = keys.account_id("alice")
PAIR = keys.granting(ALICE, "report", "operator")


def consented(**changes: Any) -> Any:
    body = Consent.model_validate_json(json.dumps(REPORT))
    return consent.consent_to_report(command(body, **changes), METRO, "person", KEY)


def offered(**changes: Any) -> Grant:
    grant = Grant(
        id="g", purpose="report", status="offered", account=ALICE, partner="operator", scenario="Metro",
        code_challenge=codes.challenge(VERIFIER), offered_at=AT, code_expires_at=LATER,
    )  # fmt: skip
    return replace(grant, **changes)


def redeemed(grant: Grant | None, *, role: str = "scenario_operator", sub: str = "operator", **changes: Any) -> Any:
    fields = {"code": "c", "code_verifier": VERIFIER, "reference": "m-1"}
    body = CodeRedemption.model_validate(fields | changes)
    return actions.redeem(command(body, role=role, sub=sub), grant)


def test_a_consent_writes_the_grant_its_guard_and_a_pointer_and_asks_for_an_open_account() -> None:
    decision = consented()
    id = decision.answer.id
    assert touched(decision) == [
        keys.account(keys.holder(ALICE)), PAIR, keys.grant(id), keys.granted(ALICE, AT, id),
    ]  # fmt: skip
    kept = after(write_to(decision, keys.grant(id)))
    assert (kept["status"], kept["partner"], kept["account"]) == ("offered", "operator", ALICE)
    assert kept["person"] == "person"
    assert "code" not in kept
    assert after(write_to(decision, PAIR)) == {"grant": id, "until": LATER}


@pytest.mark.parametrize(("until", "free"), [(LATER, False), ("9999", False), (AT, True), ("2020", True)])
def test_the_guard_blocks_until_its_time(until: str, free: bool) -> None:
    guard = write_to(consented(), PAIR)
    assert holds(guard)
    assert holds(guard, Granting("earlier", until)) == free
    if not free:
        refused = refusal(guard, Granting("earlier", until))
        assert isinstance(refused, consent.GrantLive)
        assert refused.facts["grant"] == "earlier"


def test_a_consent_is_the_same_however_often_it_is_decided_and_another_s_is_not() -> None:
    first, again = consented(), consented()
    assert first.answer == again.answer
    assert [each.request() for each in first.writes] == [each.request() for each in again.writes]
    assert codes.grant_id("r", KEY) not in {codes.grant_id("s", KEY), codes.grant_id("r", b"other"), keys.digest("r")}


def test_a_redemption_activates_the_grant_once_and_blocks_the_pair_without_end() -> None:
    decision = redeemed(offered())
    write = write_to(decision, keys.grant("g"))
    kept = after(write, offered())
    assert (kept["status"], kept["active_from"], kept["reference"]) == ("active", AT, "m-1")
    assert (kept["list"], kept["rank"]) == ("grants:report:operator", f"{AT}:g")
    for status in ("active", "withdrawn"):
        assert isinstance(refusal(write, offered(status=status)), actions.InvalidGrant)
    assert after(write_to(decision, PAIR), Granting("g", LATER)) == {"grant": "g", "until": "9999"}


BAD: dict[str, Any] = {
    "no grant": lambda: redeemed(None),
    "another verifier": lambda: redeemed(offered(), code_verifier="x" * 43),
    "another operator": lambda: redeemed(offered(), sub="other"),
    "the operator as an institution": lambda: redeemed(offered(), role="institution"),
    "a used code": lambda: redeemed(offered(status="active")),
    "an expired code": lambda: redeemed(offered(code_expires_at=AT)),
    "an expired consent": lambda: redeemed(offered(expires_at=AT)),
    "a withdrawn consent": lambda: redeemed(offered(status="withdrawn")),
}


@pytest.mark.parametrize("redeem", BAD.values(), ids=BAD)
def test_a_bad_code_is_refused_with_one_answer(redeem: Any) -> None:
    with pytest.raises(actions.InvalidGrant) as refused:
        redeem()
    assert refused.value.facts == {}


def test_a_withdrawal_ends_the_grant_and_frees_the_pair_and_is_published() -> None:
    grant = offered(status="active", active_from=AT)
    decision = actions.withdraw(command(), grant)
    assert decision.publish
    kept = after(write_to(decision, keys.grant("g")), grant)
    assert (kept["status"], kept["withdrawn_at"], kept["withdrawn_by"]) == ("withdrawn", AT, "individual")
    assert after(write_to(decision, PAIR), Granting("g", "9999"))["until"] == AT
    assert isinstance(refusal(write_to(decision, keys.grant("g")), offered()), Contended)  # it is read again


def test_what_has_ended_is_not_withdrawn_and_an_offer_only_by_the_person() -> None:
    for ended in (offered(status="withdrawn"), offered(code_expires_at=AT), offered(status="active", expires_at=AT)):
        with pytest.raises(InvalidState):
            actions.withdraw(command(), ended)
    with pytest.raises(RoleNotAllowed):
        actions.withdraw(command(role="scenario_operator", sub="operator"), offered())


@pytest.mark.parametrize(
    ("versions", "operator"),
    [
        ([METRO], "operator"),
        ([METRO, Version("Metro", "second", AT)], "second"),
        ([METRO, Version("Metro", "second", LATER)], "operator"),
        ([METRO, Version("Metro", "second", "2025", AT)], None),
        ([Version("Metro", "operator", LATER)], None),
        ([], None),
    ],
)
def test_the_partner_of_a_report_is_the_operator_in_force(versions: list[Version], operator: str | None) -> None:
    if operator:
        assert consent.report_partner(versions, AT).operator == operator
    else:
        with pytest.raises(InvalidRequest):
            consent.report_partner(versions, AT)


def test_a_code_is_known_by_its_own_key_alone() -> None:
    code = codes.code("g", KEY)
    assert codes.grant_of(code, KEY) == "g"
    for other in (code + "x", code[:-1], "h" + code[1:], "", "g", "g."):
        assert codes.grant_of(other, KEY) is None
    assert codes.grant_of(code, b"other") is None


def test_a_grant_counts_by_the_day_in_shanghai() -> None:
    assert (day(NOW), day(NOW + timedelta(hours=8))) == ("20260131", "20260201")
    grant = offered(purpose="spend", day="20260131", used_points=5)
    assert (grant.used_on("20260131"), grant.used_on("20260201")) == (5, 0)


def test_limits_of_a_consent_to_spend_are_kept() -> None:
    body = Consent.model_validate_json(json.dumps(spend("m")))
    decision = consent.consent_to_spend(command(body), body.root, "m", KEY)  # type: ignore[arg-type]
    kept = after(write_to(decision, keys.grant(decision.answer.id)))  # type: ignore[attr-defined]
    assert (kept["points_max_order"], kept["points_max_day"], kept["expires_at"]) == (
        500, 800, "2999-01-01T00:00:00.000Z",
    )  # fmt: skip
