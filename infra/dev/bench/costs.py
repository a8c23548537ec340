"""Request units of every movement, counted on the real requests."""

import time
from collections.abc import Callable
from typing import Any

from chalicelib.buyback.worker import pay
from infra.dev.bench.setting import Setting, merchant_sub, sub

_CODES = "/v1/offers/{id}/vouchers"
# Bounds the platform promises; None where none is promised.
Row = tuple[str, list[tuple[str, int]], int, int | None]


def rows(setting: Setting) -> list[Row]:
    """``(movement, (item, units) an item, reads before it, bound)``; each movement is made once warm, then counted."""
    setting.grow(100)
    run = str(time.time_ns())
    found: list[Row] = []

    def count(name: str, act: Callable[[], Any], bound: int | None = None) -> None:
        costs, reads = setting.platform.units(act)
        found.append((name, costs, reads, bound))

    _sales(setting, count, run)
    _earning(setting, count, run)
    _ends(setting, count, run)
    return found


def _sales(setting: Setting, count: Callable[..., None], run: str) -> None:
    """Redemptions of each kind, and what follows one."""
    call = setting.platform.call
    limited = setting.new_offer(per_account_limit=1000)
    coded = setting.new_offer()
    codes = {"codes": [f"{run}-{number}" for number in range(500)]}

    def redeem(offer: str) -> Any:
        body = {"offer": offer, "quantity": 1, "points": 10}
        return call("POST", "/v1/redemptions", body, "individual", sub(2))

    setting.redeem(1)
    redeem(limited)
    count("redemption", lambda: setting.redeem(1), 8)
    count("redemption of a limited offer", lambda: redeem(limited), 8)
    count("500 codes of vouchers", lambda: call("POST", _CODES, codes, "institution", "bench-shop", id=coded))
    redeem(coded)
    count("redemption with a code", lambda: redeem(coded), 8)
    order = setting.redeem(6)["id"]
    fulfil, refund = "/v1/redemptions/{id}/fulfil", "/v1/redemptions/{id}/refund"
    voucher = {"voucher": "SH-1", "note": None}
    count("fulfilment", lambda: call("POST", fulfil, voucher, "institution", "bench-shop", id=order))
    count("refund", lambda: call("POST", refund, {}, "institution", "bench-shop", id=order))


def _earning(setting: Setting, count: Callable[..., None], run: str) -> None:
    """Reports and conversions."""
    call = setting.platform.call
    count("conversion (automatic)", lambda: setting.report(3, f"a{run}"), 6)
    count("conversion under a daily cap", lambda: setting.report(3, f"c{run}", "capped"))
    waiting = setting.report(4, f"m{run}", "garden")["id"]
    count("report for manual confirmation", lambda: setting.report(5, f"n{run}", "garden"))
    confirm = "/v1/reductions/{id}/confirm"
    count("conversion (confirmed by hand)", lambda: call("POST", confirm, {}, "bureau", "bureau", id=waiting), None)


def _ends(setting: Setting, count: Callable[..., None], run: str) -> None:
    """The ends of points: cancelled, donated, bought back, retired."""
    call = setting.platform.call
    cancellation = {"points": 10, "purpose": "抵消我的一次航班"}
    count("cancellation", lambda: call("POST", "/v1/cancellations", cancellation, "individual", sub(7)), 8)
    campaign = setting.new_campaign()
    gift = {"campaign": campaign, "points": 10}
    count("first donation to a campaign", lambda: call("POST", "/v1/donations", gift, "individual", sub(8)), 8)
    count("another donation to it", lambda: call("POST", "/v1/donations", gift, "individual", sub(8)), 8)
    merchant = setting.grow_merchants(1)[0]
    planned = setting.running_run(run)
    count("buy-back lot", lambda: pay(planned, merchant), 9)
    body = {"grams": 1000, "purpose": "offset", "beneficiary": "量测商贸"}
    count("retirement", lambda: call("POST", "/v1/retirements", body, "institution", merchant_sub(0)))
