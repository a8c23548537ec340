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


TRIP = record(
    "reduction_confirmed", id="trip", movement="conversion", postings=(Posting("system:pool", ALICE, 7, "points"),),
    summed=True,
)  # fmt: skip


def test_a_record_that_moved_its_accounts_sums_gets_its_line_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(filed(TRIP)) == [keys.entry(ALICE, AT, "trip")]
    [write] = projection.clear([TRIP, SALE])
    stored = {"points": 7, "earned": 7, "unfiled": {"trip", "sale"}}
    assert write.key == keys.account(ALICE)
    assert after(write, stored) == stored | {"unfiled": {"sale"}}
    assert after(write, after(write, stored)) == after(write, stored)
    assert not holds(write)
    monkeypatch.setattr(projection, "LATE", timedelta())
    assert after(filed(TRIP)[keys.account(ALICE)]) == {"late": 1}


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


def test_several_movements_of_one_account_add_up() -> None:
    again = record("redemption", id="two", movement="redemption", holder=SHOP, postings=SALE.postings)
    writes = filed(SALE, again)
    assert after(writes[keys.account(ALICE)], {"unfiled": {"sale", "two", "x"}}) == {"unfiled": {"x"}, "redeemed": 1000}
    [lane] = [write for place, write in writes.items() if place[1].startswith("sums:")]
    assert after(lane) == {"earned": 1000, "gathered": 1000}


def test_what_several_tills_gathered_adds_up_and_what_they_gave_back_comes_off() -> None:
    tills = (Posting(ALICE, TILL, 300, "points"), Posting(ALICE, "offer:x/1", 200, "points"))
    assert _lane(tills, "redemption") == {"earned": 500, "gathered": 500}
    back = (Posting(TILL, ALICE, 300, "points"), Posting(SHOP, ALICE, 200, "points"))
    assert _lane(back, "refund") == {"earned": -500, "gathered": -300}
    held = (Posting("hold:h", SHOP, 70, "points"), Posting("hold:h", ALICE, 30, "points"))
    assert _lane(held, "capture") == {"earned": 70}


def test_a_refund_in_grams_takes_back_what_was_bought_back() -> None:
    postings = (Posting(SHOP, "system:pool", 200, "grams"), Posting("system:pool", ALICE, 200, "points"))
    assert _lane(postings, "refund") == {"earned": -200, "bought_back": -200}


def _lane(postings: tuple[Posting, ...], movement: str) -> dict[str, int]:
    writes = filed(record(id="r", movement=movement, postings=postings, holder=SHOP))
    [lane] = [write for place, write in writes.items() if place[1].startswith("sums:")]
    return after(lane)


def test_what_repaid_a_debt_was_earned_by_nobody() -> None:
    gain = (Posting("system:issued", "system:pool", 10, "grams"), Posting("system:pool", ALICE, 10, "points"))
    repaid = (Posting(ALICE, "system:pool", 4, "points"), Posting("system:pool", "system:issued", 4, "grams"))
    record_ = record(
        id="r",
        movement="conversion",
        postings=(*gain, *repaid, Posting(ALICE, "system:uncovered", 4, "debt_points")),
        holder=SHOP,
    )
    assert after(filed(record_)[keys.account(ALICE)], {"unfiled": {"r"}}) == {"earned": 6}


def test_grams_that_an_institution_gave_back_were_not_recorded() -> None:
    taken = record(id="r", movement="reversal", postings=(Posting(SHOP, "system:issued", 9, "grams"),))
    assert after(filed(taken)[keys.account(SHOP)], {"recorded": 20, "unfiled": {"r"}}) == {"recorded": 11}


def test_a_capture_counts_for_her_whose_points_were_held() -> None:
    paid = record(
        id="r",
        movement="capture",
        hold="h",
        holder=SHOP,
        payer=ALICE,
        postings=(Posting("hold:h", SHOP, 70, "points"),),
    )
    assert after(filed(paid)[keys.account(ALICE)]) == {"redeemed": 70}


def test_a_mark_names_its_record() -> None:
    stocked = record(id="stock", movement="stocking", postings=(Posting("system:supplied", TILL, 5, "units:x"),))
    assert after(filed(stocked)[keys.filed("stock")]) == {"id": "stock"}


HOLD, DRAW = "hold:h", "draw-entry:d"


@pytest.mark.parametrize(
    ("movement", "postings", "facts", "change"),
    [
        ("hold", [(ALICE, HOLD, 300)], {"holder": SHOP}, 300),
        ("release", [(HOLD, ALICE, 300)], {"holder": SHOP}, -300),
        ("capture", [(HOLD, SHOP, 100), (HOLD, ALICE, 200)], {"holder": SHOP, "payer": ALICE}, -300),
        ("capture", [(HOLD, SHOP, 300)], {"holder": SHOP, "payer": ALICE}, -300),
        ("draw_entry", [(ALICE, DRAW, 900)], {}, 900),
        ("draw_return", [(DRAW, ALICE, 900)], {}, -900),
        ("redemption", [(DRAW, ALICE, 900), (ALICE, TILL, 500)], {"holder": SHOP, "payer": ALICE}, -900),
        ("refund", [(SHOP, ALICE, 300)], {"hold": "h", "holder": SHOP}, None),
        ("redemption", [(ALICE, TILL, 500)], {"holder": SHOP}, None),
    ],
)
def test_what_reserves_points_is_noted_with_its_person(
    movement: str, postings: list[tuple[str, str, int]], facts: dict[str, str], change: int | None
) -> None:
    moved = tuple(Posting(*each, "points") for each in postings)
    made = filed(record(id="r", movement=movement, postings=moved, **facts))
    noted = {key: after(write) for key, write in made.items() if key.pk.startswith("checkpoints:")}
    assert noted == ({keys.reserved(ALICE, AT, "r"): {"reserved": change}} if change else {})


def test_a_whole_capture_that_is_filed_late_is_counted_of_its_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "LATE", timedelta())
    capture = record(
        id="c", movement="capture", holder=SHOP, payer=ALICE, postings=(Posting(HOLD, SHOP, 300, "points"),)
    )
    assert after(filed(capture)[keys.account(ALICE)]) == {"redeemed": 300, "late": 1}
