"""Points for units: what a redemption writes, and each reason why it is refused."""

from typing import Any

import pytest

from chalicelib.mall.items import OfferEvent, OfferTerms
from chalicelib.mall.offers import memory
from chalicelib.mall.redemptions.actions import LimitReached, redeem, sweep
from chalicelib.table import keys
from chalicelib.table.row import dump
from tests.unit.decisions import AT, ID, after, command, holds, refusal, touched, write_to
from tests.unit.mall import nouns
from tests.unit.mall.nouns import ACTIVE, ALICE, BUYER, MERCHANT, OFFER, SHOP, TILL, asked, offer, till

PURCHASES = keys.purchases("person", OFFER)
EVENT = OfferEvent("event", 5)


def decide(known: OfferTerms | None = None, *, quantity: int = 1, points: int = 1000, **parts: int) -> Any:
    units = parts or {TILL: quantity}
    return redeem(command(asked(quantity, points)), known or offer(), units, "person")


def test_a_redemption_writes_the_till_and_the_buyer_and_reads_nothing() -> None:
    decision = decide(quantity=3, points=3000)
    assert touched(decision) == [keys.account(TILL), keys.account(BUYER)]
    sold = after(write_to(decision, keys.account(TILL)), till())
    assert (sold["points"], sold["units"], sold["orders"]) == (3000, 7, 1)
    paid = after(write_to(decision, keys.account(BUYER)), ACTIVE)
    assert (paid["points"], paid["pending"], paid["unfiled"]) == (2000, 1, {ID})


def test_its_record_keeps_the_postings_the_merchant_and_whether_it_counts() -> None:
    facts = decide(quantity=3, points=3000).facts
    assert facts.movement == "redemption"
    assert [tuple(posting) for posting in facts.postings] == [
        (BUYER, TILL, 3000, "points"), (TILL, "system:delivered", 3, f"units:{OFFER}"),
    ]  # fmt: skip
    assert (facts.holder, facts.limited, facts.counted_at) == (MERCHANT, False, TILL)
    assert decide(offer(per_account_limit=1)).facts.limited is True


def test_its_answer_is_the_order_with_what_was_sold_as_at_the_sale() -> None:
    answer = decide(offer(title="茶", fulfilment="goods"), quantity=2, points=2000).answer
    assert answer.model_dump(exclude_none=True) == {
        "id": ID, "status": "placed", "at": AT, "account": ALICE, "merchant": SHOP, "offer": OFFER, "quantity": 2,
        "points": 2000, "title": "茶", "unit_points": 1000, "fulfilment": "goods", "vouchers": [],
    }  # fmt: skip


def test_an_order_names_until_when_it_can_be_cancelled_and_must_be_fulfilled() -> None:
    answer = decide(offer(cancellable_minutes=90, fulfil_within_days=2)).answer
    assert (answer.cancellable_until, answer.fulfil_by) == ("2026-01-31T09:30:00.000Z", "2026-02-02T08:00:00.000Z")


@pytest.mark.parametrize(
    ("stored", "code", "facts"),
    [
        (None, "not_found", {}),
        ({"ends_at": AT}, "offer_unavailable", {"ends_at": AT}),
        ({"status": "off_shelf"}, "offer_unavailable", {}),
        ({"starts_at": "2026-02-01T00:00:00.000Z"}, "offer_unavailable", {"starts_at": "2026-02-01T00:00:00.000Z"}),
        ({"price": 1100}, "price_changed", {"price": 1100, "points": 2200}),
        ({"units": 1}, "sold_out", {"available": 1, "needed": 2}),
        ({"edition": "later"}, "contended", {"retry_after": 1}),
        ({"edition": None}, "contended", {"retry_after": 1}),
    ],
)
def test_the_till_refuses_with_its_reason(stored: dict[str, Any] | None, code: str, facts: dict[str, Any]) -> None:
    write = write_to(decide(quantity=2, points=2000), keys.account(TILL))
    refused = refusal(write, None if stored is None else till(**stored))
    assert (refused.code, refused.facts) == (code, facts)


def test_an_offer_from_before_editions_is_sold_by_a_till_without_one() -> None:
    write = write_to(decide(offer(edition=None)), keys.account(TILL))
    assert holds(write, till(edition=None))
    assert not holds(write, till())


def test_a_window_begins_with_its_first_moment_and_ends_before_its_last() -> None:
    write = write_to(decide(), keys.account(TILL))
    assert holds(write, till(starts_at=AT))
    assert holds(write, till(ends_at="2026-01-31T08:00:00.001Z"))
    assert not holds(write, till(ends_at=AT))


