"""Flagging as a Decision: what it writes, and on which conditions."""

from dataclasses import replace

import pytest

from chalicelib.certificates.model import claims
from chalicelib.coverage.actions import Moved, flag
from chalicelib.coverage.items import Coverage
from chalicelib.coverage.model import Flag, Flags
from chalicelib.coverage.queries import Debtor
from chalicelib.kernel.decision import Decision
from chalicelib.table import keys
from chalicelib.table.row import dump
from tests.unit.coverage.test_allotted import certificate
from tests.unit.decisions import ID, after, command, holds, refusal, touched, write_to
from tests.unit.parties import person

OWING = person(debt_points=500)
PLACE, CERTIFICATE = certificate(1, 800)
STATE = keys.coverage(OWING.id)
FLAG = Flag(PLACE, CERTIFICATE, 500)


def decided(one: Flag = FLAG, *, turn: str | None = None) -> Decision:
    reach = one.place if one.grams else None
    debtor = Debtor(OWING, Coverage(turn=turn), [one])
    return flag(command(), debtor, Flags((one,), reach), turn=turn, cause="reversal")


def test_a_flag_changes_nothing_that_was_signed_and_lists_the_certificate() -> None:
    made = decided()
    assert touched(made) == [OWING.key, STATE, keys.certificate(CERTIFICATE.serial)]
    flagged = after(write_to(made, keys.certificate(CERTIFICATE.serial)), CERTIFICATE)
    assert (flagged["uncovered_grams"], flagged["list"]) == (500, "certificates-uncovered")
    assert claims(flagged) == claims(dump(CERTIFICATE))
    assert (made.facts.account, made.facts.reference, made.facts.movement) == (OWING.id, "reversal", None)
    assert made.answer.model_dump() == {"certificates": [{"serial": CERTIFICATE.serial, "uncovered_grams": 500}]}


def test_a_certificate_that_is_covered_again_leaves_the_list() -> None:
    flagged = replace(CERTIFICATE, uncovered_grams=500)
    made = decided(Flag(PLACE, flagged, 0), turn="t" * 26)
    listed = dump(flagged) | {"list": "certificates-uncovered", "rank": "x"}
    freed = after(write_to(made, keys.certificate(CERTIFICATE.serial)), listed)
    assert freed["uncovered_grams"] == 0
    assert not {"list", "rank"} & freed.keys()
    assert after(write_to(made, STATE), Coverage(turn="t" * 26, reach=PLACE)) == {"turn": ID}


@pytest.mark.parametrize("now", [{"debt_points": 499}, {"debt_points": 0}, {"debt_grams": 1}, {"successor": "b"}])
def test_a_debt_that_moved_is_read_again(now: dict[str, object]) -> None:
    write = write_to(decided(), OWING.key)
    assert holds(write, OWING)
    assert isinstance(refusal(write, replace(OWING, **now)), Moved)  # type: ignore[arg-type]


def test_one_change_of_flags_follows_another() -> None:
    first, second = write_to(decided(), STATE), write_to(decided(turn="t" * 26), STATE)
    assert holds(first)
    assert isinstance(refusal(first, Coverage(turn="t" * 26)), Moved)
    assert holds(second, Coverage(turn="t" * 26))
    assert isinstance(refusal(second, Coverage(turn=ID)), Moved)
    assert after(first) == {"turn": ID, "reach": PLACE}


def test_a_campaign_knows_what_its_donors_owe() -> None:
    donations = [
        Flag(f"entry:{n}", replace(certificate(n, 800, flagged=was)[1], kind="donation", campaign="c"), now)
        for n, was, now in ((1, 0, 300), (2, 100, 50))
    ]
    made = flag(command(), Debtor(OWING, Coverage(), donations), Flags(tuple(donations), None), turn=None, cause="x")
    place = keys.campaign_uncovered("c")
    assert after(write_to(made, place)) == {"grams": 250}
    assert after(write_to(made, place), {"grams": 10}) == {"grams": 260}
    assert len(touched(made)) == 5
