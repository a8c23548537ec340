"""When a merchant whose event is over is free to leave."""

from typing import Any

from chalicelib.mall.sellers import settle
from chalicelib.table import keys
from tests.unit.decisions import AT, after, command, refusal, touched, write_to
from tests.unit.mall.nouns import MERCHANT, SHOP

ACCOUNT: dict[str, Any] = {"id": SHOP, "status": "active", "merchant": {"status": "active", "turn": "t1"}}


def test_settling_marks_the_merchant_and_nothing_else() -> None:
    decision = settle(command(), ACCOUNT)
    assert touched(decision) == [keys.account(MERCHANT)]
    settled = after(write_to(decision, keys.account(MERCHANT)), ACCOUNT)
    assert settled == ACCOUNT | {"merchant": {"status": "active", "turn": "t1", "settled": AT}}
    assert decision.facts.merchant == SHOP


def test_a_merchant_that_turned_meanwhile_is_looked_at_again() -> None:
    write = write_to(settle(command(), ACCOUNT), keys.account(MERCHANT))
    assert refusal(write, ACCOUNT | {"merchant": {"status": "active", "turn": "t2"}}).code == "contended"