@pytest.mark.parametrize(("quantity", "points"), [(2, 1999), (2, 2001), (3, 1000), (2, 1)])
def test_a_total_that_does_not_divide_matches_no_price(quantity: int, points: int) -> None:
    write = write_to(decide(quantity=quantity, points=points), keys.account(TILL))
    for price in (points // quantity, points // quantity + 1, 1):
        assert refusal(write, till(price=price)).facts == {"price": price, "points": price * quantity}


def test_an_empty_till_among_several_is_remembered_and_another_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    remembered: list[str] = []
    monkeypatch.setattr(memory, "remember_empty", lambda _, name: remembered.append(name))
    write = write_to(decide(offer(stripes=4)), keys.account(TILL))
    assert isinstance(refusal(write, till(units=0)), memory.TillEmpty)
    assert remembered == [TILL]


def test_a_till_under_another_title_makes_the_terms_be_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_terms", {OFFER: offer()})
    write = write_to(decide(), keys.account(TILL))
    assert isinstance(refusal(write, till(edition="later")), memory.TermsOutdated)
    assert OFFER not in memory._terms


def test_several_tills_each_give_their_part() -> None:
    second = keys.till(OFFER, 1)
    decision = redeem(command(asked(5, 5000)), offer(stripes=2), {TILL: 3, second: 2}, "person")
    assert touched(decision) == [keys.account(TILL), keys.account(second), keys.account(BUYER)]
    assert after(write_to(decision, keys.account(second)), till())["units"] == 8
    counts = [after(write_to(decision, keys.account(name)), till())["orders"] for name in (TILL, second)]
    assert (counts, decision.facts.counted_at) == ([1, 0], TILL)
    assert after(write_to(decision, keys.account(BUYER)), ACTIVE)["points"] == 0


@pytest.mark.parametrize(
    ("stored", "code"),
    [
        (None, "not_found"),
        (ACTIVE | {"kind": "institution"}, "not_found"),
        (ACTIVE | {"status": "closed"}, "account_closed"),
        (ACTIVE | {"status": "frozen"}, "account_frozen"),
        (ACTIVE | {"points": 999}, "insufficient_points"),
    ],
)
def test_the_buyer_must_be_a_person_with_an_active_account_and_the_points(stored: Any, code: str) -> None:
    assert refusal(write_to(decide(), keys.account(BUYER)), stored).code == code


def test_a_limit_is_counted_by_the_person_in_the_same_transaction() -> None:
    decision = decide(offer(per_account_limit=3), quantity=2, points=2000)
    assert touched(decision) == [keys.account(TILL), PURCHASES, keys.account(BUYER)]
    write = write_to(decision, PURCHASES)
    assert after(write) == {"units": 2}
    assert after(write, {"units": 1}) == {"units": 3}
    assert refusal(write, {"units": 2}).facts == {"limit": 3, "held": 2}


def test_more_than_the_limit_at_once_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(LimitReached):
        decide(offer(per_account_limit=1), quantity=2, points=2000)


def test_an_events_limit_counts_all_its_offers_beside_each() -> None:
    decision = decide(offer(per_account_limit=3, event=EVENT), quantity=2, points=2000)
    write = write_to(decision, keys.purchases("person", "event"))
    assert after(write, {"units": 1, OFFER: 1}) == {"units": 3, OFFER: 3}
    assert refusal(write, {"units": 4, OFFER: 1}).facts == {"limit": 5, "held": 4}
    assert refusal(write, {"units": 3, OFFER: 2}).facts == {"limit": 3, "held": 2}


def test_a_sweep_moves_what_the_till_holds_and_counts_itself() -> None:
    decision = sweep(command(role="system", sub="system"), TILL, till(points=700, sweeps=4), SHOP)
    assert touched(decision) == [keys.account(TILL), keys.account(MERCHANT)]
    emptied = after(write_to(decision, keys.account(TILL)), till(points=700, sweeps=4))
    assert (emptied["points"], emptied["sweeps"], emptied["units"]) == (0, 5, 10)
    merchant = after(write_to(decision, keys.account(MERCHANT)), {"status": "active", "points": 1, "swept": 10})
    assert (merchant["points"], merchant["swept"]) == (701, 710)
    assert (decision.facts.movement, decision.facts.holder, decision.facts.reference) == ("sweep", MERCHANT, TILL)
    assert decision.answer.model_dump() == {"till": TILL, "merchant": SHOP, "points": 700}


def test_what_another_sweep_has_moved_is_not_moved_again() -> None:
    write = write_to(sweep(command(), TILL, till(points=700, sweeps=4), SHOP), keys.account(TILL))
    assert refusal(write, till(points=900, sweeps=5)).code == "invalid_state"
    assert after(write, till(points=900, sweeps=4))["points"] == 200, "sold meanwhile: the next sweep takes it"


def test_nothing_is_swept_to_a_merchant_that_is_frozen() -> None:
    write = write_to(sweep(command(), TILL, till(points=700), SHOP), keys.account(MERCHANT))
    assert refusal(write, {"status": "frozen", "points": 0}).code == "account_frozen"


def test_the_stored_till_has_the_attributes_that_the_sale_asks_for() -> None:
    assert set(dump(nouns.till())) == {
        "price", "status", "starts_at", "ends_at", "points", "units", "sweeps", "edition", "orders",
        "version", "moves", "received",
    }  # fmt: skip


def test_a_sweep_that_came_second_is_told_so() -> None:
    decision = sweep(command(), TILL, till(points=700, sweeps=4), SHOP)
    write = write_to(decision, keys.account(TILL))
    assert decision.kind == "sweep"
    assert holds(write, till(points=700, sweeps=4))
    assert refusal(write, till(points=700, sweeps=5)).facts == {"state": "swept", "action": "sweep"}


def test_what_a_limit_leaves_is_said() -> None:
    with pytest.raises(LimitReached) as found:
        decide(offer(per_account_limit=1), quantity=2, points=2000)
    assert found.value.facts == {"limit": 1, "held": 0}
    write = write_to(decide(offer(per_account_limit=3), quantity=2, points=2000), PURCHASES)
    assert holds(write, None)
    assert holds(write, {"units": 1})
    assert write.refuse({"pk": "p", "sk": "s", "units": 1}).facts == {"limit": 3, "held": 1}
    assert write.refuse(None).facts == {"limit": 3, "held": 0}
