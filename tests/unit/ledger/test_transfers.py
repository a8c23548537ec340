"""Movements of value, before any store."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.record import Facts, Record
from chalicelib.ledger.actions import AccountCondition, post
from chalicelib.ledger.model import GRAMS, POINTS, Entry, Posting, Transfer, entries, units
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
