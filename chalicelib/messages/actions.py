"""Marking messages as read, and which system is notified of new ones. Nothing here touches value."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from chalicelib.errors import InvalidRequest, InvalidState, NotFound
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty
from chalicelib.kernel.record import Record
from chalicelib.ledger.account import Account
from chalicelib.ledger.standing import acting
from chalicelib.messages.kinds.notice import Closing, Donor, Notice
from chalicelib.messages.model import (
    KEPT,
    Client,
    ClientSystem,
    Message,
    ReadAnswer,
    Reading,
    client_answer,
)
from chalicelib.partners.actions import register
from chalicelib.partners.items import Partner
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.table.row import dump
from chalicelib.table.write import Attr, ConditionBase, Write, absent, present, put, update


def remember(notice: Notice) -> Write:
    """The message stands beside its holder's account, unread. Where it stands already, the condition does not hold."""
    message = Message(
        id=notice.id,
        at=notice.at,
        kind=notice.kind,
        text=notice.text.en,
        text_zh=notice.text.zh,
        about=notice.about,
        expires_at=int((datetime.fromisoformat(notice.at) + KEPT).timestamp()),
    )
    listed = Listing(lists.unread(notice.account), notice.id)
    return put(keys.message(notice.account, notice.id), message, listed=listed)


def donated(campaign: str, account: str) -> Write:
    """Somebody has given to a campaign, and learns of its end."""
    return put(keys.donor(campaign, account), Donor(account))


def closed(record: Record) -> Write:
    """Donors of the campaign that ``record`` closed are to be notified."""
    campaign = json.loads(record.answer)
    closing = Closing(campaign=campaign["id"], record=record.id, at=record.at, points=campaign["gathered_points"])
    listed = Listing(lists.CAMPAIGNS_CLOSED, f"{record.at}:{record.id}")
    return put(keys.closing(closing.campaign), closing, listed=listed)


def notified(closing: Closing, behind: str | None) -> Write:
    """Donors up to the sort key ``behind`` have their message; None: all have."""
    if behind is None:
        return update(keys.closing(closing.campaign), remove=lists.UNLISTED)
    return update(keys.closing(closing.campaign), assign={"behind": behind})


def mark_read(command: Command[Reading], stored: Mapping[keys.Key, Message]) -> Decision:
    """The messages are read, each once. ``stored``: those of the caller's that there are, by their place.

    Raises InvalidRequest for what is no message of the caller's, or is kept no longer.
    """
    by_id = {each.id: each for each in stored.values()}
    for number, id in enumerate(command.body.messages):
        if id not in by_id:
            raise InvalidRequest.at(f"/messages/{number}", "Is no message of the caller's", "不是调用方的消息")
    unread = [key for key, each in stored.items() if each.read_at is None]
    answer = ReadAnswer(marked=len(unread), marked_before=len(stored) - len(unread))
    return Decision("messages_read", answer, tuple(_read(command, key) for key in unread))


def _read(command: Command[Reading], key: keys.Key) -> Write:
    return update(
        key,
        assign={"read_at": command.at},
        remove=lists.UNLISTED,
        require=present() & Attr("read_at").not_exists(),
    )


def registrable(institution: Account) -> None:
    """A merchant has a system of its own, for its orders, which only it replaces. Raises InvalidState."""
    if institution.merchant:
        raise InvalidState(state=institution.merchant.status, action="integration")


def register_client(
    command: Command[ClientSystem], institution: Account, known: Client | None, system: Partner | None
) -> Decision:
    """From now on the system of ``institution``, which has proved itself, is notified of messages to persons.

    It takes the place of ``known``; where that was the same client's, nothing in between is lost. ``system``: what
    ``institution`` had registered before. Raises InvalidState for a merchant; refuses AccountFrozen, AccountClosed.
    """
    registrable(institution)
    body, same = command.body, known is not None and known.client == institution.id and known.ended_at is None
    after = Client(institution.id, since=known.since if known and same else command.at)
    partner = Partner(
        merchant=institution.id,
        callback_url=body.callback_url,
        public_key=body.public_key,
        at=command.at,
        previous=system.replaced_by(body.public_key, command.now) if system else None,
    )
    named = update(keys.message_client(), assign=dump(after), remove=("ended_at",), require=_as_read(known))
    answer = client_answer(after, partner.callback_url, None)
    return Decision("message_client_registered", answer, (acting(institution.id), named, *register(partner, system)))


def end_client(command: Command[Empty], known: Client | None, system: Partner | None) -> Decision:
    """Nobody is notified of later messages. Raises NotFound, InvalidState."""
    if known is None or system is None:
        raise NotFound()
    if known.ended_at:
        raise InvalidState(state="ended", action="end")
    after = replace(known, ended_at=command.at)
    ended = update(keys.message_client(), assign={"ended_at": command.at}, require=_as_read(known))
    return Decision("message_client_ended", client_answer(after, system.callback_url, system.disabled_at), (ended,))


def _as_read(known: Client | None) -> ConditionBase:
    if known is None:
        return absent()
    ended = Attr("ended_at")
    standing = ended.eq(known.ended_at) if known.ended_at else ended.not_exists()
    return Attr("client").eq(known.client) & Attr("since").eq(known.since) & standing
