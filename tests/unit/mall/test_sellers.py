"""When a merchant whose event is over is free to leave."""

from dataclasses import replace

from chalicelib.ledger.account import Account, Merchant
from chalicelib.mall.offers.sellers import complete
from chalicelib.table import keys
from tests.unit.decisions import AT, ID, after, command, refusal, touched, write_to
from tests.unit.mall.nouns import MERCHANT, SHOP

STATE = Merchant(mode="event", status="active", since=AT, turn="t1")
ACCOUNT = Account(id=SHOP, kind="institution", name="示例商贸", opened_at=AT, identity="hash", merchant=STATE)


def test_completing_marks_the_merchant_and_nothing_else() -> None:
    decision = complete(command(), ACCOUNT)
    assert touched(decision) == [keys.account(MERCHANT)]
    completed = after(write_to(decision, keys.account(MERCHANT)), ACCOUNT)
    assert completed["merchant"] == {
        "mode": "event", "status": "active", "since": AT, "turn": ID, "completed": AT,
    }  # fmt: skip
    assert decision.facts.merchant == SHOP


def test_a_merchant_that_turned_meanwhile_is_looked_at_again() -> None:
    write = write_to(complete(command(), ACCOUNT), keys.account(MERCHANT))
    assert refusal(write, replace(ACCOUNT, merchant=replace(STATE, turn="t2"))).code == "contended"
