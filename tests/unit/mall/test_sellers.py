"""When a merchant whose event is over is free to leave."""

from typing import Any

from chalicelib.mall.sellers import complete
from chalicelib.table import keys
from tests.unit.decisions import AT, after, command, refusal, touched, write_to
from tests.unit.mall.nouns import MERCHANT, SHOP

ACCOUNT: dict[str, Any] = {"id": SHOP, "status": "active", "merchant": {"status": "active", "turn": "t1"}}


def test_completing_marks_the_merchant_and_nothing_else() -> None:
    decision = complete(command(), ACCOUNT)
    assert touched(decision) == [keys.account(MERCHANT)]
    completed = after(write_to(decision, keys.account(MERCHANT)), ACCOUNT)
    assert completed == ACCOUNT | {"merchant": {"status": "active", "turn": "t1", "completed": AT}}
    assert decision.facts.merchant == SHOP


def test_a_merchant_that_turned_meanwhile_is_looked_at_again() -> None:
    write = write_to(complete(command(), ACCOUNT), keys.account(MERCHANT))
    assert refusal(write, ACCOUNT | {"merchant": {"status": "active", "turn": "t2"}}).code == "contended"
