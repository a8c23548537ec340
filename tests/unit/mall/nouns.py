"""An offer, its till and an order, as reads bring them."""

from typing import Any

from chalicelib.kernel.record import Record
from chalicelib.ledger.refunds import Payee
from chalicelib.mall import transfers
from chalicelib.mall.items import ALWAYS, NEVER_ENDS, Offer, Till
from chalicelib.mall.orders import NewRedemption, Redemption
from chalicelib.table import keys
from tests.unit.decisions import AT, record
from tests.unit.parties import person

OFFER = "o" * 26
SHOP = keys.account_id("shop")
ALICE = keys.account_id("alice")
BUYER, MERCHANT, TILL = keys.holder(ALICE), keys.holder(SHOP), keys.till(OFFER, 0)
ACTIVE = {"kind": "individual", "status": "active", "points": 5000, "pending": 0}
ORDER = "r" * 26
PAYEE = Payee(person(id=ALICE))


def offer(**changes: Any) -> Offer:
    fields: dict[str, Any] = {
        "id": OFFER, "merchant": SHOP, "stripes": 1, "title": "票", "fulfilment": "voucher", "edition": OFFER,
        "status": "on_shelf", "description": "一张", "category": "transport", "points": 1000, "supplied": 10,
    }  # fmt: skip
    return Offer(**fields | changes)


def till(**changes: Any) -> Till:
    fields: dict[str, Any] = {
        "price": 1000, "status": "on_shelf", "starts_at": ALWAYS, "ends_at": NEVER_ENDS, "points": 0, "units": 10,
        "sweeps": 0, "edition": OFFER,
    }  # fmt: skip
    return Till(**fields | changes)


def asked(quantity: int = 1, points: int = 1000) -> NewRedemption:
    return NewRedemption(offer=OFFER, quantity=quantity, points=points)


def order(**changes: Any) -> Redemption:
    fields: dict[str, Any] = {
        "id": ORDER, "status": "placed", "at": AT, "account": ALICE, "merchant": SHOP, "offer": OFFER, "quantity": 3,
        "points": 3000, "title": "票", "unit_points": 1000, "fulfilment": "voucher",
    }  # fmt: skip
    return Redemption(**fields | changes)


def sale(parts: dict[str, int] | None = None, **facts: Any) -> Record:
    """The Record of ``order()``."""
    transfer = transfers.sale(BUYER, OFFER, parts or {TILL: 3}, 1000)
    made: dict[str, Any] = {"id": ORDER, "movement": transfer.kind, "postings": transfer.postings, "holder": MERCHANT}
    return record("redemption", **made | {"answer": order().model_dump_json(), "limited": False} | facts)
