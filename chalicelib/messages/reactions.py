"""What follows from Records for those whom they concern: messages, and one webhook event each for the client."""

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from chalicelib import log
from chalicelib.accounts.queries import present
from chalicelib.agenda.attempts import attempt_each
from chalicelib.errors import Unavailable
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.record import Record
from chalicelib.kernel.settle import derive, derive_each
from chalicelib.messages import actions, queries
from chalicelib.messages.kinds.notice import Closing, Notice
from chalicelib.messages.model import Client, oldest
from chalicelib.messages.notices import KINDS, notices, to_donor
from chalicelib.partners import actions as partners
from chalicelib.partners import model as webhooks
from chalicelib.partners.items import Delivery
from chalicelib.partners.worker import enqueue
from chalicelib.settings import secret
from chalicelib.table import keys

DONORS_SECONDS_MAX = 10  # what is left then is for the schedule's next firing


def notify_holders(records: Sequence[Record]) -> None:
    """A message for each Record that concerns a holder, once however often and in whatever order Records come.

    Records older than messages are kept make none: a rebuild would bring back what its time has taken.
    """
    kept = oldest(datetime.now(UTC))
    recent = [record for record in records if record.at > kept]
    found = [_to_person(notice) for record in recent if record.kind in KINDS for notice in notices(record)]
    _send(found + _late_donors(recent))
    derive_each(actions.closed(record) for record in recent if record.kind == "campaign_closed")


def _to_person(notice: Notice) -> Notice:
    """A dispute may have been opened under an account that another of the same person has come after."""
    if notice.about is None or notice.about.kind != "dispute":
        return notice
    return notice._replace(account=present(notice.account).id)


def _send(found: list[Notice]) -> None:
    if found:
        derive_each(actions.remember(notice) for notice in found)
        _notify_client(found)


def _late_donors(records: Iterable[Record]) -> list[Notice]:
    """Each donation has its donor remembered. Messages for those whose campaign was closed before the stream brought
    their donation: whoever looks for donors afterwards has passed their place.
    """
    given = [
        (str(record.counterparty), record.postings[0].source.removeprefix(keys.holder("")))
        for record in records
        if record.movement == "donation"
    ]
    derive_each(actions.donated(campaign, account) for campaign, account in dict.fromkeys(given))
    ended = queries.closings(dict.fromkeys(campaign for campaign, _ in given)) if given else {}
    return [to_donor(ended[campaign], account) for campaign, account in dict.fromkeys(given) if campaign in ended]


def notify_donors() -> None:
    """What the schedule does: the donors of closed campaigns get their message, some at a time until time is up."""
    until = time.monotonic() + DONORS_SECONDS_MAX
    attempt_each(queries.closings_due(), lambda each: _notify_donors(each, until), what="campaign", name=_campaign)


def _campaign(closing: Closing) -> str:
    return closing.campaign


def _notify_donors(closing: Closing, until: float) -> None:
    while time.monotonic() <= until:
        accounts = queries.donors(closing)
        _send([to_donor(closing, account) for account in accounts])
        behind = keys.donor(closing.campaign, accounts[-1]).sk if accounts else None
        derive(actions.notified(closing, behind))
        if behind is None:
            return
        closing = replace(closing, behind=behind)


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
