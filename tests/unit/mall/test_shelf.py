"""Offers are put on the shelf, change, and leave it and come back with their merchant."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import InvalidRequest
from chalicelib.ledger.account import EventTerms
from chalicelib.mall.catalogue import shelf
from chalicelib.mall.items import ALWAYS, NEVER_ENDS, Offer, OfferEvent, Till
from chalicelib.mall.model import NewOffer, OfferChange
from chalicelib.mall.offers.sellers import Seller, Selling
from chalicelib.merchants.beside import MerchantEvent
from chalicelib.table import keys
from chalicelib.table.row import load
from tests.unit.decisions import AT, ID, NOW, after, command, holds, refusal, touched, write_to
from tests.unit.mall.nouns import MERCHANT, OFFER, SHOP, offer, till

HOURS = timedelta(hours=1)
TERMS = EventTerms("2026-02-01T00:00:00.000Z", "2026-02-03T00:00:00.000Z", 5)
OPEN = Seller(status="active", merchant=Selling(status="active"))
IN_EVENT = Seller(status="active", merchant=Selling(status="active", application="event", event=TERMS))


def shop(body: Any = None) -> Any:
    return command(body, role="institution", sub="shop")


def new(**changes: Any) -> NewOffer:
    fields: dict[str, Any] = {
        "title": "票",
        "description": "一张",
        "category": "transport",
        "points": 1000,
        "stock": 10,
    }
    return NewOffer(**fields | {"fulfilment": "voucher"} | changes)


def make(seller: Seller = OPEN, stripes: int = 4, **changes: Any) -> Any:
    return shelf.offer(shop(new(**changes)), stripes, seller)


def change(known: Offer | None = None, **body: Any) -> Any:
    return shelf.change(shop(OfferChange(**body)), known or offer())


def stock(offer: str) -> list[keys.Key]:
    """Where its units are added up, by day and by minute."""
    return [keys.stock_on(offer, AT[:10], "supplied"), keys.stock_in(offer, AT[:16], "supplied")]


def test_units_that_come_are_added_up_by_day_and_by_minute() -> None:
    for place in stock(ID):
        assert after(write_to(make(), place)) == {"units": 10, "first": True}
    for place in stock(OFFER):
        assert after(write_to(change(stock_added=3), place)) == {"units": 3}
        assert place not in touched(change(points=3))


def pointers(refused: InvalidRequest) -> list[str]:
    return [fault["pointer"] for fault in refused.facts["errors"]]


def test_an_offer_is_put_on_the_shelf_with_its_till_and_a_pointer() -> None:
    decision = make()
    assert touched(decision) == [
        keys.account(MERCHANT), keys.offer(ID), keys.shop(SHOP, ID), *stock(ID), keys.account(keys.till(ID, 0)),
    ]  # fmt: skip
    stored = after(write_to(decision, keys.offer(ID)))
    assert (stored["list"], stored["rank"]) == ("offers/transport", f"{AT}:{ID}")
    assert load(Offer, stored) == offer(id=ID, edition=ID)
    assert after(write_to(decision, keys.shop(SHOP, ID)))["offer"] == ID
    assert load(Till, after(write_to(decision, keys.account(keys.till(ID, 0))))) == till(edition=ID)
    answer = decision.answer.model_dump()
    assert (answer["id"], answer["stock"], answer["starts_at"]) == (ID, 10, None)


def test_a_busy_offer_shares_its_stock_among_its_tills() -> None:
    decision = make(busy=True, stock=10)
    units = [after(write_to(decision, keys.account(keys.till(ID, stripe))))["units"] for stripe in range(4)]
    assert units == [3, 3, 2, 2]
    assert len(touched(make(busy=True, stock=2))) == 5 + 2
    assert len(touched(make(busy=True, stock=100, stripes=1000))) == 5 + 64


def test_its_time_stands_at_the_till() -> None:
    decision = make(starts_at=NOW, ends_at=NOW + HOURS)
    stored = after(write_to(decision, keys.account(keys.till(ID, 0))))
    assert (stored["starts_at"], stored["ends_at"]) == (AT, "2026-01-31T09:00:00.000Z")
    stored = after(write_to(make(), keys.account(keys.till(ID, 0))))
    assert (stored["starts_at"], stored["ends_at"]) == (ALWAYS, NEVER_ENDS)


@pytest.mark.parametrize(
    ("starts_at", "ends_at"), [(NOW, NOW), (NOW + HOURS, NOW + HOURS), (None, NOW), (None, NOW - HOURS)]
)
def test_an_offer_ends_after_it_begins_and_in_the_future(starts_at: Any, ends_at: Any) -> None:
    with pytest.raises(InvalidRequest) as refused:
        make(starts_at=starts_at, ends_at=ends_at)
    assert pointers(refused.value) == ["/ends_at"]


@pytest.mark.parametrize(
    ("seller", "code"),
    [
        (None, "role_not_allowed"),
        (Seller(status="active"), "role_not_allowed"),
        (replace(OPEN, status="closed"), "role_not_allowed"),
        (replace(OPEN, status="frozen"), "account_frozen"),
        (Seller(status="active", merchant=Selling(status="suspended")), "invalid_state"),
        (IN_EVENT, "invalid_request"),
    ],
)
def test_only_an_active_merchant_sells(seller: Seller | None, code: str) -> None:
    write = write_to(make(), keys.account(MERCHANT))
    assert holds(write, OPEN)
    assert refusal(write, seller).code == code


EVENT_DAY: dict[str, Any] = {"starts_at": NOW + 24 * HOURS, "ends_at": NOW + 48 * HOURS, "per_account_limit": 5}


def test_an_offer_within_its_event_counts_for_it() -> None:
    decision = make(IN_EVENT, **EVENT_DAY)
    assert after(write_to(decision, keys.offer(ID)))["event"] == {"id": "event", "limit": 5}
    write = write_to(decision, keys.account(MERCHANT))
    assert holds(write, IN_EVENT)
    other = Selling(status="active", application="another", event=TERMS)
    assert refusal(write, replace(IN_EVENT, merchant=other)).code == "contended"
    assert refusal(write, OPEN).code == "contended", "the event was over: read the account again"


def test_what_an_offer_of_an_event_leaves_open_is_the_events_own() -> None:
    decision = make(IN_EVENT)
    stored = load(Offer, after(write_to(decision, keys.offer(ID))))
    assert (stored.starts_at, stored.ends_at, stored.per_account_limit) == (TERMS.starts_at, TERMS.ends_at, 5)
    assert holds(write_to(decision, keys.account(MERCHANT)), IN_EVENT)
    sold = after(write_to(decision, keys.account(keys.till(ID, 0))))
    assert (sold["starts_at"], sold["ends_at"]) == (TERMS.starts_at, TERMS.ends_at)
    assert decision.answer.model_dump()["per_account_limit"] == 5


def test_an_offer_of_an_event_that_is_over_is_refused() -> None:
    over = EventTerms("2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z", 5)
    with pytest.raises(InvalidRequest) as refused:
        make(Seller(status="active", merchant=Selling(status="active", application="event", event=over)))
    assert pointers(refused.value) == ["/ends_at"]


BESIDE = MerchantEvent(id="festival", merchant=SHOP, since=AT, terms=TERMS)


def beside(named: MerchantEvent | None = BESIDE, seller: Seller = OPEN, **changes: Any) -> Any:
    return shelf.offer(shop(new(event="festival", **changes)), 4, seller, named)


@pytest.mark.parametrize("seller", [OPEN, IN_EVENT])
def test_an_offer_of_an_event_beside_a_mode_has_its_terms_and_counts_for_it(seller: Seller) -> None:
    decision = beside(seller=seller)
    stored = load(Offer, after(write_to(decision, keys.offer(ID))))
    assert stored.event == OfferEvent("festival", 5, beside=AT)
    assert (stored.starts_at, stored.ends_at, stored.per_account_limit) == (TERMS.starts_at, TERMS.ends_at, 5)
    assert after(write_to(decision, keys.event_offer("festival", ID))) == {"offer": ID}
    assert decision.answer.model_dump()["event"] == "festival"
    write = write_to(decision, keys.account(MERCHANT))
    assert holds(write, seller)
    assert refusal(write, Seller(status="active", merchant=Selling(status="suspended"))).code == "invalid_state"
    later = Selling(status="active", since="2026-12")
    assert refusal(write, Seller(status="active", merchant=later)).code == "invalid_state", "admitted again since"


def test_an_offer_that_names_no_event_is_outside_of_those_beside_its_merchants_mode() -> None:
    decision = make(OPEN)
    assert "event" not in after(write_to(decision, keys.offer(ID)))
    assert make(IN_EVENT, event="event", **EVENT_DAY).answer.model_dump()["event"] == "event"


@pytest.mark.parametrize(
    ("named", "seller", "changes", "pointer"),
    [
        (None, OPEN, {}, "/event"),
        (replace(BESIDE, merchant="another"), OPEN, {}, "/event"),
        (BESIDE, Seller(status="active", merchant=Selling(status="active", since="2026-12")), {}, "/event"),
        (replace(BESIDE, terms=replace(TERMS, ends_at=AT)), OPEN, {}, "/event"),
        (BESIDE, OPEN, {"ends_at": NOW + 96 * HOURS}, "/ends_at"),
        (BESIDE, OPEN, {"starts_at": NOW}, "/starts_at"),
        (BESIDE, OPEN, {"per_account_limit": 6}, "/per_account_limit"),
        (replace(BESIDE, terms=replace(TERMS, quantity=9)), OPEN, {}, "/stock"),
    ],
)
def test_what_an_event_beside_a_mode_does_not_allow_is_refused_by_its_field(
    named: MerchantEvent | None, seller: Seller, changes: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        beside(named, seller, **changes)
    assert pointers(refused.value) == [pointer]


def test_who_is_no_merchant_names_no_event() -> None:
    nobody = Seller(status="active")
    assert refusal(write_to(beside(None, nobody), keys.account(MERCHANT)), nobody).code == "role_not_allowed"


def test_a_merchants_own_code_names_one_offer_for_ever() -> None:
    decision = make(sku="TEA-1")
    write = write_to(decision, keys.sku(SHOP, "TEA-1"))
    assert after(write) == {"offer": ID}
    refused = refusal(write, {"offer": OFFER})
    assert isinstance(refused, InvalidRequest)
    assert pointers(refused) == ["/sku"]
    assert OFFER in refused.facts["errors"][0]["detail"].en
    assert decision.answer.model_dump()["sku"] == "TEA-1"


def test_an_offer_keeps_its_pictures_and_what_it_promises_of_orders() -> None:
    images = ["https://img.example.com/1.jpg", "https://img.example.com/2.jpg"]
    decision = make(images=images, cancellable_minutes=30, fulfil_within_days=7)
    stored = load(Offer, after(write_to(decision, keys.offer(ID))))
    assert (list(stored.images), stored.cancellable_minutes, stored.fulfil_within_days) == (images, 30, 7)
    assert decision.answer.model_dump()["images"] == images


def test_an_offer_stands_among_the_others_by_its_price() -> None:
    pointer = {"category": "transport", "merchant": SHOP, "list": "offers-by-points/transport"}
    made = after(write_to(make(), keys.shop(SHOP, ID)))
    assert made == pointer | {"offer": ID, "rank": f"0000001000:{ID}"}
    moved = after(write_to(change(points=900), keys.shop(SHOP, OFFER)), {"offer": OFFER})
    assert moved == pointer | {"offer": OFFER, "rank": f"0000000900:{OFFER}"}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"starts_at": NOW}, "/starts_at"),
        ({"ends_at": NOW + 96 * HOURS}, "/ends_at"),
        ({"per_account_limit": 6}, "/per_account_limit"),
    ],
)
def test_what_is_outside_its_event_is_refused_by_its_field(changes: dict[str, Any], pointer: str) -> None:
    write = write_to(make(IN_EVENT, **EVENT_DAY | changes), keys.account(MERCHANT))
    refused = refusal(write, IN_EVENT)
    assert isinstance(refused, InvalidRequest)
    assert pointers(refused) == [pointer]


def test_an_offer_from_outside_an_event_stays_outside() -> None:
    within = {"starts_at": TERMS.starts_at, "ends_at": TERMS.ends_at, "per_account_limit": 5}
    known = change(offer(status="off_shelf", **within), status="on_shelf")
    assert not holds(write_to(known, keys.account(MERCHANT)), IN_EVENT)
    old = change(offer(status="off_shelf", edition=None, **within), status="on_shelf")
    assert holds(write_to(old, keys.account(MERCHANT)), IN_EVENT), "from before events counted"


def test_a_change_of_price_and_title_reaches_every_till_in_the_same_transaction() -> None:
    decision = change(offer(stripes=2), points=900, title="新", description="长")
    changed = after(write_to(decision, keys.offer(OFFER)), offer(stripes=2))
    assert (changed["points"], changed["title"], changed["description"], changed["edition"]) == (900, "新", "长", ID)
    for stripe in range(2):
        stored = after(write_to(decision, keys.account(keys.till(OFFER, stripe))), till())
        assert (stored["price"], stored["edition"], stored["units"]) == (900, ID, 10)


def test_words_that_no_sale_asks_for_leave_the_tills_alone() -> None:
    assert touched(change(description="长")) == [keys.account(MERCHANT), keys.offer(OFFER)]


def test_stock_that_is_added_is_shared_and_stands_on_the_record() -> None:
    decision = change(offer(stripes=2), stock_added=3)
    assert after(write_to(decision, keys.offer(OFFER)), offer())["supplied"] == 13
    added = [after(write_to(decision, keys.account(keys.till(OFFER, stripe))), till())["units"] for stripe in range(2)]
    assert added == [12, 11]
    assert [posting.amount for posting in decision.facts.stocked] == [2, 1]
    assert decision.facts.postings == (), "no value moves: the sale does that"
    assert decision.answer.model_dump()["stock"] == 13
    tills = [key for key in touched(change(offer(stripes=2), stock_added=1)) if key.sk == "account"][1:]
    assert tills == [keys.account(keys.till(OFFER, 0))], "a till without a share is left alone"


def test_the_merchants_own_word_ends_what_held_its_offer_back() -> None:
    held = offer(status="off_shelf", held_back="turn")
    assert "held_back" not in after(write_to(change(held, status="off_shelf"), keys.offer(OFFER)), held)
    assert after(write_to(change(held, title="新"), keys.offer(OFFER)), held)["held_back"] == "turn"


def test_a_suspended_merchant_changes_words_but_puts_nothing_on_the_shelf() -> None:
    suspended = Seller(status="active", merchant=Selling(status="suspended"))
    assert holds(write_to(change(points=1), keys.account(MERCHANT)), suspended)
    assert refusal(write_to(change(status="on_shelf"), keys.account(MERCHANT)), suspended).code == "invalid_state"
    frozen = replace(OPEN, status="frozen")
    for body in ({"points": 1}, {"status": "on_shelf"}, {"status": "off_shelf"}):
        assert refusal(write_to(change(**body), keys.account(MERCHANT)), frozen).code == "account_frozen"


@pytest.mark.parametrize("body", [{}, {"points": None}, {"title": None, "points": None}])
def test_a_change_names_something(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        change(**body)
    assert pointers(refused.value) == [""]


def test_an_offer_whose_time_is_over_is_not_put_back() -> None:
    with pytest.raises(InvalidRequest) as refused:
        change(offer(ends_at=AT), status="on_shelf")
    assert pointers(refused.value) == ["/status"]
    assert change(offer(ends_at=AT), status="off_shelf").answer.model_dump()["status"] == "off_shelf"
