"""Who sells in the mall."""

from datetime import datetime

from chalicelib.errors import NotFound
from chalicelib.kernel.fields import Page, stamp
from chalicelib.kernel.query import Query
from chalicelib.ledger.account import Account
from chalicelib.merchants.model import Merchant, MerchantParams, shown
from chalicelib.table import keys, lists, read
from chalicelib.table.write import Attr


def account(id: str) -> Account | None:
    """An account, if there is one."""
    return read.get(keys.account(keys.holder(id)), Account)


def item(id: str) -> Account:
    """The account of a merchant. Raises NotFound."""
    found = account(id)
    if found is None or found.merchant is None:
        raise NotFound()
    return found


def merchant(id: str, now: datetime) -> Merchant:
    """One merchant. Raises NotFound."""
    return shown(item(id), stamp(now))


def merchants(query: Query[MerchantParams]) -> Page[Merchant]:
    """All merchants, or those beneath a sub-platform, newest first."""
    limit, above = query.params.limit, query.params.sub_platform
    where = Attr("merchant.sub_platform").eq(above) if above else None
    listed = read.listed(lists.MERCHANTS, after=query.position, where=where, chunk=100 if above else limit + 1)
    found = read.first(listed, limit + 1)
    items = read.many([keys.Key(each["pk"], each["sk"]) for each in found], Account)
    position = {each["pk"]: {part: each[part] for part in ("pk", "sk", "list", "rank")} for each in found}
    views = [shown(items[keys.Key(each["pk"], each["sk"])], stamp(query.now)) for each in found]
    return query.page(views, lambda each: position[keys.holder(each.id)])
