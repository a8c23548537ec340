"""What follows a sale: delivery and refund, what they write and whom they refuse."""

from typing import Any

import pytest

from chalicelib.errors import AlreadyRefunded, Contended, InvalidRequest, InvalidState, RoleNotAllowed
from chalicelib.ledger import debts
from chalicelib.ledger.refunds import Payee
from chalicelib.mall.items import OrderState, Sale
from chalicelib.mall.offers.memory import TillEmpty
from chalicelib.mall.orders import Fulfilment, Refund
from chalicelib.mall.redemptions.aftersales import NotCancellable, cancel, expire, fulfil, leave_behind, refund
from chalicelib.table import keys
from tests.unit.decisions import AT, ID, after, command, holds, refusal, touched, write_to
from tests.unit.mall.nouns import (
    ACTIVE,
    ALICE,
    BUYER,
    MERCHANT,
    OFFER,
    ORDER,
    PAYEE,
    SHOP,
    TILL,
    offer,
    order,
    sale,
    till,
)
from tests.unit.parties import person

STATE = keys.order(ORDER)
MERCHANT_ITEM: dict[str, Any] = {"status": "active", "points": 10_000}


def shop(body: Any = None) -> Any:
    return command(body or Refund(), role="institution", sub="shop")


def exchange(body: Any = None) -> Any:
    return command(body or Refund(reason="complaint"), role="exchange", sub="x")


def state(status: Any, **changes: Any) -> OrderState:
    return OrderState(status=status, at=AT, **changes)


def sold(held: int = 3000, **changes: Any) -> Sale:
    return Sale(order(**changes), sale(), {TILL: held}, offer(), "person", PAYEE)


def refunded(asked: Any = None, held: int = 3000, **changes: Any) -> Any:
    return refund(asked or shop(), sold(held, **changes))


def test_delivery_writes_the_orders_state_and_the_buyers_count() -> None:
    decision = fulfil(shop(Fulfilment(voucher="SH-1", note="x")), order(), sale())
    assert touched(decision) == [STATE, keys.account(BUYER)]
    assert after(write_to(decision, STATE)) == {
        "status": "fulfilled",
        "at": AT,
        "voucher": "SH-1",
        "note": "x",
        "reason": None,
    }
    assert after(write_to(decision, keys.account(BUYER)), ACTIVE | {"pending": 2})["pending"] == 1
    assert decision.facts.postings == ()
    answer = decision.answer.model_dump()
    assert (answer["status"], answer["voucher"], answer["note"]) == ("fulfilled", "SH-1", "x")


def test_a_frozen_buyer_gets_what_she_has_paid_for() -> None:
    write = write_to(fulfil(shop(Fulfilment(voucher="SH-1")), order(), sale()), keys.account(BUYER))
    assert holds(write, ACTIVE | {"status": "frozen"})


@pytest.mark.parametrize("body", [Fulfilment(), Fulfilment(note="by post")])
def test_a_voucher_is_delivered_with_its_voucher(body: Fulfilment) -> None:
    with pytest.raises(InvalidRequest) as refused:
        fulfil(shop(body), order(), sale())
    assert [fault["pointer"] for fault in refused.value.facts["errors"]] == ["/voucher"]
    assert fulfil(shop(body), order(fulfilment="goods"), sale()).kind == "redemption_fulfilled"
    assert fulfil(shop(body), order(fulfilment=None), sale()).kind == "redemption_fulfilled", "before snapshots"


@pytest.mark.parametrize("status", ["fulfilled", "refunded"])
def test_only_a_placed_order_is_delivered(status: Any) -> None:
    with pytest.raises(InvalidState) as refused:
        fulfil(shop(Fulfilment(voucher="SH-1")), order(status=status), sale())
    assert refused.value.facts["state"] == status
    write = write_to(fulfil(shop(Fulfilment(voucher="SH-1")), order(), sale()), STATE)
    overtaken = refusal(write, state(status))
    assert overtaken.code == ("already_refunded" if status == "refunded" else "invalid_state")


@pytest.mark.parametrize("role", ["individual", "exchange", "bureau", "scenario_operator"])
def test_only_a_merchant_delivers(role: str) -> None:
    with pytest.raises(RoleNotAllowed):
        fulfil(command(Fulfilment(voucher="SH-1"), role=role), order(), sale())


