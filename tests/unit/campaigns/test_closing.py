"""Ending and closing a campaign: what was given is used up, once, and certified."""

from typing import Any

import pytest

from chalicelib.campaigns.actions import close, end
from chalicelib.errors import Contended, InvalidState
from chalicelib.kernel.record import Posting
from chalicelib.ledger.model import GRAMS, POINTS
from chalicelib.ledger.standing import acting
from chalicelib.table import keys
from tests.unit.campaigns.samples import ACCOUNTS, ID, account, campaign, collected
from tests.unit.decisions import after, command, holds, refusal, touched, write_to
from tests.unit.parties import SERIAL_KEY, SHOP, at, certificate, institution

PLACE = keys.campaign(ID)
WHO = [("institution", "shop"), ("exchange", "exchange"), ("system", "system")]


def by(role: str = "exchange", sub: str = "exchange") -> Any:
    return command(role=role, sub=sub)


def test_an_ended_campaign_takes_no_more_donations() -> None:
    decision = end(by(), campaign("approved"))
    assert after(write_to(decision, PLACE), campaign("approved"))["status"] == "ended"
    for name in ACCOUNTS:
        assert after(at(decision, name), account(points=5))["status"] == "ended"
        assert not holds(at(decision, name))
    assert len(touched(decision)) == 1 + len(ACCOUNTS)
    assert decision.facts.postings == ()


def test_what_else_must_hold_for_an_end_is_in_its_transaction() -> None:
    decision = end(by(), campaign("approved"), (acting(campaign().institution),))
    assert refusal(at(decision, SHOP), institution(status="frozen")).code == "account_frozen"


@pytest.mark.parametrize("status", ["proposed", "rejected", "ended", "closed"])
def test_only_an_approved_campaign_ends(status: str) -> None:
    with pytest.raises(InvalidState):
        end(by(), campaign(status))


@pytest.mark.parametrize("status", ["proposed", "rejected", "approved", "closed"])
def test_only_an_ended_campaign_closes(status: str) -> None:
    with pytest.raises(InvalidState):
        close(by(), campaign(status), collected(500), serial_key=SERIAL_KEY)


@pytest.mark.parametrize(("role", "sub"), WHO)
def test_a_closing_uses_up_all_that_was_given_and_certifies_it(role: str, sub: str) -> None:
    decision = close(by(role, sub), campaign("ended"), collected(500, 0, 700), serial_key=SERIAL_KEY)
    assert decision.facts.movement == "campaign_closing"
    assert decision.facts.postings == (
        Posting(ACCOUNTS[0], keys.POOL, 500, POINTS),
        Posting(ACCOUNTS[2], keys.POOL, 700, POINTS),
        Posting(keys.POOL, keys.RETIRED, 1200, GRAMS),
    )
    proof = certificate(decision)
    assert proof.items() >= {
        "kind": "campaign", "holder": "示例商贸", "beneficiary": "示例商贸", "grams": 1200, "points": 1200, "donors": 2,
        "purpose": "event", "campaign": ID, "title": "马拉松", "status": "valid",
    }.items()  # fmt: skip
    closed = after(write_to(decision, PLACE), campaign("ended"))
    assert (closed["status"], closed["certificate"]["serial"]) == ("closed", proof["serial"])
    answer = decision.answer.model_dump()
    assert (answer["gathered_points"], answer["donors"], answer["status"]) == (1200, 2, "closed")
    assert answer["certificate"] == closed["certificate"]
    assert len(touched(decision)) == 5


def test_an_account_that_moved_since_it_was_read_is_read_again() -> None:
    decision = close(by(), campaign("ended"), collected(500), serial_key=SERIAL_KEY)
    write = at(decision, ACCOUNTS[0])
    assert after(write, account("ended", points=500, gathered=500))["points"] == 0
    assert type(refusal(write, account("ended", points=499, gathered=499))) is Contended


def test_accounts_that_another_closing_emptied_are_read_again() -> None:
    emptied = collected(500) | {ACCOUNTS[0]: account("ended", points=0, gathered=500)}
    with pytest.raises(Contended):
        close(by(), campaign("ended"), emptied, serial_key=SERIAL_KEY)


def test_a_campaign_without_donations_closes_without_movement_or_certificate() -> None:
    decision = close(by(), campaign("ended"), collected(), serial_key=SERIAL_KEY)
    assert (decision.facts.movement, decision.facts.certificate) == (None, None)
    assert after(write_to(decision, PLACE), campaign("ended"))["status"] == "closed"
    assert len(touched(decision)) == 2


@pytest.mark.parametrize(("role", "sub"), WHO)
@pytest.mark.parametrize("given", [collected(), collected(500)])
def test_a_frozen_institution_closes_nothing_itself_and_counts_one_live_campaign_less(
    role: str, sub: str, given: Any
) -> None:
    write = at(close(by(role, sub), campaign("ended"), given, serial_key=SERIAL_KEY), SHOP)
    assert after(write, institution(campaigns_live=2))["campaigns_live"] == 1
    assert holds(write, institution(status="frozen")) == (role != "institution")
    if role == "institution":
        assert refusal(write, institution(status="frozen")).code == "account_frozen"


def test_a_closing_decides_once_whoever_is_quicker() -> None:
    write = write_to(close(by(), campaign("ended"), collected(500), serial_key=SERIAL_KEY), PLACE)
    assert holds(write, campaign("ended"))
    assert type(refusal(write, campaign("closed"))) is InvalidState
