"""Accounts put straight into the store, where only what they do later is of interest.

Their items need the settings of the stack in the environment: an account's id is made with its key.
"""

from collections.abc import Sequence
from typing import Any

SINCE = "2026-01-01T00:00:00.000Z"
_AT_ONCE = 25  # puts of a BatchWriteItem
Item = dict[str, Any]  # DynamoDB JSON


def put(store: Any, table: str, items: Sequence[Item]) -> None:
    """Write ``items`` with ``store``, a DynamoDB client. Raises RuntimeError where the store leaves one out."""
    for start in range(0, len(items), _AT_ONCE):
        puts = [{"PutRequest": {"Item": item}} for item in items[start : start + _AT_ONCE]]
        if store.batch_write_item(RequestItems={table: puts}).get("UnprocessedItems"):
            raise RuntimeError("the store did not take all items")


def account_id(login: str) -> str:
    """As the edge makes it."""
    from chalicelib.settings import account_key
    from chalicelib.table import keys

    return keys.account_id(login, account_key())


def person(login: str, points: int) -> Item:
    """Somebody's account."""
    return _account(account_id(login), points, kind="individual", name="王**", grams=0)


def merchant(login: str, points: int, grams: int) -> Item:
    """The account of an institution that was admitted to the mall."""
    from chalicelib.table import lists

    id = account_id(login)
    admitted = {"mode": "other", "status": "active", "since": SINCE}
    listed = {"list": lists.MERCHANTS, "rank": f"{SINCE}:{id}"}
    return _account(id, points, kind="institution", name="量测商贸", grams=grams, merchant=admitted, **listed)


def _account(id: str, points: int, **more: Any) -> Item:
    from chalicelib.table import keys
    from chalicelib.table.write import encode

    same = {"id": id, "status": "active", "opened_at": SINCE, "identity": "0" * 64, "points": points, "pending": 0}
    return encode(keys.account(keys.holder(id)).item() | same | more)