def test_a_refund_reverses_the_sale() -> None:
    decision = refunded()
    assert touched(decision) == [STATE, keys.account(TILL), keys.account(BUYER), keys.account(MERCHANT)]
    back = after(write_to(decision, keys.account(TILL)), till(points=3500, units=7))
    assert (back["points"], back["units"]) == (500, 10)
    buyer = after(write_to(decision, keys.account(BUYER)), ACTIVE | {"pending": 1})
    assert (buyer["points"], buyer["pending"], buyer["unfiled"]) == (8000, 0, {ID})
    facts = decision.facts
    assert (facts.movement, facts.holder, facts.reference) == ("refund", MERCHANT, ORDER)


def test_a_refund_of_what_was_delivered_keeps_the_voucher_and_leaves_the_count() -> None:
    decision = refunded(status="fulfilled", voucher="SH-1")
    assert after(write_to(decision, STATE), state("fulfilled", voucher="SH-1"))["voucher"] == "SH-1"
    assert after(write_to(decision, keys.account(BUYER)), ACTIVE | {"pending": 1})["pending"] == 1
    assert not holds(write_to(decision, STATE), state("refunded")), "it was read as delivered"


def test_what_was_swept_comes_from_the_merchant() -> None:
    decision = refunded(held=1000)
    assert touched(decision) == [STATE, keys.account(TILL), keys.account(MERCHANT), keys.account(BUYER)]
    assert after(write_to(decision, keys.account(TILL)), till(points=1000))["points"] == 0
    assert after(write_to(decision, keys.account(MERCHANT)), MERCHANT_ITEM)["points"] == 8000
    assert after(write_to(decision, keys.account(BUYER)), ACTIVE)["points"] == 8000


def test_a_till_that_was_short_must_be_as_it_was_read() -> None:
    short = write_to(refunded(held=1000), keys.account(TILL))
    assert isinstance(refusal(short, till(points=1500)), TillEmpty)
    assert isinstance(refusal(short, till(points=0)), TillEmpty)
    full = write_to(refunded(held=3000), keys.account(TILL))
    assert holds(full, till(points=4000)), "it sold meanwhile: it still has enough"
    assert isinstance(refusal(full, till(points=0)), TillEmpty)


@pytest.mark.parametrize(
    ("stored", "code"),
    [
        (MERCHANT_ITEM | {"points": 1999}, "insufficient_points"),
        (MERCHANT_ITEM | {"status": "frozen"}, "account_frozen"),
        (MERCHANT_ITEM | {"status": "closed"}, "account_closed"),
    ],
)
def test_the_merchants_account_must_be_able_to_pay(stored: Any, code: str) -> None:
    assert refusal(write_to(refunded(held=1000), keys.account(MERCHANT)), stored).code == code


def test_the_exchange_refunds_from_a_frozen_merchant() -> None:
    frozen = MERCHANT_ITEM | {"status": "frozen"}
    write = write_to(refunded(exchange(), held=1000), keys.account(MERCHANT))
    assert after(write, frozen)["points"] == 8000
    assert refusal(write, frozen | {"points": 1}).code == "insufficient_points"
    assert keys.account(MERCHANT) not in touched(refunded(exchange())), "the till pays: nobody is asked"
    assert refusal(write_to(refunded(), keys.account(MERCHANT)), frozen).code == "account_frozen"


@pytest.mark.parametrize(
    ("read", "identity", "stored", "code"),
    [
        ("active", "n", None, "not_found"),
        ("active", "n", "closed", "contended"),  # decided again: another account may have come after it
        ("closed", "n", "closed", "account_closed"),
        ("closed", "", "closed", "account_closed"),
        ("closed", "n", "active", None),
        ("active", "n", "frozen", None),
    ],
)
def test_a_buyer_gets_points_back_unless_her_account_is_closed(
    read: str, identity: str, stored: str | None, code: str | None
) -> None:
    payee = Payee(person(id=ALICE, status=read, identity=identity))
    write = write_to(refund(shop(), sold()._replace(payee=payee)), keys.account(BUYER))
    found = stored and ACTIVE | {"status": stored, "identity": identity}
    if code is None:
        assert holds(write, found)
        return
    refused = refusal(write, found)
    assert refused.code == code
    assert code != "account_closed" or ("opens it again" in refused.text("en")) == bool(identity)


