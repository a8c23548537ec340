"""A reading is a Record and a line beside the account."""

from chalicelib.accounts.model import Reasoned
from chalicelib.accounts.statements import readings
from chalicelib.kernel.record import Facts
from chalicelib.ledger.account import Account
from chalicelib.table import keys
from tests.unit.decisions import AT, ID, after, command, touched, write_to

ALICE = Account(id="alice", kind="individual", name="王**", opened_at=AT, identity="hash")
PLACE = keys.Key("account:alice", f"reading:{AT}:{ID}")


def test_a_reading_touches_no_balance_and_names_no_login() -> None:
    order = command(Reasoned(reason="complaint"), role="auditor", sub="officer")
    decision = readings.read(order, ALICE, readings.STATEMENT_READ)
    assert touched(decision) == [PLACE]
    line = {"at": AT, "kind": "statement_read", "role": "auditor", "reason": "complaint"}
    assert after(write_to(decision, PLACE)) == line
    assert decision.facts == Facts(account="alice", reason="complaint")
    assert decision.answer.model_dump() == {}
    assert not decision.publish
