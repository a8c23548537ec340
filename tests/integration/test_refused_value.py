"""Bad input about trips, consents, holds, vouchers and draws: each has its clear refusal, and nothing is half done."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from chalicelib.kernel.fields import stamp
from chalicelib.table import keys
from tests import consents, officials
from tests.consents import ALICE, REPORT, REPORTER, SHOP, VERIFIER, hold, mall, now, redeem, reporting, spending
from tests.desk import Desk
from tests.integration.test_credit import RULE
from tests.integration.test_draws import DRAW, enter, its_time_comes
from tests.integration.test_offer_batches import TEA, sync
from tests.integration.test_reversal import REVERSAL
from tests.integration.test_signed_holds import OLD, integrate, send
from tests.integration.test_vouchers import upload
from tests.platforms import platform
from tests.world import Answer, World

BUREAU: dict[str, Any] = {"role": "bureau", "sub": "bureau"}
PAST = "2020-01-01T00:00:00.000Z"
Asks = Callable[[], Answer]


class Case(NamedTuple):
    """What is prepared, and then asked; what is answered."""

    prepare: Callable[[World], Asks]
    status: int
    code: str
    pointers: tuple[str, ...] = ()


# grants and trips


def _code(world: World) -> str:
    world.scenario()
    world.person()
    return str(consents.consent(world).body["code"])


def a_code_twice(world: World) -> Asks:
    code = _code(world)
    assert redeem(world, code).status == 200
    return lambda: redeem(world, code)


def a_code_by_another_operator(world: World) -> Asks:
    code = _code(world)
    return lambda: redeem(world, code, sub="other-operator")


def a_code_with_a_wrong_verifier(world: World) -> Asks:
    code = _code(world)
    return lambda: redeem(world, code, verifier=VERIFIER.replace("d", "e", 1))


def a_code_after_its_ten_minutes(world: World) -> Asks:
    code = _code(world)
    consents.change_grant(world, code.partition(".")[0], code_expires_at=now_stamp())
    return lambda: redeem(world, code)


def now_stamp() -> str:
    return stamp(datetime.now(UTC))


def _trip(world: World, grant: str, **changes: Any) -> Answer:
    body = {"record_id": "r-1", "grant": grant, "scenario": "metro", "quantity": "1", "occurred_at": now()} | changes
    return world.post("/v1/reductions", body, **REPORTER)


def a_trip_before_its_grant(world: World) -> Asks:
    grant = reporting(world)
    before = stamp(datetime.now(UTC) - timedelta(minutes=1))
    return lambda: _trip(world, grant, occurred_at=before)


def a_trip_after_the_withdrawal(world: World) -> Asks:
    grant = reporting(world)
    assert consents.withdraw(world, grant).status == 200
    return lambda: _trip(world, grant)


def a_trip_under_a_grant_for_another_scenario(world: World) -> Asks:
    grant = reporting(world)
    world.scenario("bus")
    return lambda: _trip(world, grant, scenario="bus")


def a_trip_after_the_end_of_its_methodology(world: World) -> Asks:
    grant = reporting(world)
    assert world.methodology(valid_until=now_stamp()).status == 201
    return lambda: _trip(world, grant)


def a_trip_under_a_grant_of_who_closed_her_account(world: World) -> Asks:
    grant = reporting(world)
    assert world.close().status == 200
    return lambda: _trip(world, grant)


def a_trip_under_a_grant_to_spend(world: World) -> Asks:
    world.scenario()
    world.person()
    grant = spending(world, mall(world))
    return lambda: _trip(world, grant)


def a_trip_under_a_code_that_nobody_redeemed(world: World) -> Asks:
    grant = _code(world).partition(".")[0]
    return lambda: _trip(world, grant)


# reversals, rules, methodologies, procedures


def _reverse(world: World, id: str) -> Answer:
    return world.post(f"/v1/reductions/{id}/reverse", REVERSAL, **BUREAU)


def _reported(world: World) -> str:
    account = world.person()
    world.scenario(confirmation="manual")
    return str(world.report(account, "10").body["id"])


def a_reversal_of_what_was_reversed(world: World) -> Asks:
    account = world.person()
    world.scenario()
    id = world.report(account, "10").body["id"]
    assert _reverse(world, id).status == 200
    return lambda: _reverse(world, id)


def a_reversal_of_what_was_rejected(world: World) -> Asks:
    id = _reported(world)
    assert world.post(f"/v1/reductions/{id}/reject", {"reason": "no"}, **BUREAU).status == 200
    return lambda: _reverse(world, id)


def a_reversal_of_what_is_not_judged(world: World) -> Asks:
    id = _reported(world)
    return lambda: _reverse(world, id)


def a_reversal_of_nothing(world: World) -> Asks:
    return lambda: _reverse(world, "nothing")


def a_rule_for_an_unknown_scenario(world: World) -> Asks:
    return lambda: world.post("/v1/credit-rules", RULE, **BUREAU)


def a_scenario_by_a_methodology_that_has_ended(world: World) -> Asks:
    made = world.scenario()
    assert world.methodology("M-1", valid_until="2021-01-01T00:00:00Z").status == 201
    body = {name: value for name, value in made.items() if name != "version"} | {"methodology": "M-1"}
    return lambda: world.post("/v1/scenarios", body, **BUREAU)


def one_official_in_two_roles(world: World) -> Asks:
    id = officials.proposed(world, "free_identity", world.person())
    return lambda: officials.approve(world, id, sub="official-1")


# holds


def _held(world: World) -> str:
    world.rich(points=1000)
    return str(hold(world, spending(world, mall(world))).body["id"])


def more_captured_than_is_held(world: World) -> Asks:
    id = _held(world)
    return lambda: consents.capture(world, id, 401)


def a_capture_after_the_end(world: World) -> Asks:
    id = _held(world)
    consents.age_hold(world, id, PAST)
    return lambda: consents.capture(world, id)


def a_capture_twice(world: World) -> Asks:
    id = _held(world)
    assert consents.capture(world, id, 100).status == 200
    return lambda: consents.capture(world, id, 100)


def a_capture_of_what_was_released(world: World) -> Asks:
    id = _held(world)
    assert consents.release(world, id).status == 200
    return lambda: consents.capture(world, id)


def an_order_reference_with_other_points(world: World) -> Asks:
    world.rich(points=1000)
    grant = spending(world, mall(world))
    assert hold(world, grant).status == 201
    return lambda: hold(world, grant, points=300)


def more_refunded_than_was_captured(world: World) -> Asks:
    id = _held(world)
    assert consents.capture(world, id, 300).status == 200
    return lambda: consents.refund(world, id, 301)


def a_hold_under_a_grant_that_was_withdrawn(world: World) -> Asks:
    world.rich(points=1000)
    grant = spending(world, mall(world))
    assert consents.withdraw(world, grant).status == 200
    return lambda: hold(world, grant)


def _signed(world: World, **wrong: Any) -> Asks:
    id = _held(world)
    integrate("required", old_until=timedelta(seconds=-1))
    return lambda: send(world, f"/v1/holds/{id}/capture", {"points": 300}, "k-1", **wrong)


def a_signature_by_the_key_before(world: World) -> Asks:
    return _signed(world, by=OLD)


def a_signature_over_another_body(world: World) -> Asks:
    return _signed(world, over={"points": 1})


def a_signature_of_years_ago(world: World) -> Asks:
    return _signed(world, at=datetime(2020, 1, 1, tzinfo=UTC))


# offers, vouchers, draws, members


def an_sku_twice_in_one_batch(world: World) -> Asks:
    world.merchant()
    return lambda: sync(world, TEA, TEA)


def _pooled(world: World) -> str:
    world.merchant()
    world.rich(points=5000)
    offer = world.offer()
    assert upload(world, offer, ["A", "B"]).status == 201
    return offer


def more_vouchers_than_codes(world: World) -> Asks:
    offer = _pooled(world)
    return lambda: world.redeem(offer, 3000, 3)


def a_code_of_a_voucher_that_was_sold(world: World) -> Asks:
    offer = _pooled(world)
    assert world.redeem(offer).status == 201
    return lambda: upload(world, offer, ["C", "A"])


def _draw(world: World) -> tuple[str, str]:
    world.institution("shop")
    event = Desk(world).bring("event", plan=DRAW)
    world.rich(points=15)
    return event, world.offer(points=10, stock=4)


def a_draw_entered_after_its_time(world: World) -> Asks:
    event, offer = _draw(world)
    its_time_comes(world, event)
    return lambda: enter(world, event, offer)


def a_draw_entered_twice(world: World) -> Asks:
    event, offer = _draw(world)
    assert enter(world, event, offer).status == 201
    return lambda: enter(world, event, offer)


def a_draw_entered_with_points_that_are_gone(world: World) -> Asks:
    event, offer = _draw(world)
    assert world.post("/v1/cancellations", {"points": 6, "purpose": "trip"}, **ALICE).status == 201
    return lambda: enter(world, event, offer)


def _stranger(world: World, action: str) -> Asks:
    """The operator of another sub-platform reaches for a member."""
    district = platform(world)
    shop = district.member()
    other = world.institution("rival")
    body = {"account": other, "mode": "sub_platform", "reason": "letter"}
    assert world.post("/v1/merchants", body, role="exchange", sub="exchange").status == 201
    rival: dict[str, Any] = {"role": "institution", "sub": "rival"}
    path = f"/v1/sub-platforms/{other}/members/{shop}/{action}"
    return lambda: world.post(path, {"reason": "why"}, **rival)


def anothers_member_suspended(world: World) -> Asks:
    return _stranger(world, "suspend")


def anothers_member_reinstated(world: World) -> Asks:
    return _stranger(world, "reinstate")


INVALID, STATE = "invalid_request", "invalid_state"
CASES = [
    Case(a_code_twice, 422, "invalid_grant"),
    Case(a_code_by_another_operator, 422, "invalid_grant"),
    Case(a_code_with_a_wrong_verifier, 422, "invalid_grant"),
    Case(a_trip_before_its_grant, 422, INVALID, ("/occurred_at",)),
    Case(a_trip_after_the_withdrawal, 422, INVALID, ("/occurred_at",)),
    Case(a_trip_under_a_grant_for_another_scenario, 422, INVALID, ("/grant",)),
    Case(a_code_after_its_ten_minutes, 422, "invalid_grant"),
    Case(a_trip_after_the_end_of_its_methodology, 422, INVALID, ("/occurred_at",)),
    Case(a_trip_under_a_grant_of_who_closed_her_account, 422, INVALID, ("/grant",)),
    Case(a_trip_under_a_grant_to_spend, 422, INVALID, ("/grant",)),
    Case(a_trip_under_a_code_that_nobody_redeemed, 422, INVALID, ("/grant",)),
    Case(a_reversal_of_what_was_reversed, 409, STATE),
    Case(a_reversal_of_what_was_rejected, 409, STATE),
    Case(a_reversal_of_what_is_not_judged, 409, STATE),
    Case(a_reversal_of_nothing, 404, "not_found"),
    Case(a_rule_for_an_unknown_scenario, 422, INVALID, ("/weights",)),
    Case(a_scenario_by_a_methodology_that_has_ended, 422, INVALID, ("/methodology",)),
    Case(one_official_in_two_roles, 409, "same_official"),
    Case(more_captured_than_is_held, 422, INVALID, ("/points",)),
    Case(a_capture_after_the_end, 409, STATE),
    Case(a_capture_twice, 409, STATE),
    Case(a_capture_of_what_was_released, 409, STATE),
    Case(an_order_reference_with_other_points, 409, "order_reference_used"),
    Case(more_refunded_than_was_captured, 422, INVALID, ("/points",)),
    Case(a_hold_under_a_grant_that_was_withdrawn, 409, "grant_inactive"),
    Case(a_signature_by_the_key_before, 401, "signature_invalid"),
    Case(a_signature_over_another_body, 401, "signature_invalid"),
    Case(a_signature_of_years_ago, 401, "signature_invalid"),
    Case(an_sku_twice_in_one_batch, 422, INVALID, ("/offers",)),
    Case(more_vouchers_than_codes, 409, "sold_out"),
    Case(a_code_of_a_voucher_that_was_sold, 422, INVALID, ("/codes/1",)),
    Case(a_draw_entered_after_its_time, 409, "entries_closed"),
    Case(a_draw_entered_twice, 409, "entered_already"),
    Case(a_draw_entered_with_points_that_are_gone, 409, "insufficient_points"),
    Case(anothers_member_suspended, 404, "not_found"),
    Case(anothers_member_reinstated, 404, "not_found"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.prepare.__name__)
def test_each_is_refused_with_its_code_and_field_and_nothing_has_changed(world: World, case: Case) -> None:
    ask = case.prepare(world)
    before = world.items()
    refused = ask()
    assert refused.refused == (case.status, case.code), refused
    assert tuple(refused.pointers if case.pointers else ()) == case.pointers
    assert all(refused.body[each] for each in ("title", "detail"))
    assert world.items() == before


@pytest.mark.parametrize("between", ["suspended", "withdrawn", "frozen person"])
def test_what_is_held_is_captured_and_refunded_whatever_came_between(world: World, between: str) -> None:
    """The contract's own page prevails: a suspension and a withdrawal stop new holds only."""
    id = _held(world)
    exchange: dict[str, Any] = {"role": "exchange", "sub": "exchange"}
    if between == "suspended":
        path = f"/v1/merchants/{keys.account_id('shop')}/suspend"
        assert world.post(path, {"reason": "why"}, **exchange).status == 200
    elif between == "withdrawn":
        grant = world.get("/v1/grants", **ALICE).body["items"][0]["id"]
        assert consents.withdraw(world, grant).status == 200
    else:
        world.freeze(keys.account_id("alice"))
    assert consents.capture(world, id, 300).status == 200
    assert consents.refund(world, id, 300).status == 200
    assert (world.points(), world.points("shop", "institution")) == (1000, 0)
    assert world.get(f"/v1/holds/{id}", **SHOP).body["refunded_points"] == 300


@pytest.mark.parametrize("purpose", ["report", "spend"])
def test_a_consent_is_for_its_purpose_and_pair(world: World, purpose: str) -> None:
    world.scenario()
    world.person()
    body = REPORT if purpose == "report" else consents.spend(mall(world))
    first = consents.consent(world, body)
    before = world.items()
    refused = consents.consent(world, body)
    assert (refused.refused, refused.body["grant"]) == ((409, STATE), first.body["id"])
    assert world.items() == before
