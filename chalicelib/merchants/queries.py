"""Who sells in the mall."""

from datetime import datetime
from typing import NamedTuple

from chalicelib.errors import NotFound
from chalicelib.kernel.caller import INSTITUTION
from chalicelib.kernel.fields import Page, stamp
from chalicelib.kernel.query import Query
from chalicelib.merchants.model import Holder, Merchant, MerchantAnswer, MerchantParams, to_answer
from chalicelib.table import keys, lists, read
from chalicelib.table.write import Attr


class Admitted(NamedTuple):
    """A merchant, and the account that it is of."""

    holder: Holder
    merchant: Merchant


def holder(id: str) -> Holder | None:
    """An account, if there is one."""
    return read.get(keys.account(keys.holder(id)), Holder)


def institution(id: str) -> Holder:
    """The account of an institution, a merchant yet or not. Raises NotFound."""
    account = holder(id)
    if account is None or account.kind != INSTITUTION:
        raise NotFound()
    return account


def admitted(id: str) -> Admitted:
    """A merchant as it is kept. Raises NotFound."""
    account = holder(id)
    if account is None or account.merchant is None:
        raise NotFound()
    return Admitted(account, account.merchant)


def merchant(id: str, now: datetime) -> MerchantAnswer:
    """One merchant. Raises NotFound."""
    return to_answer(*admitted(id), stamp(now))


def merchants(query: Query[MerchantParams]) -> Page[MerchantAnswer]:
    """All merchants, or those beneath a sub-platform, newest first."""
    limit, above = query.params.limit, query.params.sub_platform
    where = Attr("merchant.sub_platform").eq(above) if above else None
    listed = read.places(lists.MERCHANTS, after=query.position, where=where, chunk=100 if above else limit + 1)
    places = read.first(listed, limit + 1)
    accounts = read.many([place.key for place in places], Holder)
    positions = {place.key.pk: place.position for place in places}
    answers = [
        to_answer(account, account.merchant, stamp(query.now))
        for account in (accounts[place.key] for place in places)
        if account.merchant
    ]
    return query.page(answers, lambda each: positions[keys.holder(each.id)])
