"""Who handles the messages of a queue."""

from collections.abc import Mapping
from typing import Any

from chalicelib.buyback import worker as buyback
from chalicelib.mall.worker import sweep_merchant
from chalicelib.partners import worker as partners

send_webhook = partners.handle


def pay_lots(message: Mapping[str, Any]) -> None:
    """Plan a run, or pay some of its merchants."""
    buyback.handle(message, sweep_merchant)
