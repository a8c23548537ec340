"""A buy-back run of as many merchants as there are: each sells a tonne to a person, and one run pays all of them."""

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

from infra.dev.demo import people
from infra.dev.demo.api import Api, Call
from infra.dev.load import channels
from infra.dev.load.rates import Show

if TYPE_CHECKING:
    from infra.dev.local.stack import LocalStack

TONNE = 1_000_000  # points
_BUYERS = 64
_FIRST_BUYER = 100_000  # behind all riders
_SCENARIO = "old-factory"
_PUTS_AT_ONCE = 25  # of BatchWriteItem
_LOOK_SECONDS = 2.0
_SINCE = "2026-01-01T00:00:00.000Z"


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
    run = api.post(Call("/v1/buy-back-runs", {}, "exchange", "exchange", "run"))
    while run["status"] != "finished":
        time.sleep(_LOOK_SECONDS)
        run = api.get(f"/v1/buy-back-runs/{run['id']}", "exchange", "exchange")
        show(run["merchants"], merchants)
    return Paid(merchants, run["merchants"], run["points"] // TONNE, time.monotonic() - began)


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
    """Put the merchants' accounts straight into the store, empty: only what they sell is of interest."""
    store, table = stack.client("dynamodb"), stack.environment["TABLE_NAME"]
    for start in range(0, merchants, _PUTS_AT_ONCE):
        numbers = range(start, min(merchants, start + _PUTS_AT_ONCE))
        with patch.dict(os.environ, stack.environment):  # what comes later must not take the stack for a stage
            puts = [{"PutRequest": {"Item": item(sub(number), 0)}} for number in numbers]
        store.batch_write_item(RequestItems={table: puts})


def item(login: str, points: int) -> dict[str, Any]:
    """The account of an admitted merchant, in DynamoDB JSON. The settings must be in the environment."""
    from chalicelib.settings import account_key
    from chalicelib.table import keys, lists
    from chalicelib.table.write import encode

    account = keys.account_id(login, account_key())
    admitted = {"mode": "other", "status": "active", "since": _SINCE}
    return encode(
        keys.account(keys.holder(account)).item()
        | {
            "id": account,
            "kind": "institution",
            "name": "量测商贸",
            "status": "active",
            "opened_at": _SINCE,
            "identity": "0" * 64,
            "points": points,
            "grams": 0 if not points else TONNE,
            "pending": 0,
            "merchant": admitted,
            "list": lists.MERCHANTS,
            "rank": f"{_SINCE}:{account}",
        }
    )
