"""Messages of a holder, and the client that is notified of them."""

from collections.abc import Iterable, Sequence

from chalicelib.accounts.queries import readable
from chalicelib.errors import NotFound
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query, standing_as
from chalicelib.ledger.account import Account
from chalicelib.messages import model
from chalicelib.messages.kinds.notice import Closing, Donor
from chalicelib.messages.model import (
    Client,
    ClientAnswer,
    Message,
    MessageAnswer,
    MessageParams,
    Messages,
    oldest,
)
from chalicelib.partners import queries as partners
from chalicelib.partners.items import Partner
from chalicelib.settings import secret
from chalicelib.table import keys, lists, read

DONORS_AT_ONCE = 50


def messages(query: Query[MessageParams]) -> Messages:
    """The caller's messages that are kept, newest first; the unread ones may lag by seconds. Raises AccountNotOpen."""
    account, current = readable(query.asker), notified()
    page = _unread(query, account) if query.params.unread else _all(query, account)
    recipient = current.recipient(account.id, secret("grant_key")) if current else None
    found = Messages(items=page.items, next_cursor=page.next_cursor, recipient=recipient)
    return standing_as(page, found)


def _all(query: Query[MessageParams], account: Account) -> Page[MessageAnswer]:
    low = keys.MESSAGES + keys.messages_at(oldest(query.now))
    before = query.position["sk"] if query.position else None
    chunk, names = query.params.limit + 1, [keys.holder(id) for id in account.ids]
    found = read.together(names, low, keys.MESSAGES_END, before=before, descending=True, chunk=chunk)
    answers = [model.to_answer(each.load(Message)) for each in read.first(found, chunk)]
    return query.page(answers, lambda each: {"sk": keys.message(account.id, each.id).sk})


def _unread(query: Query[MessageParams], account: Account) -> Page[MessageAnswer]:
    """The index lags: what was marked as read a moment ago is left out of the page."""
    limit, kept = query.params.limit, (keys.messages_at(oldest(query.now)), "~")
    names = [lists.unread(id) for id in account.ids]
    listed = read.merged(names, between=kept, after=query.position, chunk=limit + 1)
    places = read.first(listed, limit + 1)
    stored = read.many([place.key for place in places[:limit]], Message)
    unread = (stored.get(place.key) for place in places[:limit])
    answers = [model.to_answer(each) for each in unread if each and each.read_at is None]
    stopped = places[limit - 1].position if len(places) > limit else None
    return query.page(answers, lambda each: {"rank": each.id}, stopped=stopped)


def stored(account: Account, ids: Sequence[str]) -> dict[keys.Key, Message]:
    """Those of the messages ``ids`` of an account's holder that there are, by their place."""
    return read.many([keys.message(each, id) for id in ids for each in account.ids], Message)


def registered() -> Client | None:
    """The client that was registered last, whether it is notified or not."""
    return read.get(keys.message_client(), Client)


def notified() -> Client | None:
    """The client that is notified of messages."""
    found = registered()
    return found if found and not found.ended_at else None


def system(known: Client | None) -> Partner | None:
    """Its system."""
    return partners.partner(known.client) if known else None


def client_answer() -> ClientAnswer:
    """The client that was registered last, with its system. Raises NotFound where none ever was."""
    found = registered()
    partner = system(found)
    if found is None or partner is None:
        raise NotFound()
    return model.client_answer(found, partner.callback_url, partner.disabled_at)


def closings(campaigns: Iterable[str]) -> dict[str, Closing]:
    """Which of these campaigns are closed, as far as their donors are to know."""
    found = read.many([keys.closing(each) for each in campaigns], Closing).values()
    return {each.campaign: each for each in found}


def closings_due() -> list[Closing]:
    """Campaigns of which some donors are not notified yet, the oldest end first."""
    places = read.places(lists.CAMPAIGNS_CLOSED, descending=False)
    return list(read.many([place.key for place in places], Closing).values())


def donors(closing: Closing) -> list[str]:
    """The next donors of a campaign that are not notified yet."""
    pk, low = keys.donor(closing.campaign, "")
    found = read.query(pk, low, f"{low}~", Donor, before=closing.behind or None, chunk=DONORS_AT_ONCE)
    return [each.account for each in read.first(found, DONORS_AT_ONCE)]
