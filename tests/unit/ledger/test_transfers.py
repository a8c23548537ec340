"""Movements of value, before any store."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.record import Facts, Record
from chalicelib.ledger.actions import AccountCondition, post
from chalicelib.ledger.model import GRAMS, POINTS, Entry, Posting, Transfer, entries, unbought, units
from chalicelib.table import keys
from chalicelib.table.write import Attr
from tests.unit import decisions

NAMES = ["account:alice", "account:shop", "offer:x/0", "offer:x/1", "system:pool", "system:retired"]
POSTINGS = st.builds(
    Posting,
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
    st.integers(1, 10**12),
    st.sampled_from([POINTS, GRAMS, units("x")]),
).filter(lambda posting: posting.source != posting.destination)
TRANSFERS = st.lists(POSTINGS, max_size=6).map(lambda postings: Transfer("t", tuple(postings)))


@given(TRANSFERS)
def test_a_transfer_neither_makes_nor_loses_anything(transfer: Transfer) -> None:
    for asset in (POINTS, GRAMS, "units"):
        assert sum(deltas.get(asset, 0) for deltas in transfer.changes().values()) == 0


@given(TRANSFERS)
def test_a_reversal_undoes_exactly(transfer: Transfer) -> None:
    back = transfer.reverse("back")
    assert Transfer("both", transfer.postings + back.postings).changes() == {name: {} for name in transfer.changes()}
    assert back.reverse("t") == transfer


@pytest.mark.parametrize("amount", [0, -1])
def test_a_posting_moves_something(amount: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        Transfer("t", (Posting("a", "b", amount, POINTS),))


def test_a_posting_goes_elsewhere() -> None:
    with pytest.raises(ValueError, match="two accounts"):
        Transfer("t", (Posting("a", "a", 1, POINTS),))


def test_each_account_gets_one_write_and_system_accounts_get_none() -> None:
    transfer = Transfer(
        "redemption",
        (
            Posting("account:alice", "offer:x/0", 500, POINTS),
            Posting("offer:x/0", "system:delivered", 2, units("x")),
            Posting("system:pool", "account:alice", 10, POINTS),
        ),
    )
    writes, facts = post(transfer, record="r", terms={"offer:x/0": AccountCondition(require=Attr("price").eq(250))})
    assert [(write.action, write.key.pk) for write in writes] == [("Update", "offer:x/0"), ("Update", "account:alice")]
    assert [write.add for write in writes] == [{"points": 500, "units": -2}, {"points": -490, "unfiled": {"r"}}]
    assert facts == Facts(movement="redemption", postings=transfer.postings)


def record(*postings: tuple[str, str, int, str], **facts: Any) -> Record:
    return decisions.record(movement="m", postings=tuple(Posting(*each) for each in postings), **facts)


def amounts(found: dict[str, Entry]) -> dict[str, tuple[int, int, str]]:
    return {name: (entry.points, entry.grams, entry.counterparty) for name, entry in found.items()}


def test_a_record_without_postings_has_no_entries() -> None:
    assert entries(record()) == {}


def test_what_a_till_earns_is_a_line_of_its_merchant() -> None:
    sold = record(
        ("account:alice", "offer:x/0", 300, POINTS), ("account:alice", "offer:x/1", 200, POINTS),
        ("offer:x/0", "system:delivered", 3, units("x")), holder="account:shop",
    )  # fmt: skip
    assert amounts(entries(sold)) == {"account:alice": (-500, 0, "shop"), "account:shop": (500, 0, "alice")}


def test_a_conversion_is_a_line_of_the_person_that_names_the_scenario() -> None:
    converted = record(
        ("system:issued", "system:pool", 71, GRAMS), ("system:pool", "account:alice", 71, POINTS), counterparty="metro"
    )
    assert amounts(entries(converted)) == {"account:alice": (71, 0, "metro")}


def test_a_buy_back_shows_points_and_grams_in_one_line() -> None:
    bought = record(("account:shop", "system:pool", 10**6, POINTS), ("system:pool", "account:shop", 10**6, GRAMS))
    assert amounts(entries(bought)) == {"account:shop": (-(10**6), 10**6, "system:pool")}


def test_a_refund_that_till_and_merchant_pay_is_one_line_each() -> None:
    back = record(
        ("offer:x/0", "account:alice", 100, POINTS), ("account:shop", "account:alice", 200, POINTS),
        holder="account:shop", reference="order",
    )  # fmt: skip
    assert amounts(entries(back)) == {"account:shop": (-300, 0, "alice"), "account:alice": (300, 0, "shop")}
    assert {line.reference for line in entries(back).values()} == {"order"}


def test_who_inherits_and_who_left_it_stand_in_each_others_line() -> None:
    moved = record(
        ("account:old", "system:pool", 5, POINTS), ("system:pool", "account:new", 5, POINTS), counterparty="x"
    )
    found = {name: entry.counterparty for name, entry in entries(moved).items()}
    assert found == {"account:old": "new", "account:new": "old"}


def test_a_third_party_leaves_the_counterparties_as_they_are() -> None:
    three = record(
        ("account:a", "account:b", 5, POINTS),
        ("account:b", "account:c", 3, POINTS),
        ("system:pool", "account:c", 1, POINTS),
    )
    assert {name: entry.counterparty for name, entry in entries(three).items()} == {
        "account:a": "b", "account:b": "a", "account:c": "b",
    }  # fmt: skip


def test_a_line_says_how_a_debt_moved() -> None:
    owed = record(
        ("system:uncovered", "account:a", 7, "debt_points"), ("system:uncovered", "account:a", 3, "debt_grams")
    )
    [line] = entries(owed).values()
    assert (line.debt_points, line.debt_grams, line.points) == (7, 3, 0)
    assert line.place == keys.entry("", line.at, line.id).sk


def test_a_merchant_paid_by_a_draw_sees_the_entry_and_a_person_the_merchant() -> None:
    won = record(
        ("draw-entry:e", "account:alice", 9, POINTS), ("account:alice", "offer:x/0", 9, POINTS),
        holder="account:shop", payer="account:alice", reference="e",
    )  # fmt: skip
    found = {name: entry.counterparty for name, entry in entries(won).items()}
    assert found["account:shop"] == "draw-entry:e"


def test_what_a_merchant_gave_for_a_refund_in_grams_was_not_bought_back() -> None:
    postings = [("account:shop", "system:pool", 30, GRAMS), ("system:pool", "account:alice", 30, POINTS)]
    assert unbought(replace(record(*postings), movement="refund")) == 30
    assert unbought(record(*postings)) == 0
