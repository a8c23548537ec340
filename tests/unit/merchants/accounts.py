"""The account of an institution, and what it keeps of its merchant, as unit tests need them."""

from typing import Any

from chalicelib.ledger.account import Account, Merchant
from tests.unit.decisions import AT


def account(status: str = "active", **changes: Any) -> Account:
    fields: dict[str, Any] = {"id": "shop", "kind": "institution", "name": "示例商贸", "status": status}
    return Account(**(fields | {"opened_at": AT, "identity": "hash"} | changes))


def merchant(**changes: Any) -> Merchant:
    fields: dict[str, Any] = {"mode": "other", "status": "active", "since": "2026-01-01", "turn": "before"}
    return Merchant(**(fields | changes))
