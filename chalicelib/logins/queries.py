"""An institution's logins."""

from chalicelib.errors import NotFound
from chalicelib.kernel.caller import INSTITUTION, Caller
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountNotOpen
from chalicelib.logins.model import Login, LoginAnswer, LoginParams, first, to_answer
from chalicelib.table import keys, read


def institution(caller: Caller) -> Account:
    """The account that the caller acts for. Raises AccountNotOpen."""
    account = read.get(keys.account(keys.holder(caller.account)), Account)
    if account is None or account.kind != INSTITUTION:
        raise AccountNotOpen()
    return account


def login(account: Account, id: str) -> Login:
    """One of its logins. The one that opened the account has no item before its first change. Raises NotFound."""
    found = read.get(keys.own_login(account.id, id), Login)
    if found is None and id == account.id:
        return first(account)
    if found is None:
        raise NotFound()
    return found


def logins(query: Query[LoginParams]) -> Page[LoginAnswer]:
    """Every login that acts, or acted, for the caller's institution, by id."""
    account, limit = institution(query.asker), query.params.limit
    low, high = keys.own_login(account.id, ""), keys.own_login(account.id, "~")
    before = query.position["sk"] if query.position else None
    found = read.first(read.query(low.pk, low.sk, high.sk, Login, before=before), limit + 1)
    if before is None and account.id not in {each.id for each in found}:
        found = [first(account), *found]
    return query.page([to_answer(each) for each in found], lambda each: {"sk": keys.own_login("", each.id).sk})
