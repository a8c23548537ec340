"""Who sells in the mall."""

from collections.abc import Iterator
from datetime import datetime

from chalicelib.errors import NotFound
from chalicelib.kernel.caller import INSTITUTION
from chalicelib.kernel.fields import Page, stamp
from chalicelib.kernel.query import Query
from chalicelib.ledger.account import Account
from chalicelib.merchants.beside import MerchantEvent
from chalicelib.merchants.members import Membership
from chalicelib.merchants.model import SUBJECTS, MerchantAnswer, MerchantParams, Subject, to_answer
from chalicelib.merchants.validity import Validity
from chalicelib.table import keys, lists, read
from chalicelib.table.lists import Budget
from chalicelib.table.write import Attr


def account(id: str) -> Account | None:
    """An account, if there is one."""
    return read.get(keys.account(keys.holder(id)), Account)


def institution(id: str) -> Account:
    """The account of an institution, a merchant yet or not. Raises NotFound."""
    stored = account(id)
    if stored is None or stored.kind != INSTITUTION:
        raise NotFound()
    return stored


def item(id: str) -> Account:
    """The account of a merchant. Raises NotFound."""
    stored = account(id)
    if stored is None or stored.merchant is None:
        raise NotFound()
    return stored


def above(account: Account) -> Account | None:
    """The operator of the sub-platform above a merchant, if it has one."""
    operator = account.as_merchant.sub_platform
    return institution(operator) if operator else None


def memberships(sub_platform: str, *, after: str | None = None) -> Iterator[Membership]:
    """Everyone who is or was beneath a sub-platform, by id; behind the one ``after``."""
    low, high = keys.member(sub_platform, ""), keys.MEMBERS_END
    before = keys.member(sub_platform, after).sk if after else None
    return read.query(low.pk, low.sk, high, Membership, before=before)


def membership(sub_platform: str, merchant: str) -> Membership:
    """One of them. Raises NotFound."""
    stored = read.get(keys.member(sub_platform, merchant), Membership)
    if stored is None:
        raise NotFound()
    return stored


def members(sub_platform: str) -> Iterator[str]:
    """The merchants beneath a sub-platform now, as of now."""
    return (each.merchant for each in memberships(sub_platform) if each.status == "active")


def validity(merchant: str, subject: Subject) -> Validity | None:
    """Until when a merchant's agreement or licence is valid, if the platform knows it."""
    return read.get(keys.validity(merchant, subject), Validity)


def validities(account: Account) -> dict[Subject, Validity]:
    """What is known of both, of its present life as a merchant."""
    found = read.many([keys.validity(account.id, subject) for subject in SUBJECTS], Validity).values()
    return {each.subject: each for each in found if each.since >= account.as_merchant.since}


def event(id: str) -> MerchantEvent | None:
    """An event that a merchant runs, or ran, beside its mode, by its id."""
    return read.get(keys.event(id), MerchantEvent)


def merchant(id: str, now: datetime) -> MerchantAnswer:
    """One merchant. Raises NotFound."""
    return to_answer(item(id), stamp(now))


def merchants(query: Query[MerchantParams]) -> Page[MerchantAnswer]:
    """All merchants, or those beneath a sub-platform, newest first."""
    limit, above = query.params.limit, query.params.sub_platform
    where = Attr("merchant.sub_platform").eq(above) if above else None
    chunk, budget = 100 if above else limit + 1, Budget()
    listed = read.places(lists.MERCHANTS, after=query.position, where=where, chunk=chunk, budget=budget)
    places = read.first(listed, limit + 1)
    accounts = read.many([place.key for place in places], Account)
    positions = {place.key.pk: place.position for place in places}
    answers = [to_answer(accounts[place.key], stamp(query.now)) for place in places]
    return query.page(answers, lambda each: positions[keys.holder(each.id)], stopped=budget.stopped)
