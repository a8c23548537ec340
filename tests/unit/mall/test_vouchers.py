"""Codes of vouchers: uploaded once, handed out once, by a till that counts them."""

from collections.abc import Mapping
from typing import Any

import pytest

from chalicelib.errors import InvalidRequest, InvalidState
from chalicelib.mall.catalogue import shelf, vouchers
from chalicelib.mall.catalogue.vouchers import PARTS, NewVouchers
from chalicelib.mall.items import Offer, OrderState, Sale, Till
from chalicelib.mall.model import OfferChange
from chalicelib.mall.offers.memory import TillEmpty
from chalicelib.mall.orders import Fulfilment, Refund
from chalicelib.mall.pools import HandOut, KnownCodes
from chalicelib.mall.redemptions.actions import redeem
from chalicelib.mall.redemptions.aftersales import cancel, fulfil, refund
from chalicelib.table import keys
from tests.unit.decisions import AT, ID, after, command, holds, refusal, touched, write_to
from tests.unit.mall import nouns
from tests.unit.mall.nouns import ACTIVE, BUYER, MERCHANT, OFFER, ORDER, TILL, asked, offer, order, till

EMPTY = {part: KnownCodes() for part in range(PARTS)}
POOLED = offer(pooled=True)


def shop(body: Any) -> Any:
    return command(body, role="institution", sub="shop")


def add(codes: list[str], known: Offer = POOLED, tills: Mapping[str, Till] | None = None, had: Any = None) -> Any:
    there = tills or {TILL: till(units=2, codes=5)}
    return vouchers.add(shop(NewVouchers(codes=codes)), known, there, had or EMPTY)


def known_after(decision: Any) -> dict[int, KnownCodes]:
    """What is known once the codes are added."""
    known = dict(EMPTY)
    for write in decision.writes:
        if write.key.sk.startswith("known:"):
            known[int(write.key.sk[-2:])] = KnownCodes(frozenset(write.add["hashes"]))
    return known


def faults(refused: pytest.ExceptionInfo[InvalidRequest]) -> list[str]:
    return [fault["pointer"] for fault in refused.value.facts["errors"]]


def test_codes_come_behind_those_that_a_till_had_and_are_its_stock() -> None:
    decision = add(["A", "B", "C"])
    stored = after(write_to(decision, keys.account(TILL)), till(units=2, codes=5))
    assert (stored["units"], stored["codes"]) == (5, 8)
    assert after(write_to(decision, keys.codes(TILL, 5))) == {"first": 5, "codes": ["A", "B", "C"]}
    assert after(write_to(decision, keys.offer(OFFER)), POOLED)["supplied"] == 13
    assert decision.answer.model_dump() == {"offer": OFFER, "added": 3, "stock": 5}
    assert [tuple(each) for each in decision.facts.stocked] == [("system:supplied", TILL, 3, f"units:{OFFER}")]


def test_no_code_is_in_the_answer_that_the_record_keeps() -> None:
    decision = add(["SECRET-1"])
    assert "SECRET" not in decision.answer.model_dump_json() + str(decision.facts)


def test_the_first_codes_take_the_place_of_the_stock() -> None:
    tills = {TILL: till(units=10), keys.till(OFFER, 1): till(units=0)}
    decision = add(["A", "B", "C"], offer(stripes=2), tills)
    for name, units in zip(tills, (2, 1), strict=True):
        stored = after(write_to(decision, keys.account(name)), tills[name])
        assert (stored["units"], stored["codes"], stored["edition"]) == (units, units, ID)
    changed = after(write_to(decision, keys.offer(OFFER)), offer(supplied=12))
    assert (changed["pooled"], changed["edition"], changed["supplied"]) == (True, ID, 5), "two were sold before"
    moved = [(posting.source, posting.destination, posting.amount) for posting in decision.facts.stocked]
    assert moved == [(TILL, "system:supplied", 8), ("system:supplied", keys.till(OFFER, 1), 1)]
    assert not holds(write_to(decision, keys.account(TILL)), till(units=9)), "sold meanwhile: read again"
    assert not holds(write_to(decision, keys.offer(OFFER)), POOLED)


@pytest.mark.parametrize("stripes", [1, 2, 16, 64])
@pytest.mark.parametrize("pooled", [True, None])
def test_five_hundred_codes_fit_into_one_transaction(stripes: int, pooled: bool | None) -> None:
    tills = {keys.till(OFFER, each): till(units=1, codes=1 if pooled else None) for each in range(stripes)}
    codes = [f"CODE-{number}" for number in range(500)]
    decision = add(codes, offer(stripes=stripes, pooled=pooled), tills)
    assert len(touched(decision)) + 1 <= 100
    kept = [write.item["codes"] for write in decision.writes if write.key.sk.startswith("codes:")]
    assert sorted(code for some in kept for code in some) == sorted(codes)
    assert max(map(len, kept)) <= 50
    assert decision.answer.model_dump()["stock"] == 500 + (stripes if pooled else 0)


def test_a_code_that_the_offer_has_or_had_is_named_each_time_it_stands_there() -> None:
    had = known_after(add(["A", "B", "C"]))
    with pytest.raises(InvalidRequest) as refused:
        add(["X", "B", "Y", "X", "C"], had=had)
    assert faults(refused) == ["/codes/1", "/codes/3", "/codes/4"]
    assert add(["a", "b"], had=had).answer.model_dump()["added"] == 2, "codes are compared with their case"


