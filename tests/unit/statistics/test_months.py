"""What a month's Records come to, and how it is drawn."""

import re
from collections import Counter
from typing import Any, get_args
from xml.etree import ElementTree

import pytest

from chalicelib.kernel.record import Posting, Record
from chalicelib.ledger.model import Shown
from chalicelib.statistics import counting, model, projection
from chalicelib.statistics.model import IssuedAnswer, MonthAnswer, Sums
from chalicelib.statistics.pictures import bars, chart
from chalicelib.supervision.audit.sums import Projected
from chalicelib.table import keys
from tests.unit.decisions import after, record

ALICE, SHOP, TILL = "account:alice", "account:shop", "offer:x/0"
SOURCE = {"scenario": "Metro", "methodology": "M-1", "month": "2025-12"}


def movement(kind: str, *postings: Posting, **facts: Any) -> Record:
    return record(kind, movement=kind, postings=postings, **facts)


CONVERSION = movement(
    "conversion",
    Posting(keys.ISSUED, keys.POOL, 71, "grams"),
    Posting(keys.POOL, ALICE, 71, "points"),
    **SOURCE,
)
REPAYING = movement(
    "conversion",
    *CONVERSION.postings,
    Posting(ALICE, keys.POOL, 20, "points"),
    Posting(keys.POOL, keys.ISSUED, 20, "grams"),
    Posting(ALICE, keys.UNCOVERED, 20, "debt_points"),
    **SOURCE,
)
REVERSAL = movement(
    "reversal",
    Posting(ALICE, keys.POOL, 50, "points"),
    Posting(keys.POOL, keys.ISSUED, 50, "grams"),
    Posting(keys.UNCOVERED, ALICE, 21, "debt_points"),
    **SOURCE,
)
SALE = movement(
    "redemption", Posting(ALICE, TILL, 500, "points"), Posting(TILL, keys.DELIVERED, 1, "units:x"), holder=SHOP
)
LOT = movement("buy_back", Posting(SHOP, keys.POOL, 10**6, "points"), Posting(keys.POOL, SHOP, 10**6, "grams"))
FREED = movement(
    "ex_officio_cancellation",
    Posting(ALICE, keys.POOL, 3, "points"),
    Posting(keys.POOL, keys.ISSUED, 3, "grams"),
    Posting(ALICE, keys.UNCOVERED, 3, "debt_points"),
    Posting(ALICE, keys.POOL, 5, "points"),
    Posting(keys.POOL, keys.RETIRED, 5, "grams"),
    Posting(ALICE, keys.RETIRED, 7, "grams"),
)

SOLD = {"redeemed_points": 500, "orders": 1}


def counted(of: Record) -> dict[str, int]:
    return {name: amount for name, amount in counting.change(of).items() if amount and name != "records"}


@pytest.mark.parametrize(
    ("of", "sums"),
    [
        (CONVERSION, {"issued_grams": 71}),
        (REPAYING, {"issued_grams": 71, "repaid_grams": 20}),
        (REVERSAL, {"reversed_grams": 71, "owed_grams": 21}),
        (SALE, {"redeemed_points": 500, "orders": 1}),
        (movement("refund", Posting(TILL, ALICE, 500, "points"), holder=SHOP), {"refunded_points": 500}),
        (movement("cancellation", Posting(ALICE, keys.POOL, 5, "points")), {"cancelled_points": 5}),
        (FREED, {"ex_officio_points": 5, "ex_officio_grams": 7, "repaid_grams": 3}),
        (movement("donation", Posting(ALICE, "campaign:c/0", 5, "points")), {"donated_points": 5}),
        (LOT, {"bought_back_points": 10**6, "lots": 1}),
        (movement("retirement", Posting(SHOP, keys.RETIRED, 9, "grams")), {"retired_grams": 9}),
        (movement("campaign_closing", Posting(keys.POOL, keys.RETIRED, 9, "grams")), {"campaign_grams": 9}),
        (movement("sweep", Posting(TILL, SHOP, 9, "points"), holder=SHOP), {}),
        (movement("hold", Posting(ALICE, "hold:h", 9, "points"), holder=SHOP, hold="h"), {}),
        (
            movement(
                "capture", Posting("hold:h", SHOP, 7, "points"), Posting("hold:h", ALICE, 2, "points"),
                holder=SHOP, hold="h",
            ),
            {"redeemed_points": 7, "orders": 1},
        ),
    ],
)  # fmt: skip
def test_each_movement_counts_as_what_it_is(of: Record, sums: dict[str, int]) -> None:
    assert counted(of) == sums
    assert counting.change(of)["records"] == 1


@pytest.mark.parametrize(
    ("at", "month"),
    [
        ("2026-01-31T15:59:59.999Z", "2026-01"),
        ("2026-01-31T16:00:00.000Z", "2026-02"),
        ("2025-12-31T16:00:00.000Z", "2026-01"),
    ],
)
def test_a_record_belongs_to_its_month_in_shanghai(at: str, month: str) -> None:
    assert model.month_of(at) == month


