"""What is asked and answered about webhooks, and what an answer of a merchant's system means. Pure."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from chalicelib.kernel.fields import Answer, Id, Paged, Time, example
from chalicelib.kernel.record import Record
from chalicelib.partners.items import ENDPOINT_DISABLED, Delivery, DeliveryStatus, WebhookType
from chalicelib.table import keys


class Webhook(NamedTuple):
    """A type of webhook event: what it is about (``subject``), and what of that a merchant is sent beside its id."""

    type: WebhookType
    subject: Literal["redemption", "hold", "grant", "dispute", "merchant"]
    fields: tuple[str, ...]


_ORDER = ("account", "offer", "quantity", "points", "status")
_HOLD = ("grant", "order_reference", "points", "captured_points", "status")  # a grant is all its merchant knows of her
_ENDING = ("ends_on", "days_left")
_GRANT = ("reference", "status", "withdrawn_by")
_DISPUTE = ("kind", "object", "reason", "status", "answer_by", "rule_by", "refunded_points")  # not what people wrote
WEBHOOKS: dict[str, Webhook] = {  # by the kind of the Record
    "redemption": Webhook("order.placed", "redemption", _ORDER),
    "redemption_refunded": Webhook("order.refunded", "redemption", _ORDER),
    "hold_captured": Webhook("hold.captured", "hold", _HOLD),
    "hold_released": Webhook("hold.released", "hold", _HOLD),
    "hold_expired": Webhook("hold.expired", "hold", _HOLD),
    "grant_withdrawn": Webhook("grant.withdrawn", "grant", _GRANT),
    "dispute_opened": Webhook("dispute.opened", "dispute", _DISPUTE),
    "dispute_ruled": Webhook("dispute.ruled", "dispute", _DISPUTE),
    "agreement_ending": Webhook("agreement.ending", "merchant", _ENDING),
    "licence_ending": Webhook("licence.ending", "merchant", _ENDING),
    "merchant_delisted": Webhook("merchant.delisted", "merchant", ("at", "duties")),
    "account_renamed": Webhook("merchant.renamed", "merchant", ("name",)),
}

REST_SECONDS_MAX = 60  # how long a system that failed is left alone by its other orders, if it does not ask for more
RETRY_AFTER_SECONDS_MAX = 24 * 3600
TRY_SECONDS = 5  # for one answer
PROBE_SECONDS = 10  # longer than a try: only one at a time asks whether a failing system is back
KEPT = timedelta(days=30)  # a delivered event, then DynamoDB forgets it


class DeliveryParams(Paged):
    """Events that were given up, or that wait. ``merchant`` is for the exchange."""

    status: Literal["failed", "pending"] = "failed"
    merchant: Id | None = None


class DeliveryAnswer(Answer):
    """A webhook event on its way to its merchant's system; ``id`` is its webhook-id.

    What it is about stands in ``redemption``, ``hold``, ``grant``, ``dispute`` or ``message``; the others are null, and
    all of them where it is about the merchant itself.
    ``reason`` is what was wrong with the last try, ``earlier_failed`` where the order's event before this was given up,
    ``endpoint_disabled`` where it waits until the system is integrated again.
    """

    model_config = example(
        id="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        merchant="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        type="order.placed",
        redemption="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        hold=None,
        grant=None,
        message=None,
        dispute=None,
        status="failed",
        attempts=8,
        made_at="2026-01-31T08:00:00.000Z",
        next_attempt_at=None,
        delivered_at=None,
        reason="no_answer",
    )

    id: str
    merchant: str
    type: WebhookType
    redemption: str | None
    hold: str | None
    grant: str | None
    message: str | None
    dispute: str | None
    status: DeliveryStatus
    attempts: int
    made_at: Time
    next_attempt_at: Time | None
    delivered_at: Time | None
    reason: str | None


class WebhookKeys(Answer):
    """The keys that sign a merchant's webhooks, ``whpk_`` and base64 of ed25519; while they change, there are two."""

    model_config = example(keys=["whpk_bWiCcGaF+f1d2WWgO7tVYSCiC5TmM1DOSVs8eWCfSdk="])

    keys: Annotated[list[str], Field(min_length=1)]


