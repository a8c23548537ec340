"""Accounts as they are read, for Decisions about their holders."""

from typing import Any

from chalicelib.kernel.decision import Decision
from chalicelib.table import keys
from chalicelib.table.write import Write
from tests.unit.decisions import write_to

SERIAL_KEY = b"k" * 32
PERSON, SHOP = keys.holder(keys.account_id("alice")), keys.holder(keys.account_id("shop"))


def person(**changes: Any) -> dict[str, Any]:
    """Alice's account."""
    return _account(PERSON, kind="individual", name="王**") | changes


def institution(**changes: Any) -> dict[str, Any]:
    """The shop's account."""
    return _account(SHOP, kind="institution", name="示例商贸") | changes


def _account(pk: str, **facts: Any) -> dict[str, Any]:
    state = {"status": "active", "points": 0, "grams": 0, "pending": 0}
    return {"pk": pk, "sk": "account", "id": pk.removeprefix(keys.holder(""))} | facts | state


def at(decision: Decision, name: str) -> Write:
    """The one Write to the account called ``name``."""
    return write_to(decision, keys.account(name))


def certificate(decision: Decision) -> dict[str, Any]:
    """The one certificate that a Decision puts."""
    [write] = [each for each in decision.writes if each.key.sk == "certificate"]
    assert decision.facts.certificate == write.item["serial"]
    return write.item
