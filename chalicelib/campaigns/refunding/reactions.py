"""What follows from the Record of an abandoned campaign: most donors have their points back within seconds."""

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from chalicelib.campaigns.refunding.worker import refund_donors
from chalicelib.kernel.record import Record

SECONDS_MAX = 5  # no other reaction waits longer; the schedule refunds the rest


def refund_abandoned(records: Sequence[Record]) -> None:
    """Begin to refund the donors of campaigns that were abandoned."""
    for record in records:
        if record.kind == "campaign_abandoned":
            until = time.monotonic() + SECONDS_MAX
            refund_donors(json.loads(record.answer)["id"], datetime.now(UTC), until)