def test_points_come_to_the_account_that_came_after_the_buyers() -> None:
    later = person(id="alice-2", identity="n")
    decision = refund(exchange(), sold(status="fulfilled")._replace(payee=Payee(later)))
    assert touched(decision) == [STATE, keys.account(TILL), later.key]
    assert after(write_to(decision, later.key), ACTIVE)["points"] == 8000


def test_points_of_one_who_died_repay_what_she_owed_before_her_heir_gets_any() -> None:
    dead, heir = person(id=ALICE, status="closed", debt_points=500), person(id="heir", identity="n")
    decision = refund(exchange(), sold(status="fulfilled")._replace(payee=Payee(heir, (dead,))))
    assert touched(decision) == [STATE, keys.account(TILL), heir.key, dead.key]
    assert after(write_to(decision, heir.key), ACTIVE)["points"] == 7500
    left = after(write_to(decision, dead.key), {"status": "closed", "debt_points": 500})
    assert (left["debt_points"], left.get("points", 0)) == (0, 0)
    assert refusal(write_to(decision, dead.key), {"status": "closed", "debt_points": 400}).code == "contended"
    assert debts.repaid(decision.facts.postings) == 500


def test_what_was_refunded_is_not_refunded_again() -> None:
    with pytest.raises(AlreadyRefunded):
        refunded(status="refunded")
    assert refusal(write_to(refunded(), STATE), state("refunded")).code == "already_refunded"
    assert refusal(write_to(refunded(), STATE), state("fulfilled")).code == "invalid_state"


@pytest.mark.parametrize("role", ["individual", "bureau"])
def test_only_a_merchant_and_the_exchange_refund(role: str) -> None:
    with pytest.raises(RoleNotAllowed):
        refunded(command(Refund(reason="mine"), role=role))


def test_a_limited_purchase_is_given_back_to_the_person() -> None:
    limited = sale(limited=True)
    decision = refund(shop(), Sale(order(), limited, {TILL: 3000}, offer(per_account_limit=3), "person", PAYEE))
    assert after(write_to(decision, keys.purchases("person", OFFER)), {"units": 3})["units"] == 0
    assert all(not key.sk.startswith("purchases:") for key in touched(refunded()))


def test_each_till_takes_back_what_it_sold() -> None:
    second = keys.till(OFFER, 1)
    in_tills = {TILL: 2000, second: 400}
    decision = refund(
        exchange(), Sale(order(), sale({TILL: 2, second: 1}), in_tills, offer(stripes=2), "person", PAYEE)
    )
    assert after(write_to(decision, keys.account(TILL)), till(points=2000, units=0))["units"] == 2
    short = after(write_to(decision, keys.account(second)), till(points=400, units=0))
    assert (short["points"], short["units"]) == (0, 1)
    assert after(write_to(decision, keys.account(MERCHANT)), MERCHANT_ITEM)["points"] == 9400
    assert decision.answer.model_dump()["merchant"] == SHOP


def test_a_till_counts_its_orders_until_they_are_served_or_refunded() -> None:
    """Delivery counts beside the till, so that no sale waits for it."""
    counted = sale(counted_at=TILL)
    delivered = fulfil(shop(Fulfilment(voucher="SH-1")), order(), counted)
    assert touched(delivered) == [STATE, keys.account(BUYER), keys.served(TILL)]
    assert after(write_to(delivered, keys.served(TILL))) == {"orders": 1}
    assert after(write_to(delivered, keys.served(TILL)), {"orders": 4}) == {"orders": 5}
    for status, left in (("placed", 4), ("fulfilled", 5)):
        decision = refund(shop(), Sale(order(status=status), counted, {TILL: 3000}, offer(), "person", PAYEE))
        assert after(write_to(decision, keys.account(TILL)), till(points=3000, orders=5))["orders"] == left


def test_an_order_from_before_the_count_leaves_it_alone() -> None:
    assert touched(fulfil(shop(Fulfilment(voucher="SH-1")), order(), sale())) == [STATE, keys.account(BUYER)]
    assert "orders" not in write_to(refunded(), keys.account(TILL)).add


