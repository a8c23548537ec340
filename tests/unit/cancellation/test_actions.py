"""A cancellation: points go, the grams behind them are retired, a certificate proves it; all in one Decision."""

from typing import Any

import pytest

from chalicelib.cancellation.actions import cancel
from chalicelib.cancellation.model import NewCancellation
from chalicelib.kernel.decision import Decision
from chalicelib.kernel.record import Posting
from chalicelib.ledger.model import GRAMS, POINTS
from chalicelib.table import keys
from tests.unit.decisions import AT, ID, after, command, refusal, touched
from tests.unit.parties import PERSON, SERIAL_KEY, at, certificate, person


@pytest.fixture
def cancelled() -> Decision:
    return cancel(command(NewCancellation(points=500, purpose="出行")), "王**", serial_key=SERIAL_KEY)


def test_the_grams_behind_the_points_are_retired(cancelled: Decision) -> None:
    assert cancelled.facts.movement == "cancellation"
    assert cancelled.facts.postings == (
        Posting(PERSON, keys.POOL, 500, POINTS),
        Posting(keys.POOL, keys.RETIRED, 500, GRAMS),
    )
    assert after(at(cancelled, PERSON), person(points=700))["points"] == 200
    assert len(touched(cancelled)) == 2


def test_the_certificate_is_put_in_the_same_transaction_and_named_by_the_statement(cancelled: Decision) -> None:
    proof = certificate(cancelled)
    assert proof.items() >= {
        "kind": "cancellation", "holder": "王**", "grams": 500, "points": 500, "purpose": "出行", "issued_at": AT,
        "record": ID, "status": "valid",
    }.items()  # fmt: skip
    assert not {"beneficiary", "donors", "jws", "reason"} & proof.keys()
    assert cancelled.facts.reference == proof["serial"]
    assert cancelled.answer.model_dump()["certificate"]["url"].endswith(f"/v1/certificates/{proof['serial']}")


@pytest.mark.parametrize(
    ("stored", "code"),
    [
        (person(points=499), "insufficient_points"),
        (person(points=500, status="frozen"), "account_frozen"),
        (person(points=500, status="closed"), "account_closed"),
        (None, "not_found"),
    ],
)
def test_nobody_cancels_what_she_lacks_or_may_not_move(cancelled: Decision, stored: Any, code: str) -> None:
    assert refusal(at(cancelled, PERSON), stored).code == code
