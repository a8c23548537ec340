"""What follows from the Records of orders, holds, withdrawn grants, disputes and replays."""

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from chalicelib import log
from chalicelib.agenda.notes import note
from chalicelib.errors import Unavailable
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.record import Record
from chalicelib.kernel.settle import derive_each
from chalicelib.partners import actions, model, queries
from chalicelib.partners.items import DUE, LATER
from chalicelib.partners.worker import enqueue


def notify_merchants(records: Sequence[Record]) -> None:
    """Remember a webhook event for each Record that concerns a merchant with a system of its own; send these, and what
    is replayed.

    Records older than a delivered event is kept make none: theirs was delivered and forgotten, and a rebuild, which
    brings the Record again, must not send it twice.
    """
    forgotten = stamp(datetime.now(UTC) - model.KEPT)
    recent = [
        (record, merchant) for record in records if record.at > forgotten and (merchant := model.merchant_of(record))
    ]
    integrated = queries.integrated(merchant for _, merchant in recent)
    # Before anything waits: the queue may lose it, and this process die.
    note(DUE, integrated, datetime.now(UTC) + LATER)
    new = derive_each(
        actions.remember(record, kind)
        for record, merchant in recent
        if merchant in integrated
        for kind in model.kinds(record)
    )
    replayed = [json.loads(record.answer)["id"] for record in records if record.kind == actions.REPLAYED]
    try:
        enqueue([*(write.item["id"] for write in new), *replayed])
    except Unavailable:  # the table remembers them, and the schedule sends them
        log.emit("webhooks_wait_for_their_queue", logging.WARNING)
