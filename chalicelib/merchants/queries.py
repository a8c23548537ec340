"""Who sells in the mall."""

from datetime import datetime

from chalicelib.errors import NotFound
from chalicelib.kernel.caller import INSTITUTION
from chalicelib.kernel.fields import Page, stamp
from chalicelib.kernel.query import Query
from chalicelib.ledger.account import Account
from chalicelib.merchants.model import MerchantAnswer, MerchantParams, to_answer
from chalicelib.table import keys, lists, read
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


def merchant(id: str, now: datetime) -> MerchantAnswer:
    """One merchant. Raises NotFound."""
    return to_answer(item(id), stamp(now))


def merchants(query: Query[MerchantParams]) -> Page[MerchantAnswer]:
    """All merchants, or those beneath a sub-platform, newest first."""
    limit, above = query.params.limit, query.params.sub_platform
    where = Attr("merchant.sub_platform").eq(above) if above else None
    listed = read.places(lists.MERCHANTS, after=query.position, where=where, chunk=100 if above else limit + 1)
    places = read.first(listed, limit + 1)
    accounts = read.many([place.key for place in places], Account)
    positions = {place.key.pk: place.position for place in places}
    answers = [to_answer(accounts[place.key], stamp(query.now)) for place in places]
    return query.page(answers, lambda each: positions[keys.holder(each.id)])
