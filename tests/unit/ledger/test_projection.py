"""What the consumer files of Records."""

from datetime import timedelta

import pytest

from chalicelib.kernel.record import Record
from chalicelib.ledger import projection
from chalicelib.ledger.model import Entry, Posting
from chalicelib.table import keys
from chalicelib.table.row import dump
from chalicelib.table.write import Write
from tests.unit.decisions import AT, after, holds, record

ALICE, SHOP, TILL = "account:alice", "account:shop", "offer:x/0"
SALE = record(
    "redemption", id="sale", movement="redemption", holder=SHOP, postings=(Posting(ALICE, TILL, 500, "points"),)
)


@pytest.fixture(autouse=True)
def nothing_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "LATE", timedelta(days=36_500))


def test_a_line_that_is_filed_late_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "LATE", timedelta())
    assert after(filed(SALE)[keys.account(SHOP)]) == {"late": 1}


def filed(*records: Record) -> dict[keys.Key, Write]:
    return {write.key: write for write in projection.entries(records)}


def test_each_holder_gets_a_line_once() -> None:
    write = filed(SALE)[keys.entry(ALICE, AT, "sale")]
    line = Entry("sale", AT, "redemption", -500, 0, "shop", "sale")
    assert after(write) == dump(line)
    assert not holds(write, line)


def test_a_record_that_no_statement_shows_leaves_a_mark() -> None:
    stocked = record(id="stock", movement="stocking", postings=(Posting("system:supplied", TILL, 5, "units:x"),))
    assert list(filed(stocked)) == [keys.filed("stock")]


def test_an_account_forgets_what_is_filed_and_its_totals_move() -> None:
    moved = after(filed(SALE)[keys.account(ALICE)], {"points": 0, "unfiled": {"sale", "other"}, "redeemed": 100})
    assert moved == {"points": 0, "unfiled": {"other"}, "redeemed": 600}


def test_a_merchant_s_sale_counts_in_a_lane() -> None:
    [(place, write)] = [(place, write) for place, write in filed(SALE).items() if place[1].startswith("sums:")]
    assert place[0] == SHOP
    assert after(write, {"earned": 1}) == {"earned": 501, "gathered": 500}


def test_a_sweep_is_a_line_without_a_change() -> None:
    sweep = record("sweep", id="s", movement="sweep", holder=SHOP, postings=(Posting(TILL, SHOP, 500, "points"),))
    writes = filed(sweep)
    line = after(writes[keys.entry(SHOP, AT, "s")])
    assert (line["points"], line["swept_points"]) == (0, 500)
    assert not [place for place in writes if place[1].startswith("sums:")]


@pytest.mark.parametrize(
    ("movement", "postings", "total"),
    [
        ("conversion", (Posting("system:pool", ALICE, 7, "points"),), {"earned": 7}),
        ("refund", (Posting(TILL, ALICE, 7, "points"),), {"redeemed": -7}),
        ("cancellation", (Posting(ALICE, "system:pool", 7, "points"),), {"cancelled": 7}),
        ("donation", (Posting(ALICE, "campaign:c/0", 7, "points"),), {"donated": 7}),
        ("buy_back", (Posting(ALICE, "system:pool", 7, "points"),), {"bought_back": 7}),
        ("retirement", (Posting(ALICE, "system:retired", 7, "grams"),), {"retired": 7}),
    ],
)
def test_a_movement_counts_towards_one_total(
    movement: str, postings: tuple[Posting, ...], total: dict[str, int]
) -> None:
    write = filed(record(id="r", movement=movement, postings=postings, holder=SHOP))[keys.account(ALICE)]
    assert after(write, {"unfiled": {"r"}}) == total