def test_months_follow_each_other() -> None:
    assert [model.named(model.number("2025-11") + each) for each in range(4)] == [
        "2025-11", "2025-12", "2026-01", "2026-02",
    ]  # fmt: skip
    assert model.ends("2025-12").isoformat() == "2026-01-01T00:00:00+08:00"
    assert model.last_day("2028-02") == "2028-02-29"


def test_records_of_two_months_add_to_two_sums_once_each() -> None:
    later = record(
        "redemption", at="2026-02-01T00:00:00.000Z", movement="redemption", postings=SALE.postings, holder=SHOP
    )
    found = {write.key: after(write, {}) for write in projection.months([SALE, CONVERSION, later])}
    by_place = {tuple(re.sub(r":\d\d?$", "", part) for part in key): item for key, item in found.items()}
    assert by_place == {
        ("statistics", "2026-01"): {"month": "2026-01", "records": 2, "issued_grams": 71} | SOLD,
        ("statistics", "2026-02"): {"month": "2026-02", "records": 1} | SOLD,
        ("confirmed:2026-01", "metro:M-1"): {"scenario": "metro", "methodology": "M-1", "issued_grams": 71},
        ("turnover:2026-01", "shop"): {"merchant": "shop"} | SOLD,
        ("turnover:2026-02", "shop"): {"merchant": "shop"} | SOLD,
    }  # fmt: skip


def test_a_lot_is_part_of_its_merchant_s_turnover() -> None:
    assert (counting.merchant(LOT), counting.turnover(LOT)["lots"]) == ("shop", 1)
    assert counting.merchant(movement("sweep", Posting(TILL, SHOP, 9, "points"), holder=SHOP)) is None
    assert counting.merchant(CONVERSION) is None


def drawn(**changes: int) -> ElementTree.Element:
    sums = vars(Sums(month="2026-01")) | Counter(changes)
    months = [MonthAnswer(**sums, issued=[]), MonthAnswer(**(sums | {"month": "2026-02"}), issued=[])]
    return ElementTree.fromstring(chart.svg(months, "zh"))


def test_the_chart_says_in_words_what_it_draws() -> None:
    made = drawn(issued_grams=4000, cancelled_points=1000)
    space = {"s": "http://www.w3.org/2000/svg"}
    assert made.get("role") == "img"
    assert made.get("aria-labelledby") == "title desc"
    assert made.findtext("s:title", namespaces=space) == "碳积分月度统计"
    assert "2026-01: 4,000 / 1,000" in str(made.findtext("s:desc", namespaces=space))
    heights = [
        int(str(each.get("height")))
        for each in made.findall("s:rect", space)
        if each.find("s:title", space) is not None
    ]
    assert heights == [220, 55, 220, 55]


def test_a_chart_of_nothing_has_no_bar() -> None:
    made = drawn(reversed_grams=5)
    heights = [each.get("height") for each in made.iter("{http://www.w3.org/2000/svg}rect") if len(each)]
    assert heights == ["0"] * 4


def test_bars_are_ranked_and_the_smallest_stand_together() -> None:
    issued = [
        IssuedAnswer(scenario=f"s{each}", methodology="M", issued_grams=10 * each, reversed_grams=each)
        for each in range(1, 15)
    ]
    month = MonthAnswer(**vars(Sums(month="2026-01")), issued=issued)
    made = ElementTree.fromstring(bars.scenarios([month], {"s14": "<Metro>"}, "en"))
    titles = [each.text for each in made.iter("{http://www.w3.org/2000/svg}title")]
    assert titles[1:3] == ["<Metro>: 126", "s13: 117"]
    assert titles[-1] == "Others: 27"
    assert len(titles) == 14


def test_bars_of_nothing_say_so() -> None:
    month = MonthAnswer(**vars(Sums(month="2026-01")), issued=[])
    assert "所选月份暂无数据" in bars.uses([month], "zh")


def test_every_movement_is_in_a_sum_or_known_to_be_no_use() -> None:
    counted = {*counting.WAYS, *counting.RETIREMENTS}
    assert counted | counting.NO_USE == {*get_args(Shown), "stocking", "campaign_closing"}
    assert counted & counting.NO_USE == set()


def test_the_auditor_counts_what_a_freed_account_repaid_as_no_use() -> None:
    """Her sums are computed apart from the projection's, and must agree."""
    sums = Projected()
    postings = [tuple(each) for each in FREED.postings]
    sums.record({"id": FREED.id, "at": FREED.at, "movement": FREED.movement, "postings": postings})
    assert sums.months["2026-01", "ex_officio_points"] == counted(FREED)["ex_officio_points"] == 5
