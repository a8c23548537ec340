"""What holds write, and what they refuse: four items to hold and to capture, three to release."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.errors import AlreadyRefunded, Contended, InvalidRequest, InvalidState, Refusal, RoleNotAllowed
from chalicelib.grants.items import Grant, day
from chalicelib.holds import actions, refunds
from chalicelib.holds.items import LANES, Hold, Seller, Selling, due
from chalicelib.holds.model import Capture, HoldRefund, NewHold
from chalicelib.holds.projection import merchant_holds
from chalicelib.holds.rules.refusals import (
    DayLimitReached,
    GrantInactive,
    MerchantSuspended,
    NotHersYet,
    OrderLimitReached,
    OrderReferenceUsed,
    PayerLacksPoints,
)
from chalicelib.kernel.fields import stamp
from chalicelib.ledger.account import Account, AnyAccount
from chalicelib.ledger.actions import AccountClosed, AccountFrozen, InsufficientPoints
from chalicelib.ledger.model import entries
from chalicelib.ledger.refunds import Payee
from chalicelib.table import keys, lists
from tests.consents import order
from tests.unit.decisions import AT, NOW, after, command, holds, record, refusal, touched, write_to
from tests.unit.parties import institution, person

SHOP, ALICE = keys.account_id("shop"), "alices-account"
PERSON, MERCHANT = keys.account(keys.holder(ALICE)), keys.account(keys.holder(SHOP))
GRANT = Grant(
    id="g", purpose="spend", status="active", account=ALICE, partner=SHOP, code_challenge="", offered_at=AT,
    code_expires_at=AT, points_max_order=500, points_max_day=800, expires_at="2999", active_from=AT,
)  # fmt: skip
SELLER = Seller("active", "institution", Selling("third_party_mall", "active"))
ENDS = "2026-01-31T08:10:00.000Z"
HOLD = Hold(
    id="h", status="held", account=ALICE, merchant=SHOP, grant="g", order_reference="o-1", title="茶", amount=400,
    placed_at=AT, expires_at=ENDS,
)  # fmt: skip
PAYING = institution(id=SHOP, points=1000)
PAYEE = Payee(person(id=ALICE))
RICH = {"kind": "individual", "status": "active", "points": 1000, "held": 0}


def by_shop(body: Any = None, **options: Any) -> Any:
    return command(body, **{"role": "institution", "sub": "shop"} | options)


def placed(grant: Grant | None = GRANT, seller: Seller | None = SELLER, **changes: Any) -> Any:
    return actions.place(by_shop(NewHold.model_validate(order("g", **changes))), grant, seller)


def captured(points: int = 300, hold: Hold = HOLD) -> Any:
    return actions.capture(by_shop(Capture(points=points)), hold)


def refunded(points: int, hold: Hold, merchant: Account = PAYING, **options: Any) -> Any:
    body = HoldRefund(points=points, reason=options.pop("reason", None))
    return refunds.refund(by_shop(body, **options), hold, merchant, PAYEE)


def test_a_hold_touches_the_hold_the_person_and_the_grant() -> None:
    decision = placed()
    key = keys.account(keys.hold(decision.answer.id))
    assert touched(decision) == [key, PERSON, keys.grant("g")]
    kept = after(write_to(decision, key))
    assert (kept["points"], kept["amount"], kept["status"], kept["account"]) == (400, 400, "held", ALICE)
    assert "list" not in kept
    person = after(write_to(decision, PERSON), RICH)
    assert (person["points"], person["held"]) == (600, 400)
    assert after(write_to(decision, keys.grant("g")), GRANT)["used_points"] == 400


def test_an_order_reference_names_its_hold_whatever_the_key() -> None:
    decision = placed()
    key = keys.account(keys.hold(decision.answer.id))
    assert placed(points=100).answer.id == decision.answer.id != placed(order_reference="o-2").answer.id
    refused = refusal(write_to(decision, key), HOLD)
    assert isinstance(refused, OrderReferenceUsed)
    assert refused.facts == {"hold": "h"}


@pytest.mark.parametrize(
    ("person", "kind"),
    [
        (RICH | {"points": 399}, PayerLacksPoints),
        (RICH | {"status": "frozen"}, GrantInactive),
        (RICH | {"status": "closed"}, GrantInactive),
        (None, GrantInactive),
    ],
)
def test_a_merchant_learns_nothing_of_a_person_who_cannot_pay(person: Any, kind: type[Refusal]) -> None:
    refused = refusal(write_to(placed(), PERSON), person)
    assert type(refused) is kind
    assert refused.facts == {}
    assert kind is GrantInactive or issubclass(kind, InsufficientPoints)


TODAY = "20260131"


@pytest.mark.parametrize(
    ("stored", "kind"),
    [
        (replace(GRANT, day=TODAY, used_points=401), DayLimitReached),
        (replace(GRANT, day=TODAY, used_points=400, status="withdrawn"), GrantInactive),
        (None, GrantInactive),
    ],
)
def test_the_grant_is_live_and_its_day_has_room_in_the_same_transaction(stored: Any, kind: type[Refusal]) -> None:
    same_day = write_to(placed(replace(GRANT, day=TODAY, used_points=400)), keys.grant("g"))
    assert holds(same_day, replace(GRANT, day=TODAY, used_points=400))
    assert type(refusal(same_day, stored)) is kind


def test_the_first_hold_of_a_day_begins_the_count_and_only_the_first() -> None:
    first = write_to(placed(replace(GRANT, day="20260130", used_points=800)), keys.grant("g"))
    assert after(first, replace(GRANT, day="20260130", used_points=800))["used_points"] == 400
    assert isinstance(refusal(first, replace(GRANT, day=TODAY, used_points=1)), Contended)
    later = write_to(placed(replace(GRANT, day=TODAY)), keys.grant("g"))
    assert isinstance(refusal(later, replace(GRANT, day="20260201")), Contended)


REFUSED: dict[str, tuple[Any, type[Refusal]]] = {
    "over an order": (lambda: placed(points=501), OrderLimitReached),
    "over the day": (lambda: placed(replace(GRANT, day=TODAY, used_points=401)), DayLimitReached),
    "no grant": (lambda: placed(None), GrantInactive),
    "a grant to report": (lambda: placed(replace(GRANT, purpose="report")), GrantInactive),
    "another merchant's grant": (lambda: placed(replace(GRANT, partner="rival")), GrantInactive),
    "a withdrawn grant": (lambda: placed(replace(GRANT, status="withdrawn")), GrantInactive),
    "an expired grant": (lambda: placed(replace(GRANT, expires_at=AT)), GrantInactive),
    "a suspended merchant": (
        lambda: placed(seller=replace(SELLER, merchant=Selling("sub_platform", "suspended"))), MerchantSuspended
    ),
    "a frozen merchant": (lambda: placed(seller=replace(SELLER, status="frozen")), AccountFrozen),
    "no merchant": (lambda: placed(seller=replace(SELLER, merchant=None)), RoleNotAllowed),
    "no account": (lambda: placed(seller=None), RoleNotAllowed),
    "a merchant of another mode": (
        lambda: placed(seller=replace(SELLER, merchant=Selling("event", "active"))), RoleNotAllowed
    ),
    "more than is held": (lambda: captured(401), InvalidRequest),
    "a capture after the end": (lambda: captured(hold=replace(HOLD, expires_at=AT)), InvalidState),
    "a second capture": (lambda: captured(hold=replace(HOLD, status="captured")), InvalidState),
    "a capture of what was released": (lambda: captured(hold=replace(HOLD, status="released")), InvalidState),
    "a refund of what is held": (lambda: refunded(1, HOLD), InvalidState),
    "a refund of more": (lambda: refunded(301, replace(HOLD, status="captured", captured_points=300)), InvalidRequest),
    "a refund of nothing": (
        lambda: refunded(1, replace(HOLD, status="captured", captured_points=300, refunded_points=300)),
        AlreadyRefunded,
    ),
    "the exchange without a reason": (
        lambda: refunded(1, replace(HOLD, status="captured", captured_points=300), role="exchange"), InvalidRequest
    ),
}  # fmt: skip


@pytest.mark.parametrize(("decide", "kind"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_before_anything_is_written(decide: Any, kind: type[Refusal]) -> None:
    with pytest.raises(kind):
        decide()


def test_a_capture_pays_the_merchant_gives_back_the_rest_and_ends_the_hold() -> None:
    decision = captured(300)
    assert touched(decision) == [HOLD.key, MERCHANT, PERSON]
    kept = after(write_to(decision, HOLD.key), vars(HOLD) | {"points": 400, "ended_at": ""})
    assert (kept["status"], kept["points"], kept["captured_points"], kept["ended_at"]) == ("captured", 0, 300, AT)
    person = after(write_to(decision, PERSON), RICH | {"points": 600, "held": 400})
    assert (person["points"], person["held"]) == (700, 0)
    assert decision.facts.payer == keys.holder(ALICE)


def test_a_full_capture_leaves_the_persons_points_alone() -> None:
    person = after(write_to(captured(400), PERSON), RICH | {"points": 600, "held": 400})
    assert (person["points"], person["held"], "unfiled" in person) == (600, 0, False)


@pytest.mark.parametrize("decide", [captured, lambda: actions.release(by_shop(), HOLD)])
def test_who_comes_second_reads_the_hold_again(decide: Any) -> None:
    write = write_to(decide(), HOLD.key)
    for status in ("captured", "released", "expired"):
        assert isinstance(refusal(write, vars(HOLD) | {"status": status, "points": 0, "ended_at": AT}), Contended)


@pytest.mark.parametrize("decide", [captured, lambda: actions.release(by_shop(), HOLD)])
def test_a_frozen_person_gets_back_what_was_held(decide: Any) -> None:
    write = write_to(decide(), PERSON)
    assert holds(write, RICH | {"status": "frozen", "held": 400})


def test_a_release_touches_the_hold_and_the_person() -> None:
    decision = actions.release(by_shop(), HOLD)
    assert touched(decision) == [HOLD.key, PERSON]
    assert decision.kind == "hold_released"


@pytest.mark.parametrize(("hours", "may"), [(0, False), (24, False), (24.2, True)])
def test_the_person_releases_a_day_after_the_end(hours: float, may: bool) -> None:
    asked = command(now=NOW + timedelta(hours=hours))
    if may:
        assert actions.release(asked, HOLD).kind == "hold_released"
    else:
        with pytest.raises(NotHersYet):
            actions.release(asked, HOLD)


def test_the_schedule_expires_what_is_over_and_nothing_else() -> None:
    late = command(role="system", sub="system", now=NOW + timedelta(minutes=10))
    assert actions.expire(late, HOLD).kind == "hold_expired"
    with pytest.raises(InvalidState):
        actions.expire(command(role="system", sub="system"), HOLD)
    with pytest.raises(InvalidState):
        actions.expire(late, replace(HOLD, status="captured"))


def test_a_refund_after_a_buy_back_takes_points_then_grams_as_they_were_read() -> None:
    hold, read = replace(HOLD, status="captured", captured_points=300), institution(id=SHOP, points=100, grams=500)
    decision = refunded(300, hold, read)
    write = write_to(decision, MERCHANT)
    left = after(write, read)
    assert (left["points"], left["grams"]) == (0, 300)
    assert after(write_to(decision, PERSON), RICH)["points"] == 1300
    for moved in (replace(read, points=101), replace(read, points=0, grams=600)):
        assert isinstance(refusal(write, moved), Contended)
    lines = entries(record("hold_refunded", **vars(decision.facts)))
    assert {(each.points, each.grams) for each in lines.values()} == {(-100, -200), (300, 0)}


def test_a_refund_is_refused_only_for_what_points_and_grams_do_not_cover() -> None:
    hold, read = replace(HOLD, status="captured", captured_points=300), institution(id=SHOP, points=100, grams=50)
    refused = refusal(write_to(refunded(300, hold, read), MERCHANT), read)
    assert isinstance(refused, InsufficientPoints)
    assert (refused.facts["needed"], refused.facts["available"]) == (250, 100)


def test_a_buy_back_while_a_refund_is_decided_has_it_decided_again() -> None:
    hold, read = replace(HOLD, status="captured", captured_points=300), institution(id=SHOP, points=1000)
    write = write_to(refunded(300, hold, read), MERCHANT)
    assert isinstance(refusal(write, AnyAccount(points=0, grams=1000)), Contended)
    assert isinstance(refusal(write, replace(read, status="frozen")), AccountFrozen)


def test_a_refund_counts_on_the_hold_as_it_was_read() -> None:
    hold = replace(HOLD, status="captured", captured_points=300, refunded_points=100)
    decision = refunded(150, hold)
    assert touched(decision) == [HOLD.key, MERCHANT, PERSON]
    write = write_to(decision, HOLD.key)
    stored = {"points": 0, "refunded_points": 100}
    assert after(write, stored)["refunded_points"] == decision.answer.refunded_points == 250
    assert isinstance(refusal(write, stored | {"refunded_points": 200}), Contended)
    assert isinstance(refusal(write_to(decision, PERSON), RICH | {"status": "closed"}), Contended)
    assert holds(write_to(decision, PERSON), RICH | {"status": "frozen"})
    short = institution(id=SHOP, points=149)
    assert isinstance(refusal(write_to(refunded(150, hold, short), MERCHANT), short), InsufficientPoints)


def test_statement_lines_name_the_merchant_to_her_and_the_hold_to_it() -> None:
    for decision in (placed(), captured(300), refunded(1, replace(HOLD, status="captured", captured_points=300))):
        found = {name: entry.counterparty for name, entry in entries(record(**vars(decision.facts))).items()}
        hold = keys.hold(str(decision.facts.hold))
        assert found in (
            {keys.holder(ALICE): SHOP},
            {keys.holder(ALICE): SHOP, keys.holder(SHOP): hold},
        )


def test_a_placed_hold_is_listed_once_by_its_end() -> None:
    decision = placed()
    made = record("hold_placed", answer=decision.answer.model_dump_json(), **vars(decision.facts))
    [pointer] = merchant_holds([made, record(movement="capture", hold="h")])
    kept = after(pointer)
    assert (kept["hold"], kept["id"]) == (decision.answer.id, made.id)
    assert kept["rank"] == f"{ENDS}:{decision.answer.id}"
    assert kept["list"].startswith("holds:")


def test_each_step_of_a_hold_has_its_name_its_end_and_its_movement() -> None:
    late = command(role="system", sub="system", now=NOW + timedelta(minutes=10))
    for decision, kind, movement, status in (
        (captured(300), "hold_captured", "capture", "captured"),
        (actions.release(by_shop(), HOLD), "hold_released", "release", "released"),
        (actions.expire(late, HOLD), "hold_expired", "release", "expired"),
    ):
        assert (decision.kind, decision.facts.movement) == (kind, movement)
        answer: Any = decision.answer
        assert (answer.status, answer.id) == (status, "h")
        ended = after(write_to(decision, HOLD.key), HOLD)
        assert ended["status"] == status
        assert ended["ended_at"] == answer.ended_at == stamp(late.now if status == "expired" else NOW)
    assert (placed().kind, placed().facts.movement) == ("hold_placed", "hold")


def test_a_hold_ends_once() -> None:
    late = command(role="system", sub="system", now=NOW + timedelta(minutes=10))
    for decision in (captured(300), actions.release(by_shop(), HOLD), actions.expire(late, HOLD)):
        write = write_to(decision, HOLD.key)
        kept = {"status": "held", "points": 400}
        assert holds(write, kept)
        assert isinstance(refusal(write, kept | {"status": "released"}), Contended)


def test_no_more_is_captured_than_was_held() -> None:
    with pytest.raises(InvalidRequest) as found:
        captured(401)
    [fault] = found.value.facts["errors"]
    assert fault["pointer"] == "/points"
    assert "400" in fault["detail"].en
    assert "400" in fault["detail"].zh
    assert captured(400).answer.captured_points == 400


@pytest.mark.parametrize(
    ("stored", "why"),
    [
        ({"status": "active", "merchant": {"left_at": AT, "mode": "m", "status": "left"}}, InvalidState),
        ({"status": "frozen"}, AccountFrozen),
        ({"status": "closed"}, AccountClosed),
        (None, Contended),
    ],
)
def test_a_merchant_that_takes_no_points_says_why(stored: Any, why: type[Refusal]) -> None:
    found = refusal(write_to(captured(300), MERCHANT), None if stored is None else {"kind": "institution"} | stored)
    assert type(found) is why
    if why is InvalidState:
        assert found.facts == {"state": "left", "action": "capture"}


def test_a_merchant_that_is_active_gets_what_is_captured() -> None:
    assert holds(write_to(captured(300), MERCHANT), {"status": "active", "merchant": {"mode": "m", "status": "active"}})


def test_who_asks_too_early_is_told_when() -> None:
    hers = stamp(datetime.fromisoformat(ENDS) + timedelta(hours=24))
    with pytest.raises(NotHersYet) as found:
        actions.release(command(), HOLD)
    assert found.value.facts == {"state": "held", "action": "release", "ends_at": hers}
    at_last = command(now=datetime.fromisoformat(hers))
    assert actions.release(at_last, HOLD).kind == "hold_released"
    with pytest.raises(InvalidState) as early:
        actions.expire(command(role="system", sub="system"), HOLD)
    assert early.value.facts == {"state": "held", "action": "expire"}
    with pytest.raises(InvalidState) as late:
        captured(300, replace(HOLD, expires_at=AT))
    assert late.value.facts == {"state": "expired", "action": "capture"}


def test_an_order_reference_that_was_used_names_its_hold() -> None:
    decision = placed()
    write = write_to(decision, keys.account(keys.hold(decision.answer.id)))
    assert refusal(write, HOLD).facts == {"hold": "h"}
    assert write.refuse(None).facts == {"hold": "?"}


def test_a_day_that_is_spent_says_how_far() -> None:
    today = day(NOW)
    grant = replace(GRANT, day=today, used_points=400)
    write = write_to(placed(grant), keys.grant("g"))
    assert holds(write, grant)
    assert refusal(write, replace(grant, used_points=401)).facts == {"limit": 800, "held": 401}
    assert isinstance(refusal(write, replace(grant, used_points=401, points_max_day=None)), DayLimitReached)
    assert isinstance(refusal(write, replace(grant, status="withdrawn")), GrantInactive)
    first = write_to(placed(), keys.grant("g"))
    assert isinstance(refusal(first, replace(grant, used_points=400)), Contended), "it would fit: decide again"
    assert isinstance(refusal(first, replace(grant, used_points=401)), DayLimitReached)


def test_holds_are_spread_over_the_lists_of_what_is_due() -> None:
    names = {due(f"hold-{number}", ENDS).list for number in range(100)}
    assert names == {lists.holds_due(lane) for lane in range(LANES)}
    assert due("h", ENDS).rank == f"{ENDS}:h"


def test_a_pointer_stands_where_the_merchant_looks() -> None:
    decision = placed()
    [pointer] = merchant_holds([record("hold_placed", answer=decision.answer.model_dump_json(), movement="hold")])
    assert pointer.key == keys.merchant_hold(SHOP, AT, decision.answer.id)


def test_a_hold_counts_for_its_day_whether_or_not_it_is_the_first() -> None:
    today = day(NOW)
    first = after(write_to(placed(), keys.grant("g")), GRANT)
    assert (first["day"], first["used_points"]) == (today, 400)
    later = replace(GRANT, day=today, used_points=300)
    assert after(write_to(placed(later), keys.grant("g")), later)["used_points"] == 700


def test_limits_say_what_they_are() -> None:
    with pytest.raises(OrderLimitReached) as found:
        placed(points=501)
    assert found.value.facts == {"limit": 500, "held": 0}


def test_a_refund_says_which_field_is_wrong_and_whose_totals_move() -> None:
    hold = replace(HOLD, status="captured", captured_points=300)
    for body, role, pointer in (
        (HoldRefund(points=1), "exchange", "/reason"),
        (HoldRefund(points=301, reason="x"), "exchange", "/points"),
    ):
        with pytest.raises(InvalidRequest) as found:
            refunds.refund(command(body, role=role), hold, PAYING, PAYEE)
        assert found.value.facts["errors"][0]["pointer"] == pointer
    asked = by_shop(HoldRefund(points=100, reason="damaged"))
    decision = refunds.refund(asked, hold, PAYING, PAYEE)
    assert (decision.kind, decision.facts.reason, decision.facts.owner) == ("hold_refunded", "damaged", None)
    later = refunds.refund(asked, hold, PAYING, Payee(person(id="her-next")))
    assert later.facts.owner == keys.holder(ALICE)
    assert {each.destination for each in later.facts.postings} == {keys.holder("her-next")}


def test_a_hold_has_the_same_name_for_ever() -> None:
    asked = by_shop(NewHold.model_validate(order("g")))
    assert actions.hold_id(asked) == keys.digest("hold", SHOP, asked.body.order_reference)
