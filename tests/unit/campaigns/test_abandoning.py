"""Abandoning a campaign and giving one donation back: what each Decision writes, asks for and refuses."""

from typing import Any

import pytest

from chalicelib.campaigns.model import Abandonment
from chalicelib.campaigns.refunding.actions import abandon, give_back, looked_at, passed
from chalicelib.campaigns.refunding.model import Refunding
from chalicelib.certificates.items import Certificate
from chalicelib.errors import Contended, InvalidState
from chalicelib.kernel.decision import Decision
from chalicelib.kernel.record import Posting
from chalicelib.ledger.model import POINTS
from chalicelib.ledger.refunds import Payee
from chalicelib.table import keys
from chalicelib.table.lists import CAMPAIGNS_ABANDONED
from tests.unit.campaigns.samples import ACCOUNTS, ID, account, campaign, collected
from tests.unit.decisions import AT, NOW, after, command, holds, record, refusal, touched, write_to
from tests.unit.decisions import ID as COMMAND
from tests.unit.parties import PERSON, SHOP, at, institution, person

PLACE, NOTE = keys.campaign(ID), keys.campaign_refunds(ID)
BODY = Abandonment(reason="赛事取消")
GIVEN = record("donation", id="d" * 26, counterparty=ID, certificate="SH26", postings=(Posting(PERSON, ACCOUNTS[3], 500, POINTS),))  # fmt: skip # noqa: E501
PROOF = Certificate(
    kind="donation", holder="王**", grams=500, points=500, purpose="event", campaign=ID, serial="SH26", issuer="i",
    issued_at=AT, record=GIVEN.id,
)  # fmt: skip


def abandoned(role: str = "exchange", sub: str = "exchange", status: str = "approved") -> Decision:
    return abandon(command(BODY, role=role, sub=sub), campaign(status), collected(500))


def refunded(proof: Certificate = PROOF, **changes: Any) -> Decision:
    return give_back(command(role="system"), GIVEN, payee=Payee(person(**changes)), proof=proof, reason="赛事取消")


def test_an_abandoned_campaign_takes_nothing_and_waits_for_its_refunds() -> None:
    decision = abandoned()
    moved = after(write_to(decision, PLACE), campaign("approved"))
    assert (moved["status"], moved["reason"]) == ("abandoned", "赛事取消")
    for name in ACCOUNTS:
        assert after(at(decision, name), account(points=5))["status"] == "abandoned"
    note = after(write_to(decision, NOTE))
    assert (note["list"], note["rank"]) == (CAMPAIGNS_ABANDONED, f"{AT}:{ID}")
    assert after(at(decision, SHOP), institution(campaigns_live=2))["campaigns_live"] == 1
    assert len(touched(decision)) == 3 + len(ACCOUNTS)
    assert decision.publish
    assert decision.facts.postings == ()


@pytest.mark.parametrize("status", ["proposed", "rejected", "ended", "closed", "abandoned"])
def test_only_a_campaign_that_collects_is_abandoned(status: str) -> None:
    with pytest.raises(InvalidState):
        abandoned(status=status)


def test_a_closing_that_was_quicker_stands() -> None:
    assert type(refusal(write_to(abandoned(), PLACE), campaign("ended"))) is InvalidState


def test_a_frozen_institution_abandons_nothing_itself() -> None:
    frozen = institution(status="frozen", campaigns_live=1)
    assert refusal(at(abandoned("institution", "shop"), SHOP), frozen).code == "account_frozen"
    assert holds(at(abandoned(), SHOP), frozen)


def test_a_donation_goes_back_from_the_account_that_has_it() -> None:
    decision = refunded()
    assert decision.facts.movement == "donation_refund"
    assert decision.facts.postings == (Posting(ACCOUNTS[3], PERSON, 500, POINTS),)
    assert (decision.facts.counterparty, decision.facts.reference) == (ID, GIVEN.id)
    left = after(at(decision, ACCOUNTS[3]), account("abandoned", points=700, gathered=700))
    assert (left["points"], left["gathered"]) == (200, 700)
    assert after(at(decision, PERSON), person(points=1))["points"] == 501
    assert holds(at(decision, PERSON), person(status="frozen"))
    assert refusal(at(decision, PERSON), person(status="closed")).code == "contended", "another may have come after it"
    closed = refunded(status="closed", identity="n")
    assert refusal(at(closed, PERSON), person(status="closed", identity="n")).code == "account_closed"
    assert len(touched(decision)) == 3


@pytest.mark.parametrize(
    "stored", [account(points=500), account("closed", points=500), account("abandoned", points=499)]
)
def test_only_an_abandoned_campaign_gives_back_and_only_what_it_has(stored: Any) -> None:
    assert type(refusal(at(refunded(), ACCOUNTS[3]), stored)) is Contended


def test_the_certificate_is_revoked_and_says_why() -> None:
    write = write_to(refunded(), keys.certificate("SH26"))
    revoked = after(write, PROOF)
    assert (revoked["status"], revoked["revoked_at"], revoked["refund"]) == ("revoked", AT, COMMAND)
    assert "赛事取消" in revoked["reason"]
    assert not holds(write, revoked)
    assert type(refusal(write, revoked)) is Contended


def test_one_that_was_revoked_before_keeps_its_reason() -> None:
    before = Certificate(**vars(PROOF) | {"status": "revoked", "reason": "wrong", "revoked_at": "2026-01-01"})
    kept = after(write_to(refunded(before), keys.certificate("SH26")), before)
    assert (kept["reason"], kept["revoked_at"], kept["refund"]) == ("wrong", "2026-01-01", COMMAND)
    assert (before.proven, Certificate(**vars(before) | {"refund": COMMAND}).proven) == (500, 0)


def test_passes_come_less_often_until_one_finds_nothing_left() -> None:
    refunding = Refunding(campaign=ID, reason="r")
    stored = {"campaign": ID, "list": CAMPAIGNS_ABANDONED, "rank": "r"}
    assert after(looked_at(refunding, "x"), stored)["behind"] == "x"
    assert "list" not in after(passed(refunding, None), stored)
    later = [Refunding(campaign=ID, reason="r", passes=passes).next_at(NOW).rank[:16] for passes in (0, 3, 50)]
    assert later == ["2026-01-31T08:15", "2026-01-31T10:00", "2026-02-01T08:00"]
    again = after(
        passed(refunding, Refunding(campaign=ID, reason="r", passes=1), listed=refunding.next_at(NOW)), stored
    )
    assert (again["behind"], again["passes"], again["rank"]) == ("", 1, f"{later[0]}:00.000Z:{ID}")
