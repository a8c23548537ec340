"""A reversal takes back what is there; the rest is owed, and nothing is taken twice."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.errors import Contended, InvalidState
from chalicelib.kernel.decision import Decision
from chalicelib.kernel.record import Posting
from chalicelib.ledger.account import Account
from chalicelib.ledger.model import GRAMS, POINTS
from chalicelib.reductions.items import Recipient, Reduction, ReductionState
from chalicelib.reductions.model import ReductionAnswer, Reversal
from chalicelib.reductions.reversal import reverse
from chalicelib.table import keys
from tests.unit.decisions import AT, after, command, holds, record, refusal, touched, write_to
from tests.unit.parties import PERSON, SHOP, at, institution, person

BODY = Reversal(reason="行程未发生", evidence_sha256="a" * 64)
GUARD = keys.reduction("metro", "trip-1")
COLOUR: dict[str, Any] = {"methodology": "SHCER-1", "month": "2026-01"}


def confirmed(account: Account, status: str = "confirmed", **facts: Any) -> Reduction:
    answer = ReductionAnswer(
        id="r", status="confirmed", record_id="trip-1", account=account.id, scenario="metro", scenario_version=1,
        quantity="10", occurred_at=AT, grams=710, points=710,
    )  # fmt: skip
    in_grams = account.kind == "institution" or None
    made = Reduction(
        answer, record("reduction_confirmed", id="r", scenario="metro", in_grams=in_grams, **COLOUR | facts)
    )
    return made.as_in(ReductionState(status, "r"))


def reversed_(account: Account, **options: Any) -> Decision:
    recipient = Recipient(account.id, account.kind, account.id)
    return reverse(command(BODY, role="bureau", sub="bureau"), confirmed(account, **options), recipient, account)


@pytest.mark.parametrize(("held", "recovered", "owed"), [(710, 710, 0), (1000, 710, 0), (300, 300, 410), (0, 0, 710)])
def test_what_is_there_is_taken_and_the_rest_is_owed(held: int, recovered: int, owed: int) -> None:
    account = person(points=held)
    decision = reversed_(account)
    left = after(at(decision, PERSON), account)
    assert (left["points"], left.get("debt_points", 0)) == (held - recovered, owed)
    answer: Any = decision.answer
    assert (answer.status, answer.points, answer.points_recovered, answer.points_outstanding) == (
        "reversed", 0, recovered, owed,
    )  # fmt: skip
    grams = [each.amount for each in decision.facts.postings if each.asset == GRAMS]
    assert sum(grams) == recovered
    assert (decision.facts.movement, decision.facts.month, decision.facts.methodology) == (
        "reversal", "2026-01", "SHCER-1",
    )  # fmt: skip


def test_an_institution_gives_back_grams() -> None:
    account = institution(grams=200)
    decision = reversed_(account)
    assert decision.facts.postings == (
        Posting(SHOP, keys.ISSUED, 200, GRAMS),
        Posting(keys.UNCOVERED, SHOP, 510, "debt_grams"),
    )
    left = after(at(decision, SHOP), account)
    assert (left["grams"], left["debt_grams"]) == (0, 510)


@pytest.mark.parametrize("status", ["active", "frozen", "closed"])
def test_neither_freezing_nor_closing_escapes_a_reversal(status: str) -> None:
    account = person(points=0 if status == "closed" else 710, status=status)
    assert holds(at(reversed_(account), PERSON), account)


@pytest.mark.parametrize(("read", "now"), [(300, 301), (300, 299), (300, 0), (710, 709)])
def test_a_balance_that_moved_meanwhile_is_read_again(read: int, now: int) -> None:
    write = at(reversed_(person(points=read)), PERSON)
    assert type(refusal(write, person(points=now))) is Contended


def test_more_points_than_the_reduction_may_come_and_go_meanwhile() -> None:
    assert holds(at(reversed_(person(points=5000)), PERSON), person(points=710))


def test_a_reduction_is_reversed_once() -> None:
    write = write_to(reversed_(person(points=710)), GUARD)
    stored = {"status": "confirmed", "reduction": "r"}
    assert holds(write, stored)
    assert after(write, stored) == {
        "status": "reversed", "reduction": "r", "reason": "行程未发生", "evidence_sha256": "a" * 64,
    }  # fmt: skip
    assert isinstance(refusal(write, stored | {"status": "reversed"}), InvalidState)


@pytest.mark.parametrize("status", ["reported", "rejected", "reversed"])
def test_only_what_is_confirmed_can_be_reversed(status: str) -> None:
    with pytest.raises(InvalidState):
        reversed_(person(points=710), status=status)


def test_what_it_counted_of_the_day_is_free_again() -> None:
    account = person(points=710)
    decision = reversed_(account, cap_day="20260131", cap_counted={"grams": 710, "records": 1})
    usage = write_to(decision, keys.usage(account.id, "metro", "20260131"))
    assert usage.add == {"grams": -710, "records": -1}
    assert len(touched(decision)) == 3


def test_a_reduction_of_no_grams_moves_nothing() -> None:
    account = person()
    nothing = confirmed(account)
    nothing = replace(nothing, answer=nothing.answer.model_copy(update={"grams": 0, "points": 0}))
    decision = reverse(command(BODY, role="bureau"), nothing, Recipient(account.id), account)
    assert touched(decision) == [GUARD]
    assert decision.facts.postings == ()


def test_points_are_taken_the_way_they_came() -> None:
    assert reversed_(person(points=710)).facts.postings == (
        Posting(PERSON, keys.POOL, 710, POINTS),
        Posting(keys.POOL, keys.ISSUED, 710, GRAMS),
    )


def test_points_are_told_of_a_person_and_grams_of_an_institution() -> None:
    of_person: Any = reversed_(person(points=300)).answer
    assert (of_person.points_recovered, of_person.points_outstanding) == (300, 410)
    assert (of_person.grams_recovered, of_person.grams_outstanding) == (0, 0)
    of_institution: Any = reversed_(institution(grams=200)).answer
    assert (of_institution.points_recovered, of_institution.points_outstanding) == (0, 0)
    assert (of_institution.grams_recovered, of_institution.grams_outstanding) == (200, 510)


def test_a_reduction_that_another_has_reversed_says_so() -> None:
    write = write_to(reversed_(person(points=710)), GUARD)
    assert refusal(write, {"status": "reversed", "reduction": "r"}).facts == {"state": "reversed", "action": "reverse"}
    assert write.refuse(None).facts == {"state": "?", "action": "reverse"}
