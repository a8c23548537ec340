"""Who handles the messages of a queue."""

from collections.abc import Mapping
from typing import Any

from chalicelib.batches.processing import worker as batches
from chalicelib.buyback import worker as buyback
from chalicelib.conformance import worker as conformance
from chalicelib.mall.redemptions.sweeping import sweep_sold
from chalicelib.mall.tills import spreading
from chalicelib.partners import worker as partners
from chalicelib.reconciliation import worker as books


def send_webhook(message: Mapping[str, Any]) -> None:
    """An event goes to a merchant's system, or a test of a conformance run."""
    if "conformance" in message:
        conformance.handle(message)
    else:
        partners.handle(message)


def pay_lots(message: Mapping[str, Any]) -> None:
    """Plan a run, or pay some of its merchants. An offer whose buyers are in each other's way gets more tills: that is
    asked for by day, and runs are planned by night.
    """
    if "crowded" in message:
        spreading.handle(message)
    else:
        buyback.handle(message, sweep_sold)


def count_books(message: Mapping[str, Any]) -> None:
    """A step of a reconciliation."""
    books.handle(message)


def process_lines(message: Mapping[str, Any]) -> None:
    """A lane of a batch has its turn."""
    batches.handle(message)
