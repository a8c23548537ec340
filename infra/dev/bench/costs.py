"""Request units of every movement, counted on the real requests."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from chalicelib.buyback.worker import pay
from chalicelib.grants.codes import challenge
from infra.dev.bench.setting import Setting, sub
from infra.dev.load import merchants

MALL_CODE = "9144030071526726XG"
_CODES = "/v1/offers/{id}/vouchers"


class Row(NamedTuple):
    """A movement, its ``(item, units)``, the reads before it, and what the platform promises: units, reads, or None."""

    name: str
    items: list[tuple[str, int]]
    reads: int
    bound: int | None = None
    reads_max: int | None = None

    @property
    def kept(self) -> bool:
        """Whether the promises hold."""
        units = sum(units for _, units in self.items)
        return all(bound is None or n <= bound for n, bound in ((units, self.bound), (self.reads, self.reads_max)))


def rows(setting: Setting) -> list[Row]:
    """Each movement is made once warm, then counted."""
    setting.grow(100)
    run = str(time.time_ns())
    found: list[Row] = []

    def count(name: str, act: Callable[[], Any], bound: int | None = None, reads_max: int | None = None) -> None:
        costs, reads = setting.platform.units(act)
        found.append(Row(name, costs, reads, bound, reads_max))

    _sales(setting, count, run)
    _holds(setting, count, run)
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
    count("redemption", lambda: setting.redeem(1), 6)
    count("redemption of a limited offer", lambda: redeem(limited), 8)
    count("500 codes of vouchers", lambda: call("POST", _CODES, codes, "institution", "bench-shop", id=coded))
    redeem(coded)
    count("redemption with a code", lambda: redeem(coded), 8)
    order = setting.redeem(6)["id"]
    fulfil, refund = "/v1/redemptions/{id}/fulfil", "/v1/redemptions/{id}/refund"
    voucher = {"voucher": "SH-1", "note": None}
    count("fulfilment", lambda: call("POST", fulfil, voucher, "institution", "bench-shop", id=order))
    count("refund", lambda: call("POST", refund, {}, "institution", "bench-shop", id=order))


def _holds(setting: Setting, count: Callable[..., None], run: str) -> None:
    """Payment in a merchant's own mall (docs/adr/0021)."""
    call, shop = setting.platform.call, ("institution", "bench-mall")
    order = {"grant": _spending(setting), "points": 400, "title": "龙井茶一杯", "expires_in_seconds": 600}

    def hold(reference: str) -> Any:
        return call("POST", "/v1/holds", order | {"order_reference": f"{run}-{reference}"}, *shop)

    served, given_up = hold("warm")["id"], hold("other")["id"]
    count("hold", lambda: hold("counted"), 8, 1)
    count("capture", lambda: call("POST", "/v1/holds/{id}/capture", {"points": 300}, *shop, id=served), 8, 1)
    count("release", lambda: call("POST", "/v1/holds/{id}/release", {}, *shop, id=given_up), 6, 1)
    back = {"points": 100, "reason": "returned"}
    count("refund of a hold", lambda: call("POST", "/v1/holds/{id}/refund", back, *shop, id=served), 8, 2)


def _spending(setting: Setting) -> str:
    """A grant by which a mall takes a person's points."""
    call = setting.platform.call
    opening = {"kind": "institution", "name": "量测商城", "credit_code": MALL_CODE}
    mall = call("POST", "/v1/accounts", opening, "institution", "bench-mall")["id"]
    admission = {"account": mall, "mode": "third_party_mall", "reason": "bench"}
    call("POST", "/v1/merchants", admission, "exchange", "bench-exchange")
    limits = {"points_max_order": 10**6, "points_max_day": 10**6, "expires_at": "2098-01-01T00:00:00Z"}
    consent = {"purpose": "spend", "merchant": mall, "code_challenge": challenge("v" * 43)} | limits
    code = call("POST", "/v1/grants", consent, "individual", sub(10))["code"]
    redemption = {"code": code, "code_verifier": "v" * 43, "reference": "bench"}
    return str(call("POST", "/v1/grants/redeem", redemption, "institution", "bench-mall")["id"])


def _earning(setting: Setting, count: Callable[..., None], run: str) -> None:
    """Reports and conversions."""
    call = setting.platform.call
    count("conversion (automatic)", lambda: setting.report(3, f"a{run}"), 6)
    granted = _granted(setting)
    count("conversion under a grant", lambda: granted(f"g{run}"), 6, 2)  # its first: nothing is remembered of it
    count("conversion under a daily cap", lambda: setting.report(3, f"c{run}", "capped"))
    waiting = setting.report(4, f"m{run}", "garden")["id"]
    count("report for manual confirmation", lambda: setting.report(5, f"n{run}", "garden"))
    confirm = "/v1/reductions/{id}/confirm"
    count("conversion (confirmed by hand)", lambda: call("POST", confirm, {}, "bureau", "bureau", id=waiting), None)


def _granted(setting: Setting) -> Callable[[str], Any]:
    """Report a trip of a person who has consented to it."""
    call, operator = setting.platform.call, ("scenario_operator", "bench-operator")
    consent = {"purpose": "report", "scenario": "metro", "code_challenge": challenge("v" * 43)}
    code = call("POST", "/v1/grants", consent, "individual", sub(9))["code"]
    redemption = {"code": code, "code_verifier": "v" * 43, "reference": "bench"}
    trip = {"grant": call("POST", "/v1/grants/redeem", redemption, *operator)["id"], "scenario": "metro"}

    def report(record: str) -> Any:
        now = {"record_id": record, "quantity": "12.5", "occurred_at": datetime.now(UTC).isoformat()}
        return call("POST", "/v1/reductions", trip | now, *operator)

    return report


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
    count("retirement", lambda: call("POST", "/v1/retirements", body, "institution", merchants.sub(0)))