@pytest.mark.parametrize("reason", [None, "", "  ", "broken"])
def test_a_merchant_may_say_why_it_refunds(reason: str | None) -> None:
    decision = refunded(shop(Refund(reason=reason)))
    given = reason if reason == "broken" else None
    assert (decision.facts.reason, decision.answer.model_dump()["reason"]) == (given, given)
    assert after(write_to(decision, STATE))["reason"] == given


@pytest.mark.parametrize("reason", [None, "", "\u3000"])
def test_the_exchange_must_say_why_it_refunds(reason: str | None) -> None:
    with pytest.raises(InvalidRequest) as refused:
        refunded(exchange(Refund(reason=reason)))
    assert [fault["pointer"] for fault in refused.value.facts["errors"]] == ["/reason"]
    assert refunded(exchange()).facts.reason == "complaint"


SOON, PAST = "2026-01-31T08:00:00.001Z", AT


def test_a_buyer_cancels_what_is_not_fulfilled_within_its_time() -> None:
    decision = cancel(command(), sold(cancellable_until=SOON))
    by_exchange = refunded(exchange())
    assert [write.request() for write in decision.writes[1:]] == [write.request() for write in by_exchange.writes[1:]]
    assert (decision.kind, decision.facts.movement) == ("redemption_refunded", "refund")
    answer = decision.answer.model_dump()
    assert (answer["status"], "by the buyer" in answer["reason"]) == ("refunded", True)
    assert refusal(write_to(decision, STATE), state("fulfilled")).code == "invalid_state", "delivered meanwhile"


def test_a_buyer_does_not_hear_what_the_merchant_has() -> None:
    """The merchant and the exchange do; a merchant that left is closed for everybody."""
    to_pay = keys.account(MERCHANT)
    by_buyer = write_to(cancel(command(), sold(1000, cancellable_until=SOON)), to_pay)
    poor = MERCHANT_ITEM | {"points": 7}
    heard = refusal(by_buyer, poor)
    assert (heard.code, heard.facts) == ("insufficient_points", {})
    assert "权益方" in heard.text("zh")
    assert refusal(write_to(refunded(exchange(), held=1000), to_pay), poor).facts["available"] == 7
    assert refusal(by_buyer, poor | {"status": "closed"}).code == "account_closed"


@pytest.mark.parametrize("until", [None, PAST, "2026-01-31T07:59:59.999Z"])
def test_a_buyer_whose_time_is_over_cancels_nothing(until: str | None) -> None:
    with pytest.raises(NotCancellable) as refused:
        cancel(command(), sold(cancellable_until=until))
    assert (refused.value.code, refused.value.facts["cancellable_until"]) == ("invalid_state", until)


@pytest.mark.parametrize("status", ["fulfilled", "refunded"])
def test_a_buyer_cancels_only_what_is_placed(status: str) -> None:
    with pytest.raises(InvalidState):
        cancel(command(), sold(cancellable_until=SOON, status=status))
    with pytest.raises(RoleNotAllowed):
        cancel(exchange(), sold(cancellable_until=SOON))


def test_a_buyers_claim_does_not_wait_for_a_frozen_merchant() -> None:
    system = command(role="system", sub="system")
    for decision in (
        cancel(command(), sold(1000, cancellable_until=SOON)),
        expire(system, sold(1000, fulfil_by=PAST)),
    ):
        assert holds(write_to(decision, keys.account(MERCHANT)), MERCHANT_ITEM | {"status": "frozen"})


def test_what_nobody_fulfilled_in_time_is_refunded() -> None:
    system = command(role="system", sub="system")
    decision = expire(system, sold(fulfil_by=PAST))
    assert after(write_to(decision, keys.account(BUYER)), ACTIVE)["points"] == 8000
    assert "in time" in str(decision.facts.reason)
    for early in (SOON, None):
        with pytest.raises(InvalidState):
            expire(system, sold(fulfil_by=early))
    with pytest.raises(InvalidState):
        expire(system, sold(fulfil_by=PAST, status="fulfilled"))
    with pytest.raises(RoleNotAllowed):
        expire(shop(), sold(fulfil_by=PAST))


