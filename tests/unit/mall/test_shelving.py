"""Offers leave the shelf and come back with their merchant and the sub-platform above it."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.mall.items import Offer
from chalicelib.mall.offers import shelving
from chalicelib.mall.offers.shelving import Standing
from chalicelib.table import keys
from chalicelib.table.row import load
from tests.unit.decisions import after, command, holds, refusal, touched, write_to
from tests.unit.mall.nouns import MERCHANT, OFFER, SHOP, TILL, offer, till
from tests.unit.merchants.accounts import account, merchant


def standing(turn: str, above: str | None = None, **changes: Any) -> Standing:
    shop = account(id=SHOP, merchant=merchant(turn=turn, **changes))
    operator = account(id="operator", merchant=merchant(mode="sub_platform", turn=above)) if above else None
    return Standing(shop, operator)


def test_an_offer_follows_its_merchant_down_and_back() -> None:
    turned = {"merchant": {"turn": "t1"}}
    down = shelving.hold_back(command(), offer(stripes=2), standing("t1"))
    assert holds(write_to(down, keys.account(MERCHANT)), turned)
    held = after(write_to(down, keys.offer(OFFER)), offer())
    assert (held["status"], held["held_back"]) == ("off_shelf", "t1")
    assert after(write_to(down, keys.account(TILL)), till())["status"] == "off_shelf"
    assert len(touched(down)) == 4
    assert (down.kind, down.facts.turn) == ("offer_off_shelf", "t1")
    up = shelving.bring_back(command(), load(Offer, held), standing("t2"))
    back = after(write_to(up, keys.offer(OFFER)), held)
    assert (back["status"], "held_back" in back) == ("on_shelf", False)
    assert after(write_to(up, keys.account(TILL)), till(status="off_shelf"))["status"] == "on_shelf"


def test_a_later_turn_makes_an_earlier_one_void() -> None:
    for follow in (shelving.hold_back, shelving.bring_back):
        write = write_to(follow(command(), offer(), standing("t1")), keys.account(MERCHANT))
        assert refusal(write, {"merchant": {"turn": "t2"}}).code == "invalid_state"


def test_a_later_turn_of_the_sub_platform_makes_it_void_too() -> None:
    decision = shelving.hold_back(command(), offer(), standing("t1", "o1"))
    assert decision.facts.turn == "t1/o1"
    write = write_to(decision, keys.account("account:operator"))
    assert holds(write, {"merchant": {"turn": "o1"}})
    assert refusal(write, {"merchant": {"turn": "o2"}}).code == "invalid_state"


def test_what_is_off_the_shelf_is_not_held_back_and_what_is_not_held_back_stays() -> None:
    down = write_to(shelving.hold_back(command(), offer(), standing("t")), keys.offer(OFFER))
    assert refusal(down, offer(status="off_shelf")).code == "invalid_state"
    up = write_to(shelving.bring_back(command(), offer(status="off_shelf"), standing("t")), keys.offer(OFFER))
    assert refusal(up, offer(status="off_shelf")).code == "invalid_state"


def test_what_a_merchant_left_on_the_shelf_that_is_none_any_more_never_comes_back() -> None:
    for known in (offer(), offer(status="off_shelf", held_back="t0")):
        away = write_to(shelving.put_away(command(), known, standing("t", status="ended")), keys.offer(OFFER))
        item = after(away, known)
        assert (item["status"], "held_back" in item) == ("off_shelf", False)


ON, OFF, HELD = offer(), offer(status="off_shelf"), offer(status="off_shelf", held_back="t0")


@pytest.mark.parametrize(
    ("status", "above", "waiting"),
    [
        ("active", "active", [HELD]),
        ("suspended", "active", [ON]),
        ("active", "suspended", [ON]),
        ("suspended", "suspended", [ON]),
        ("ended", "active", [ON, HELD]),
    ],
)
def test_offers_stand_on_the_shelf_while_merchant_and_sub_platform_may_sell(
    status: str, above: str, waiting: list[Offer]
) -> None:
    known = standing("t1", "o1", status=status)
    operator = replace(known.merchant, merchant=merchant(mode="sub_platform", status=above))
    followed = Standing(known.merchant, operator)
    assert [each for each in (ON, OFF, HELD) if not followed.follows(each)] == waiting
