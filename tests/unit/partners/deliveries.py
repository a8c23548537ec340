"""A merchant's system and a webhook event on its way, as the unit tests of this room need them."""

from typing import Any

from chalicelib.partners.items import Delivery, Partner, WebhookType
from chalicelib.table import keys
from tests.unit.decisions import AT

ORDER = "o" * 26


def partner(**changes: Any) -> Partner:
    fields = {"merchant": "shop", "callback_url": "https://mall.example.com/hook", "public_key": "whpk_old", "at": AT}
    return Partner(**(fields | changes))


def delivery(type: WebhookType = "order.placed", **changes: Any) -> Delivery:
    fields: dict[str, Any] = {"merchant": "shop", "type": type, "redemption": ORDER, "payload": "{}"}
    fields |= {"id": keys.delivery_id(ORDER, type), "made_at": AT, "waiting_since": AT, "next_at": AT}
    return Delivery(**(fields | changes))
