"""Stock, tills and what a refund owes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.ledger.model import POINTS, Posting
from chalicelib.mall import transfers
from chalicelib.mall.items import Offer, OfferTerms, OrderState, Pointer, Till
from chalicelib.mall.orders import Redemption
from chalicelib.mall.tills import terms
from chalicelib.table.row import dump, load
from tests.unit.decisions import record
from tests.unit.mall.nouns import OFFER, offer, order, till


@given(st.integers(0, 10**9), st.integers(1, 64))
def test_shares_are_as_equal_as_can_be_and_add_up(total: int, parts: int) -> None:
    shares = transfers.share(total, parts)
    assert (len(shares), sum(shares)) == (parts, total)
    assert max(shares) - min(shares) <= 1
    assert shares == sorted(shares, reverse=True)


@pytest.mark.parametrize(("till", "lane"), [("offer:x/0", 0), ("offer:x/3", 3), ("offer:x/4", 0), ("offer:x/15", 3)])
def test_the_sales_of_a_till_are_summed_in_a_lane_of_its_own_choosing(till: str, lane: int) -> None:
    assert transfers.lane(till) == lane


def test_a_sale_pays_each_till_for_the_units_it_gave() -> None:
    changes = transfers.sale("account:alice", "x", {"offer:x/0": 2, "offer:x/1": 1}, 100).changes()
    assert changes == {
        "account:alice": {"points": -300},
        "offer:x/0": {"points": 200, "units": -2},
        "offer:x/1": {"points": 100, "units": -1},
        "system:delivered": {"units": 3},
    }


@given(st.integers(0, 300), st.integers(0, 150))
def test_a_refund_gives_back_what_was_paid_whoever_holds_it_now(first: int, second: int) -> None:
    sale = transfers.sale("account:alice", "x", {"offer:x/0": 2, "offer:x/1": 1}, 100)
    sold = record(postings=sale.postings, holder="account:shop")
    changes = transfers.refund(sold, {"offer:x/0": first, "offer:x/1": second}).changes()
    assert changes["account:alice"] == {"points": 300}
    assert (changes["offer:x/0"]["units"], changes["offer:x/1"]["units"]) == (2, 1)
    from_tills = {name: -changes[name].get("points", 0) for name in ("offer:x/0", "offer:x/1")}
    assert from_tills == {"offer:x/0": min(first, 200), "offer:x/1": min(second, 100)}
    assert changes.get("account:shop", {}).get("points", 0) == -(300 - sum(from_tills.values()))


def test_a_refund_before_any_sweep_is_the_sale_reversed() -> None:
    sale = transfers.sale("account:alice", "x", {"offer:x/0": 3}, 100)
    sold = record(postings=sale.postings, holder="account:shop")
    assert transfers.refund(sold, {"offer:x/0": 300}) == sale.reverse("refund")


def test_a_sweep_moves_what_the_till_holds() -> None:
    assert transfers.sweep("offer:x/0", "shop", 300).postings == (Posting("offer:x/0", "account:shop", 300, POINTS),)


def test_items_of_before_load_with_what_they_did_not_have() -> None:
    """Null attributes, as they were written then, are what is left out now."""
    nothing = dict.fromkeys(("per_account_limit", "starts_at", "ends_at", "event"))
    stored = {name: value for name, value in dump(offer()).items() if name != "edition"} | nothing
    assert load(Offer, stored | {"list": "offers", "rank": "x", "pk": "p", "sk": "s"}) == offer(edition=None)
    event = {"id": "e", "limit": 5}
    assert load(OfferTerms, stored | {"event": event}).limits == {}
    limited = load(OfferTerms, stored | {"event": event, "per_account_limit": 2})
    assert (limited.counted, limited.limits) == ("e", {"units": 5, OFFER: 2})
    old_till = {name: value for name, value in dump(till()).items() if name not in ("edition", "orders")}
    assert load(Till, old_till) == till(edition=None)
    state = {"status": "fulfilled", "at": "t", "voucher": None, "note": "x"}
    assert load(OrderState, state) == OrderState(status="fulfilled", at="t", note="x")
    assert load(Pointer, {"offer": "o"}).category is None


def test_an_answer_of_before_is_an_order_still() -> None:
    names = ("id", "status", "at", "account", "merchant", "offer", "quantity", "points", "voucher", "note")
    old = {name: value for name, value in order().model_dump().items() if name in names}
    assert Redemption.model_validate(old).vouchers == []


def test_stock_is_what_was_supplied_and_not_sold_and_never_below_zero() -> None:
    assert [offer().to_answer(sold).stock for sold in (0, 3, 10, 11)] == [10, 7, 0, 0]


def test_stock_comes_to_the_tills_in_equal_parts() -> None:
    made = transfers.restocking(OFFER, terms.shares(offer(stripes=3), 5, "r"))
    assert made.kind == "stocking"
    assert [tuple(each) for each in made.postings] == [
        ("system:supplied", f"offer:{OFFER}/0", 2, f"units:{OFFER}"),
        ("system:supplied", f"offer:{OFFER}/1", 2, f"units:{OFFER}"),
        ("system:supplied", f"offer:{OFFER}/2", 1, f"units:{OFFER}"),
    ]
    assert terms.shares(offer(stripes=2), 1, "r") == {f"offer:{OFFER}/0": 1}


def test_stock_comes_to_a_few_of_many_tills() -> None:
    shared = [terms.shares(offer(stripes=64), 9, record) for record in ("a", "b")]
    assert [sorted(each.values()) for each in shared] == [[2, 2, 2, 3]] * 2
    assert set(shared[0]) <= set(offer(stripes=64).tills)
    assert shared[0] != shared[1]
    assert len(terms.shares(offer(stripes=64), 1, "a")) == 1
