"""What Records change in the supply: every movement keeps both identities, and the lanes add up."""

import pytest

from chalicelib.buyback import model as buyback
from chalicelib.campaigns import model as campaigns
from chalicelib.cancellation.model import cancellation
from chalicelib.kernel.record import Posting
from chalicelib.ledger.account import AnyAccount
from chalicelib.ledger.model import GRAMS, POINTS, Transfer
from chalicelib.ledger.refunds import from_merchant
from chalicelib.openness.model import SUMS, SupplyLane, Uses, supply_change, total
from chalicelib.table import keys
from tests.unit.decisions import record

PERSON, MERCHANT = "account:alice", "account:shop"
CONVERSION = Transfer(
    "conversion", (Posting(keys.ISSUED, keys.POOL, 71, GRAMS), Posting(keys.POOL, PERSON, 71, POINTS))
)
MOVEMENTS = {
    "conversion": (CONVERSION, {"grams_confirmed": 71, "grams_backing": 71, "points_circulating": 71}),
    "crediting": (
        Transfer("conversion", (Posting(keys.ISSUED, MERCHANT, 71, GRAMS),)),
        {"grams_confirmed": 71, "grams_held": 71},
    ),
    "redemption": (Transfer("redemption", (Posting(PERSON, "offer:x/0", 5, POINTS),)), {"redeemed": 5}),
    "refund": (Transfer("refund", (Posting("offer:x/0", PERSON, 5, POINTS),)), {"redeemed": -5}),
    "refund in grams": (
        Transfer("refund", from_merchant("account:shop", PERSON, 5, AnyAccount(points=2, grams=9))),
        {"redeemed": -5, "bought_back": -3, "grams_backing": 3, "grams_held": -3, "points_circulating": 3},
    ),
    "cancellation": (
        cancellation(PERSON, 5),
        {"grams_backing": -5, "grams_retired": 5, "points_circulating": -5, "cancelled": 5},
    ),
    "donation": (campaigns.gift(PERSON, "campaign:x/0", 5), {"donated": 5}),
    "closing": (
        campaigns.retirement({"campaign:x/0": 5, "campaign:x/1": 0, "campaign:x/2": 6}),
        {"grams_backing": -11, "grams_retired": 11, "points_circulating": -11},
    ),
    "buy-back": (
        buyback.exchange("shop", 2),
        {
            "grams_backing": -2_000_000,
            "grams_held": 2_000_000,
            "points_circulating": -2_000_000,
            "bought_back": 2_000_000,
        },
    ),
    "retirement": (buyback.retirement(MERCHANT, 5), {"grams_held": -5, "grams_retired": 5}),
    "sweep": (Transfer("sweep", (Posting("offer:x/0", MERCHANT, 5, POINTS),)), {}),
}


@pytest.mark.parametrize("name", MOVEMENTS)
def test_a_movement_changes_the_supply_and_keeps_both_identities(name: str) -> None:
    transfer, expected = MOVEMENTS[name]
    change = supply_change(record(movement=transfer.kind, postings=transfer.postings))
    assert {name: amount for name, amount in change.items() if amount} == expected
    assert change["grams_backing"] == change["points_circulating"]
    assert change["grams_confirmed"] == change["grams_backing"] + change["grams_held"] + change["grams_retired"]
    assert change.keys() <= set(SUMS)


def test_lanes_add_up_and_uncovered_grams_stand_beside_the_identities() -> None:
    first = SupplyLane(
        as_of="2026-01-02", grams_confirmed=100, grams_backing=60, grams_retired=40, points_circulating=60
    )
    second = SupplyLane(as_of="2026-01-01", grams_confirmed=5, grams_backing=5, points_circulating=5, donated=3)
    both = total([first, second, SupplyLane(as_of="2026-01-01", grams_uncovered=7)])
    assert (both.as_of, both.grams_uncovered) == ("2026-01-02", 7)
    assert both.grams_backing == both.points_circulating == 65
    assert both.grams_confirmed == both.grams_backing + both.grams_held + both.grams_retired == 105
    assert both.points_by_use == Uses(redeemed=0, cancelled=0, donated=3, bought_back=0)


def test_an_empty_supply_is_all_zeros() -> None:
    nothing = total([])
    assert (nothing.as_of, nothing.grams_confirmed, nothing.grams_uncovered) == (None, 0, 0)
