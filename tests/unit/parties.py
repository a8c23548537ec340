"""Accounts as they are read, for Decisions about their holders."""

from dataclasses import replace
from typing import Any

from chalicelib.kernel.decision import Decision
from chalicelib.ledger.account import Account
from chalicelib.table import keys
from chalicelib.table.write import Write
from tests.unit.decisions import AT, write_to

SERIAL_KEY = b"k" * 32
PERSON, SHOP = keys.holder(keys.account_id("alice")), keys.holder(keys.account_id("shop"))


def person(**changes: Any) -> Account:
    """Alice's account."""
    return _account(PERSON, {"kind": "individual", "name": "王**"} | changes)


def institution(**changes: Any) -> Account:
    """The shop's account."""
    return _account(SHOP, {"kind": "institution", "name": "示例商贸"} | changes)


def _account(holder: str, changes: dict[str, Any]) -> Account:
    account = Account(id=holder.removeprefix(keys.holder("")), name="", opened_at=AT, identity="hash")
    return replace(account, **changes)


def at(decision: Decision, name: str) -> Write:
    """The one Write to the account called ``name``."""
    return write_to(decision, keys.account(name))


def certificate(decision: Decision) -> dict[str, Any]:
    """The one certificate that a Decision puts."""
    [write] = [each for each in decision.writes if each.key.sk == "certificate"]
    assert decision.facts.certificate == write.item["serial"]
    return write.item
