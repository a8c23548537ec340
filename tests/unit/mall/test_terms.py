"""New terms of an offer: with its few tills, or one by one under a version."""

from typing import Any

import pytest

from chalicelib.mall.catalogue import shelf, takedown, vouchers
from chalicelib.mall.items import Offer
from chalicelib.mall.model import OfferChange
from chalicelib.mall.offers import memory, shelving
from chalicelib.mall.pools import KnownCodes
from chalicelib.mall.redemptions.actions import redeem
from chalicelib.mall.tills import terms
from chalicelib.table import keys
from chalicelib.table.row import dump
from tests.unit.decisions import ID, NOW, after, command, holds, refusal, touched, write_to
from tests.unit.mall.nouns import OFFER, TILL, asked, offer, till
from tests.unit.mall.test_shelving import standing

NOTE = terms.TERMS.key(NOW, OFFER)
MANY = offer(stripes=16)


def change(known: Offer, **changes: Any) -> Any:
    return shelf.change(command(OfferChange(**changes), role="institution", sub="shop"), known)


def take_down(known: Offer) -> Any:
    return takedown.take_down(command(role="institution"), known, "operator", "why")


def test_few_tills_change_with_their_offer() -> None:
    decision = change(offer(stripes=4, version=2), points=900)
    assert [key for key in touched(decision) if key.pk.startswith("offer:" + OFFER + "/")] == [
        keys.account(keys.till(OFFER, number)) for number in range(4)
    ]
    assert after(write_to(decision, keys.offer(OFFER)), offer(stripes=4, version=2))["version"] == 3
    changed = after(write_to(decision, keys.account(TILL)), till(version=2))
    assert (changed["price"], changed["version"], changed["units"]) == (900, 3, 10)
    assert not decision.publish
    assert NOTE not in touched(decision)


@pytest.mark.parametrize(
    "decision",
    [
        change(MANY, points=900),
        change(MANY, title="新"),
        change(MANY, status="off_shelf"),
        shelving.hold_back(command(), MANY, standing("t")),
        shelving.bring_back(command(), offer(stripes=16, status="off_shelf", held_back="t"), standing("u")),
        shelving.put_away(command(), MANY, standing("t")),
        take_down(MANY),
    ],
    ids=["price", "title", "state", "held back", "brought back", "put away", "taken down"],
)
def test_many_tills_are_noted_and_follow(decision: Any) -> None:
    assert not [key for key in touched(decision) if key.pk.startswith("offer:" + OFFER + "/")]
    assert NOTE in touched(decision)
    assert decision.publish
    assert write_to(decision, keys.offer(OFFER)).assign["version"] == 1


def test_what_no_till_repeats_changes_the_offer_alone() -> None:
    for known in (offer(stripes=4), MANY):
        decision = change(known, description="长")
        assert not [key for key in touched(decision) if key.pk.startswith("offer:" + OFFER + "/")]
        assert NOTE not in touched(decision)
        assert after(write_to(decision, keys.offer(OFFER)), known)["version"] == 0


def test_units_come_to_many_tills_without_new_terms() -> None:
    decision = change(MANY, stock_added=6, points=900)
    some = [write for write in decision.writes if write.key.pk.startswith("offer:" + OFFER + "/")]
    assert sorted(write.add["units"] for write in some) == [1, 1, 2, 2]
    assert [write.assign for write in some] == [{}] * 4
    assert sum(posting.amount for posting in decision.facts.stocked) == 6
    assert not holds(some[0], till(codes=1))


@pytest.mark.parametrize("stripes", [2, 16])
def test_a_change_that_another_came_before_is_decided_again(stripes: int) -> None:
    known = offer(stripes=stripes, version=1)
    for decision in (change(known, points=900), shelving.hold_back(command(), known, standing("t")), take_down(known)):
        write = write_to(decision, keys.offer(OFFER))
        assert holds(write, known)
        assert refusal(write, offer(stripes=stripes, version=2)).code == "contended"
        assert refusal(write, offer(stripes=stripes + 1, version=1)).code == "contended"


def test_offers_and_tills_from_before_versions_change_too() -> None:
    old = {name: value for name, value in dump(MANY).items() if name != "version"}
    assert holds(write_to(change(MANY, points=900), keys.offer(OFFER)), old)
    assert not holds(write_to(change(offer(stripes=16, version=1), points=900), keys.offer(OFFER)), old)
    stored = {name: value for name, value in dump(till()).items() if name != "version"}
    assert holds(terms.following(offer(version=1), TILL), stored)


def test_a_till_takes_later_terms_only_and_all_of_them() -> None:
    write = terms.following(offer(version=3, points=900, status="off_shelf", edition="later"), TILL)
    assert not holds(write, None)
    assert not holds(write, till(version=3))
    assert not holds(write, till(version=4))
    followed = after(write, till(version=1, points=700, orders=2))
    assert (followed["price"], followed["status"], followed["edition"]) == (900, "off_shelf", "later")
    assert (followed["version"], followed["points"], followed["units"], followed["orders"]) == (3, 700, 10, 2)


def test_first_codes_bring_their_tills_to_the_newest_terms() -> None:
    """Also one that had not followed yet: it has the version from then on, so nobody would bring it the rest."""
    known = offer(stripes=16, version=4, points=900)
    tills = {name: till(version=3) for name in known.tills}
    body = vouchers.NewVouchers(codes=["A"])
    hashes = {part: KnownCodes() for part in range(vouchers.PARTS)}
    decision = vouchers.add(command(body, role="institution", sub="shop"), known, tills, hashes)
    stored = after(write_to(decision, keys.account(TILL)), till(version=3))
    assert (stored["price"], stored["version"], stored["edition"]) == (900, 5, ID)
    assert not holds(write_to(decision, keys.offer(OFFER)), offer(stripes=16, version=5))


@pytest.mark.parametrize("stored", [{"price": 1100}, {"status": "off_shelf"}, {"edition": "earlier"}])
def test_a_till_that_is_behind_makes_the_buyer_ask_another(stored: dict[str, Any]) -> None:
    write = redeem(command(asked()), offer(stripes=16, version=2), {TILL: 1}, "p").writes[0]
    assert isinstance(refusal(write, till(version=1, **stored)), memory.TillBehind)
    assert not isinstance(refusal(write, till(version=2, **stored)), memory.TillBehind)


def test_a_till_that_is_ahead_says_its_price_and_the_terms_are_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_terms", {OFFER: MANY})
    write = redeem(command(asked()), MANY, {TILL: 1}, "p").writes[0]
    assert refusal(write, till(version=1, price=1100)).facts == {"price": 1100, "points": 1100}
    assert OFFER not in memory._terms


def test_a_till_sells_at_its_own_terms() -> None:
    write = redeem(command(asked()), offer(stripes=16, version=2), {TILL: 1}, "p").writes[0]
    assert holds(write, till(version=1))