def to_answer(delivery: Delivery) -> DeliveryAnswer:
    """A delivery as it is answered."""
    next_at = delivery.next_at if delivery.status == "pending" and delivery.reason != ENDPOINT_DISABLED else None
    return DeliveryAnswer.model_validate(vars(delivery) | {"next_attempt_at": next_at})


def merchant_of(record: Record) -> str | None:
    """The merchant that a Record concerns, if there is an event for it: no merchant knows a grant not yet redeemed."""
    if record.kind not in WEBHOOKS:
        return None
    if WEBHOOKS[record.kind].subject == "dispute":  # of a reduction it concerns none
        return record.merchant
    if record.kind == "grant_withdrawn":
        return record.merchant if json.loads(record.answer)["active_from"] else None
    if WEBHOOKS[record.kind].subject == "merchant":
        return record.merchant
    return str(record.holder).removeprefix(keys.holder(""))


def kinds(record: Record) -> tuple[str, ...]:
    """The kind of a Record and, of a ruling, the kind that what it carried out has without a dispute."""
    effect = json.loads(record.answer)["effect"] if record.kind == "dispute_ruled" else None
    return (record.kind, effect) if effect in WEBHOOKS else (record.kind,)


def event(record: Record, kind: str = "") -> Delivery:
    """The event of a Record (for one of its ``kinds``), until its merchant has it: no name, and nothing else of the
    person than an opaque id.
    """
    answer, webhook = json.loads(record.answer), WEBHOOKS[kind or record.kind]
    if kind and kind != record.kind:
        answer = answer[webhook.subject]
    merchant, itself = str(merchant_of(record)), webhook.subject == "merchant"
    subject: dict[str, str] = {} if itself else {webhook.subject: answer["id"]}
    data = {"merchant": merchant} | subject | {name: answer[name] for name in webhook.fields}
    return _delivery(merchant, webhook.type, subject, record.at, data, about=record.id if itself else answer["id"])


def message_event(client: str, message: str, at: str, **data: str) -> Delivery:
    """The event of a message, until the client that is notified has it. ``data``: what else it is sent."""
    subject = {"message": message}
    return _delivery(client, "message.created", subject, at, {"client": client} | subject | data, about=message)


def _delivery(
    receiver: str, webhook: WebhookType, subject: Mapping[str, str], at: str, data: Mapping[str, Any], *, about: str
) -> Delivery:
    names: dict[str, Any] = dict(subject)
    return Delivery(
        id=keys.delivery_id(about, webhook),
        merchant=receiver,
        type=webhook,
        payload=json.dumps({"type": webhook, "timestamp": at, "data": data}, ensure_ascii=False, separators=(",", ":")),
        made_at=at,
        waiting_since=at,
        next_at=at,
        **names,
    )


class Outcome(NamedTuple):
    """What became of a try. ``reason``: what was wrong, None where the system has taken it.

    ``gone``: the system wants no more webhooks. ``pause_seconds``: how long it asks to be left alone.
    """

    reason: str | None = None
    gone: bool = False
    pause_seconds: int = 0


def outcome(status: int, headers: Mapping[str, str], now: datetime) -> Outcome:
    """What an answer means (Standard Webhooks 1.0): any 2xx is success, 410 is the end, Retry-After delays."""
    if 200 <= status < 300:
        return Outcome()
    if status == 410:
        return Outcome("gone", gone=True)
    pause = retry_after(headers.get("retry-after", ""), now) if status in (429, 503) else 0
    return Outcome("status", pause_seconds=pause)


def retry_after(text: str, now: datetime) -> int:
    """The seconds that Retry-After asks for (RFC 9110, 10.2.3: a number, or a date), at most a day; 0 for neither."""
    if re.fullmatch("[0-9]{1,18}", text.strip()):
        return min(int(text.strip()), RETRY_AFTER_SECONDS_MAX)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError, IndexError):
        return 0
    left = (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
    return max(0, min(int(left) + 1, RETRY_AFTER_SECONDS_MAX))
