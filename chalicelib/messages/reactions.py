"""What follows from Records for those whom they concern: messages, and one webhook event each for the client."""

import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from chalicelib import log
from chalicelib.errors import Unavailable
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.record import Record
from chalicelib.kernel.settle import derive_each
from chalicelib.messages import actions, queries
from chalicelib.messages.model import Client, oldest
from chalicelib.messages.notices import KINDS, Notice, notices
from chalicelib.partners import actions as partners
from chalicelib.partners import model as webhooks
from chalicelib.partners.items import Delivery
from chalicelib.partners.worker import enqueue
from chalicelib.settings import secret


def notify_holders(records: Sequence[Record]) -> None:
    """A message for each Record that concerns a holder, once however often and in whatever order Records come.

    Records older than messages are kept make none: a rebuild would bring back what its time has taken.
    """
    kept = oldest(datetime.now(UTC))
    recent = [record for record in records if record.kind in KINDS and record.at > kept]
    if found := [notice for record in recent for notice in notices(record)]:
        derive_each(actions.remember(notice) for notice in found)
        _notify_client(found)


def _notify_client(found: Iterable[Notice]) -> None:
    """Its system gets an event for each message to a person since it was registered, unless it answered 410.

    Also for messages that stood already: the process may have died before their events were kept. Those older than a
    delivered event is kept make none, for theirs was delivered and forgotten.
    """
    known = queries.notified()
    system = queries.system(known)
    if known is None or system is None or system.disabled_at:
        return
    since = max(known.since, stamp(datetime.now(UTC) - webhooks.KEPT))
    new = derive_each(
        partners.keep(_event(known, notice)) for notice in found if notice.personal and notice.at >= since
    )
    try:
        enqueue([str(write.item["id"]) for write in new])
    except Unavailable:  # the table remembers them: resume sends them
        log.emit("webhooks_wait_for_their_queue", logging.WARNING)


def _event(known: Client, notice: Notice) -> Delivery:
    """It says that there is a message and of which kind, never what it says: the holder's own login reads that."""
    recipient = known.recipient(notice.account, secret("grant_key"))
    return webhooks.message_event(known.client, notice.id, notice.at, recipient=recipient, kind=notice.kind)