def test_what_happens_by_itself_says_why_and_to_what_state() -> None:
    system = command(role="system", sub="system")
    for decision, reason in (
        (cancel(command(), sold(cancellable_until=SOON)), "(cancelled by the buyer)"),
        (expire(system, sold(fulfil_by=PAST)), "(not fulfilled in time)"),
        (leave_behind(system, sold()), "(the merchant leaves the mall)"),
    ):
        assert decision.kind == "redemption_refunded"
        assert str(decision.facts.reason).endswith(reason)
        assert after(write_to(decision, STATE))["status"] == "refunded"
        answer = decision.answer.model_dump()
        assert (answer["status"], answer["reason"]) == ("refunded", decision.facts.reason)


def test_who_leaves_gives_back_what_is_placed_and_nothing_else() -> None:
    system = command(role="system", sub="system")
    assert after(write_to(leave_behind(system, sold()), keys.account(BUYER)), ACTIVE)["points"] == 8000
    for status in ("fulfilled", "refunded"):
        with pytest.raises(InvalidState):
            leave_behind(system, sold(status=status))
    with pytest.raises(RoleNotAllowed):
        leave_behind(shop(), sold())


def test_a_refusal_of_a_step_names_state_and_step() -> None:
    with pytest.raises(InvalidState) as early:
        expire(command(role="system", sub="system"), sold(fulfil_by=SOON))
    assert early.value.facts == {"state": "placed", "action": "expire"}
    with pytest.raises(NotCancellable) as over:
        cancel(command(), sold(cancellable_until=PAST))
    assert over.value.facts == {"state": "placed", "action": "cancel", "cancellable_until": PAST}


def test_a_till_that_is_gone_has_no_points() -> None:
    write = write_to(refunded(held=1000), keys.account(TILL))
    assert isinstance(refusal(write, till(points=900)), TillEmpty)
    assert write.refuse(None).facts == {"needed": 0, "available": 0}


def test_the_debts_of_one_who_died_are_those_that_were_read() -> None:
    estate = person(id="late", status="closed", debt_points=700)
    another = person(id="later", status="closed", debt_points=500)
    payee = Payee(person(id="heir"), (estate, another))
    owed = sold()._replace(payee=payee)
    decision = refund(shop(), owed)
    write = write_to(decision, estate.key)
    kept = {"kind": "individual", "status": "closed", "points": 0, "debt_points": 700}
    assert holds(write, kept)
    assert not holds(write, kept | {"debt_points": 600})
    assert type(write.refuse({"pk": "p", "sk": "s", **kept})) is Contended
    got = {each.destination: each.amount for each in decision.facts.postings if each.asset == "points"}
    assert (got[estate.holder], got[another.holder], got[keys.holder("heir")]) == (700, 500, 1800)
    assert decision.facts.owner == BUYER


def test_a_refund_names_its_order_its_merchant_and_nobody_else() -> None:
    facts = refunded().facts
    assert (facts.reference, facts.holder, facts.owner) == (ORDER, MERCHANT, None)


def test_an_order_that_changed_meanwhile_says_how() -> None:
    write = write_to(refunded(), STATE)
    assert refusal(write, state("fulfilled")).facts == {"state": "fulfilled", "action": "refunded"}
    assert isinstance(refusal(write, state("refunded")), AlreadyRefunded)
    served = write_to(refunded(status="fulfilled"), STATE)
    assert holds(served, state("fulfilled"))
    assert holds(served, None), "with its codes it was fulfilled at the sale"


def test_codes_that_came_or_went_have_a_refund_decided_again() -> None:
    plain = write_to(refunded(), keys.account(TILL))
    assert holds(plain, till(points=3000))
    assert isinstance(refusal(plain, till(points=3000, codes=0)), TillEmpty)
    pooled = refund(shop(), sold()._replace(pooled=True))
    write = write_to(pooled, keys.account(TILL))
    assert holds(write, till(points=3000, codes=0))
    assert isinstance(refusal(write, till(points=3000)), TillEmpty)


def test_who_delivers_without_the_voucher_is_told_in_both_languages() -> None:
    with pytest.raises(InvalidRequest) as found:
        fulfil(shop(Fulfilment()), order(), sale())
    [fault] = found.value.facts["errors"]
    assert fault["pointer"] == "/voucher"
    assert "voucher" in fault["detail"].en
    assert "兑换券" in fault["detail"].zh