def test_an_upload_at_the_same_time_makes_it_read_again() -> None:
    [key] = [each for each in touched(add(["A"])) if each.sk.startswith("known:")]
    first = write_to(add(["A"]), key)
    stored = after(first)
    assert holds(first)
    assert refusal(first, stored).code == "contended"
    part = int(key.sk[-2:])
    again = write_to(add(["A"], had=EMPTY | {part: KnownCodes(frozenset({"other"}))}), key)
    assert holds(again, {"hashes": {"other"}})
    assert not holds(again, {"hashes": {"other", "more"}})
    taken = write_to(add(["A"]), keys.account(TILL))
    assert not holds(taken, till(units=2, codes=6))


def test_only_an_offer_of_vouchers_has_codes_and_not_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidRequest) as refused:
        add(["A"], offer(fulfilment="goods"))
    assert faults(refused) == ["/codes"]
    monkeypatch.setattr(vouchers, "POOL_MAX", 7)
    assert add(["A", "B"]).answer.model_dump()["added"] == 2
    with pytest.raises(InvalidRequest):
        add(["A", "B", "C"])


def test_a_frozen_merchant_adds_no_codes() -> None:
    write = write_to(add(["A"]), keys.account(MERCHANT))
    assert refusal(write, {"status": "frozen"}).code == "account_frozen"


# the sale

HAND = HandOut(till(units=3, codes=5), ("C", "D"))


def sell(hand: HandOut = HAND, known: Offer = POOLED) -> Any:
    return redeem(command(asked(2, 2000)), known, {TILL: 2}, "person", {TILL: hand})


def test_a_sale_hands_out_the_next_codes_and_is_fulfilled_by_them() -> None:
    decision = sell(known=offer(pooled=True, cancellable_minutes=5, fulfil_within_days=5))
    assert touched(decision) == [keys.account(TILL), keys.account(BUYER)], "no more Writes than any sale"
    answer = decision.answer.model_dump()
    assert (answer["status"], answer["voucher"], answer["vouchers"]) == ("fulfilled", "C", ["C", "D"])
    assert (answer["cancellable_until"], answer["fulfil_by"]) == (None, None)
    stored = after(write_to(decision, keys.account(TILL)), till(units=3, codes=5))
    assert (stored["units"], stored["codes"], stored["orders"]) == (1, 5, 0)
    assert after(write_to(decision, keys.account(BUYER)), ACTIVE)["pending"] == 0
    assert decision.facts.counted_at is None


@pytest.mark.parametrize(("units", "codes"), [(2, 5), (4, 6), (3, 6), (4, 5)])
def test_a_till_that_moved_since_its_codes_were_read_is_read_again(units: int, codes: int) -> None:
    write = write_to(sell(), keys.account(TILL))
    assert holds(write, till(units=3, codes=5))
    assert isinstance(refusal(write, till(units=units, codes=codes)), TillEmpty)


def test_too_few_codes_are_sold_out() -> None:
    write = write_to(sell(HandOut(till(units=1, codes=5), ())), keys.account(TILL))
    refused = refusal(write, till(units=1, codes=5))
    assert (refused.code, refused.facts) == ("sold_out", {"available": 1, "needed": 2})


def test_other_reasons_come_before_that_the_till_moved() -> None:
    write = write_to(sell(), keys.account(TILL))
    assert refusal(write, till(units=1, codes=5, price=7)).code == "price_changed"
    assert refusal(write, till(units=1, codes=5, status="off_shelf")).code == "offer_unavailable"


# after the sale


def sold(**changes: Any) -> Sale:
    handed: dict[str, Any] = {"status": "fulfilled", "voucher": "C", "vouchers": ["C", "D", "E"]}
    return Sale(order(**handed | changes), nouns.sale(), {TILL: 3000}, POOLED, "person", nouns.PAYEE, pooled=True)


def test_a_refund_gives_points_back_and_no_code() -> None:
    decision = refund(shop(Refund()), sold())
    stored = after(write_to(decision, keys.account(TILL)), till(points=3000, units=3, codes=5))
    assert (stored["points"], stored["units"], stored["codes"]) == (0, 3, 5)
    assert {posting.asset for posting in decision.facts.postings} == {"points"}
    assert holds(write_to(decision, keys.order(ORDER))), "fulfilled at the sale: it has no item yet"
    assert not holds(write_to(decision, keys.order(ORDER)), OrderState(status="refunded", at=AT))


def test_whether_units_come_back_is_as_it_was_read() -> None:
    without = refund(shop(Refund()), Sale(order(), nouns.sale(), {TILL: 3000}, offer(), "person", nouns.PAYEE))
    write = write_to(without, keys.account(TILL))
    assert holds(write, till(points=3000))
    assert isinstance(refusal(write, till(points=3000, codes=5)), TillEmpty), "it got codes meanwhile"


def test_an_order_from_before_the_codes_is_counted_down_though_its_till_gives_nothing() -> None:
    before = Sale(order(), nouns.sale(counted_at=TILL), {TILL: 0}, POOLED, "person", nouns.PAYEE, pooled=True)
    decision = refund(shop(Refund()), before)
    stored = after(write_to(decision, keys.account(TILL)), till(units=3, codes=5, orders=1))
    assert (stored["orders"], stored["units"]) == (0, 3)


def test_what_handed_out_its_codes_is_neither_fulfilled_again_nor_cancelled() -> None:
    with pytest.raises(InvalidState):
        fulfil(shop(Fulfilment(voucher="X")), sold().order, sold().record)
    with pytest.raises(InvalidState):
        cancel(command(), sold(cancellable_until="2026-02-01T00:00:00.000Z"))


def test_stock_is_added_by_codes_only() -> None:
    with pytest.raises(InvalidRequest) as refused:
        shelf.change(shop(OfferChange(stock_added=5)), POOLED)
    assert faults(refused) == ["/stock_added"]
    plain = write_to(shelf.change(shop(OfferChange(stock_added=5)), offer()), keys.account(TILL))
    assert holds(plain, till())
    assert not holds(plain, till(codes=5)), "it got codes meanwhile"
