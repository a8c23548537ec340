"""Who sells in the mall."""

from chalicelib.edge.fields import Page
from chalicelib.edge.http import Query
from chalicelib.errors import NotFound
from chalicelib.onboarding.model import Merchant, MerchantParams
from chalicelib.table import keys, read
from chalicelib.table.write import Item


def account(id: str) -> Item | None:
    """An account's item, if there is one."""
    return read.get(keys.account(keys.holder(id)))


def merchant(id: str) -> Merchant:
    """One merchant. Raises NotFound."""
    item = account(id)
    if item is None or "merchant" not in item:
        raise NotFound()
    return _merchant(item)


def merchants(query: Query[MerchantParams]) -> Page[Merchant]:
    """All merchants, newest first."""
    limit = query.params.limit
    found = read.first(read.listed("merchants", after=query.position, chunk=limit + 1), limit + 1)
    items = read.many([keys.Key(each["pk"], each["sk"]) for each in found])
    position = {each["pk"]: {part: each[part] for part in ("pk", "sk", "list", "rank")} for each in found}
    shown = [_merchant(items[keys.Key(each["pk"], each["sk"])]) for each in found]
    return query.page(shown, lambda each: position[keys.holder(each.id)])


def _merchant(item: Item) -> Merchant:
    return Merchant.model_validate(item["merchant"] | {"id": item["id"], "name": item["name"]})
