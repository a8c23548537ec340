"""Partners, and the events that go to them. Pure."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from chalicelib.kernel.fields import Answer, Id, Paged, Time, example, stamp
from chalicelib.kernel.record import Record
from chalicelib.table import keys, lists

EVENTS = {"redemption": "order.placed", "redemption_refunded": "order.refunded"}  # by the kind of the Record
EARLIER = {"order.refunded": "order.placed"}  # the event of the same order that must have arrived before
TOLD = ("redemption", "account", "offer", "quantity", "points", "status")

WAITING = timedelta(days=3)  # what a silent system was not even asked to take for so long is given up
REST_SECONDS_MAX = 60  # how long a system that failed is left alone by its other orders
TRY_SECONDS = 5  # for one answer
PROBE_SECONDS = 10  # longer than a try: only one at a time asks whether a failing system is back
KEPT = timedelta(days=30)  # a delivered event, then DynamoDB forgets it
EARLIER_FAILED = "earlier_failed"


class Partner(NamedTuple):
    """A merchant's own system: where it is called, and the key (``whpk_…``) that proved it."""

    merchant: str
    callback_url: str
    public_key: str


class DeliveryParams(Paged):
    """Events that were given up, or that wait. ``merchant`` is for the exchange."""

    status: Literal["failed", "pending"] = "failed"
    merchant: Id | None = None


class Delivery(Answer):
    """An event of an order on its way to its merchant's system; ``id`` is its webhook-id.

    ``reason`` is what was wrong with the last try, ``earlier_failed`` where the order's event before this was given up.
    """

    model_config = example(
        id="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        merchant="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        type="order.placed",
        redemption="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        status="failed",
        attempts=8,
        made_at="2026-01-31T08:00:00.000Z",
        next_attempt_at=None,
        delivered_at=None,
        reason="no_answer",
    )

    id: str
    merchant: str
    type: Literal["order.placed", "order.refunded"]
    redemption: str
    status: Literal["pending", "delivered", "failed"]
    attempts: int
    made_at: Time
    next_attempt_at: Time | None
    delivered_at: Time | None
    reason: str | None


class WebhookKeys(Answer):
    """The keys that sign a merchant's webhooks, ``whpk_`` and base64 of ed25519; while they change, there are two."""

    model_config = example(keys=["whpk_bWiCcGaF+f1d2WWgO7tVYSCiC5TmM1DOSVs8eWCfSdk="])

    keys: Annotated[list[str], Field(min_length=1)]


def merchant_of(record: Record) -> str:
    """Whose order a Record is about."""
    return str(record.holder).removeprefix(keys.holder(""))


def event(record: Record) -> dict[str, Any]:
    """The item that remembers the event of a Record until its merchant has it.

    ``payload`` is the body, the same for every try: no name, nothing of the person but her opaque account id.
    """
    order, kind = json.loads(record.answer), EVENTS[record.kind]
    id, merchant, at = keys.delivery_id(order["id"], kind), merchant_of(record), record.at
    data = {"merchant": merchant} | {name: (order | {"redemption": order["id"]})[name] for name in TOLD}
    payload = json.dumps({"type": kind, "timestamp": at, "data": data}, ensure_ascii=False, separators=(",", ":"))
    item = {"id": id, "merchant": merchant, "type": kind, "redemption": order["id"], "payload": payload}
    item |= {"made_at": at, "delivered_at": None, "reason": None} | waiting(merchant, id, at)
    return item | {"waiting_since": at, "attempts": 0}


def waiting(merchant: str, id: str, next_at: str) -> dict[str, Any]:
    """The part of an item that says when to try (again), and lists it for the schedule."""
    listed = {"list": lists.deliveries(merchant, "pending"), "rank": f"{next_at}:{id}"}
    return {"status": "pending", "next_at": next_at} | listed


def shown(item: Mapping[str, Any]) -> Delivery:
    """The item as it is answered."""
    known = {name: item[name] for name in Delivery.model_fields if name in item}
    return Delivery(**known, next_attempt_at=item["next_at"] if item["status"] == "pending" else None)


def is_due(item: Mapping[str, Any], now: datetime, *, follows: bool) -> bool:
    """Whether to try now. ``follows``: what it had to wait for has just arrived."""
    if item["status"] == "pending":
        return follows or bool(item["next_at"] <= stamp(now))
    return follows and item["status"] == "failed" and item["reason"] == EARLIER_FAILED


def is_spent(item: Mapping[str, Any], now: datetime, tries: int, *, failing: bool) -> bool:
    """Whether it is to be given up: so many tries were made, or its system has been silent for too long."""
    return bool(item["attempts"] >= tries or (failing and item["waiting_since"] <= stamp(now - WAITING)))


def following(item: Mapping[str, Any]) -> str | None:
    """The id of the order's next event, whether there is one yet or not."""
    found = (event for event, before in EARLIER.items() if before == item["type"])
    return next((keys.delivery_id(item["redemption"], event) for event in found), None)
