"""A buy-back run of as many merchants as there are: each sells a tonne to a person, and one run pays all of them."""

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

from infra.dev.demo import people
from infra.dev.demo.api import Api, Call
from infra.dev.load import channels, seeds
from infra.dev.load.rates import Show
from infra.dev.load.sending import STILL_SECONDS

if TYPE_CHECKING:
    from infra.dev.local.stack import LocalStack

TONNE = 1_000_000  # points
_BUYERS = 64
_FIRST_BUYER = 100_000  # behind all riders
_SCENARIO = "old-factory"
_LOOK_SECONDS = 2.0


class Paid(NamedTuple):
    """``lots`` of ``tonnes``, from the start of the run to its end."""

    merchants: int = 0
    lots: int = 0
    tonnes: int = 0
    seconds: float = 0.0

    @property
    def table(self) -> list[str]:
        """What it came to, if there was a run."""
        if not self.merchants:
            return []
        paid = f"one run paid {self.lots:,} of {self.merchants:,} merchants {self.tonnes:,} t in {self.seconds:,.0f} s"
        return [f"{paid}: {self.lots / self.seconds:,.0f} a second"]

    @property
    def found(self) -> dict[str, dict[str, int]]:
        """What differs, as stages say it: each merchant sold one tonne."""
        if self.lots == self.tonnes == self.merchants:
            return {}
        return {"buy-back": {"merchants unpaid": self.merchants - self.lots, "tonnes": self.tonnes}}


def buy_back(api: Api, stack: "LocalStack", merchants: int, settled: Callable[[], None], show: Show) -> Paid:
    """Let ``merchants`` sell, and pay them. ``settled`` waits until the stream has brought their sales."""
    _admit(stack, merchants)
    buyers = _with_points(api, merchants)
    terms = people.offer("节能电器券", "culture", TONNE, 1, None)
    offers = api.post_all(
        "offers", [Call("/v1/offers", terms, "institution", sub(n), f"shelf-{n}") for n in range(merchants)]
    )
    api.post_all("sales", [_sale(str(offer["id"]), buyers[n % _BUYERS], n) for n, offer in enumerate(offers)])
    settled()
    began = time.monotonic()
    run = _finished(api, merchants, show)
    return Paid(merchants, run["merchants"], run["points"] // TONNE, time.monotonic() - began)


def _finished(api: Api, merchants: int, show: Show) -> dict[str, Any]:
    """A run as it ends. Raises SystemExit where nobody more is paid for a quarter of an hour."""
    run = api.post(Call("/v1/buy-back-runs", {}, "exchange", "exchange", "run"))
    moved = time.monotonic()
    while run["status"] != "finished":
        time.sleep(_LOOK_SECONDS)
        before, run = run["merchants"], api.get(f"/v1/buy-back-runs/{run['id']}", "exchange", "exchange")
        moved = time.monotonic() if run["merchants"] > before else moved
        show(run["merchants"], merchants)
        if time.monotonic() - moved > STILL_SECONDS:
            raise SystemExit(f"Nobody more is paid in {STILL_SECONDS:.0f} seconds: {run}")
    return run


def sub(number: int) -> str:
    """The login of a merchant."""
    return f"merchant-{number}"


def _with_points(api: Api, merchants: int) -> list[str]:
    """Logins of buyers that can pay for everything."""
    scenario = channels.scenario(0) | {"code": _SCENARIO, "operator": "factory-operator", "grams_per_unit": str(TONNE)}
    api.post(Call("/v1/scenarios", scenario, "bureau", "bureau", _SCENARIO))
    subs = [f"buyer-{n}" for n in range(_BUYERS)]
    opening = [
        Call("/v1/accounts", channels.rider(_FIRST_BUYER + n), "individual", each, each) for n, each in enumerate(subs)
    ]
    tonnes = str(merchants // _BUYERS + 1)
    trips = [
        Call("/v1/reductions", _trip(str(each["id"]), tonnes), "scenario_operator", "factory-operator", f"factory-{n}")
        for n, each in enumerate(api.post_all("buyers", opening))
    ]
    api.post_all("buyers' points", trips)
    return subs


def _trip(account: str, tonnes: str) -> dict[str, Any]:
    body = {"record_id": f"factory-{account}", "account": account, "scenario": _SCENARIO, "quantity": tonnes}
    return body | {"occurred_at": "2026-01-30T08:00:00Z"}


def _sale(offer: str, buyer: str, number: int) -> Call:
    body = {"offer": offer, "quantity": 1, "points": TONNE}
    return Call("/v1/redemptions", body, "individual", buyer, f"sale-{number}")


def _admit(stack: "LocalStack", merchants: int) -> None:
    """Their accounts, empty. The settings leave the environment again: what comes later would take this for a stage."""
    with patch.dict(os.environ, stack.environment):
        items = [seeds.merchant(sub(number), points=0, grams=0) for number in range(merchants)]
    seeds.put(stack.client("dynamodb"), stack.environment["TABLE_NAME"], items)
