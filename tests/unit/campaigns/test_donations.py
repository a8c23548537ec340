"""A donation: points go to one campaign account, a certificate proves it, and a donor counts once."""

from typing import Any

import pytest

from chalicelib.campaigns.donations import CampaignProposed, donate
from chalicelib.campaigns.model import NewDonation
from chalicelib.errors import Contended
from chalicelib.kernel.decision import Decision
from chalicelib.kernel.record import Posting
from chalicelib.ledger.model import POINTS
from chalicelib.table import keys
from tests.unit.campaigns.samples import ACCOUNTS, AFTER_THE_END, ID, account, campaign
from tests.unit.decisions import ID as COMMAND
from tests.unit.decisions import after, command, holds, refusal, touched
from tests.unit.parties import PERSON, SERIAL_KEY, at, certificate, person

INTO = ACCOUNTS[3]


def given(points: int = 500, status: str = "approved", **changes: Any) -> Decision:
    body = NewDonation(campaign=ID, points=points)
    donor = person(points=points, **changes)
    return donate(command(body), campaign(status), donor, stripe=3, serial_key=SERIAL_KEY)


def test_points_go_from_the_person_to_one_account_of_the_campaign() -> None:
    decision = given()
    assert decision.facts.movement == "donation"
    assert decision.facts.postings == (Posting(PERSON, INTO, 500, POINTS),)
    assert decision.facts.counterparty == ID
    assert len(touched(decision)) == 3
    collected = after(at(decision, INTO), account(points=100, gathered=100, donors=1))
    assert (collected["points"], collected["gathered"], collected["donors"]) == (600, 600, 2)
    left = after(at(decision, PERSON), person(points=700))
    assert (left["points"], left["campaigns"], left["unfiled"]) == (200, {ID}, {COMMAND})


def test_the_certificate_names_the_donor_as_masked_and_the_campaign() -> None:
    decision = given()
    assert certificate(decision).items() >= {
        "kind": "donation", "holder": "王**", "beneficiary": "示例商贸", "grams": 500, "points": 500,
        "purpose": "event", "campaign": ID, "title": "马拉松", "record": COMMAND,
    }.items()  # fmt: skip
    assert "donors" not in certificate(decision)
    assert decision.answer.model_dump()["certificate"]["serial"] == certificate(decision)["serial"]


def test_who_gave_before_is_no_second_donor() -> None:
    decision = given(campaigns={ID})
    assert after(at(decision, INTO), account(donors=1))["donors"] == 1
    assert after(at(decision, PERSON), person(points=500, campaigns={ID}))["campaigns"] == {ID}
    assert holds(at(decision, PERSON), person(points=500, campaigns={ID}))


GAVE = {"campaigns": {ID}}


@pytest.mark.parametrize(("before", "now"), [({}, GAVE), (GAVE, {}), (GAVE, {"campaigns": {"another"}})])
def test_a_donation_that_another_overtook_is_decided_again(before: Any, now: Any) -> None:
    assert type(refusal(at(given(**before), PERSON), person(points=500, **now))) is Contended


@pytest.mark.parametrize(
    ("stored", "code"),
    [
        (person(points=499), "insufficient_points"),
        (person(points=500, status="frozen"), "account_frozen"),
        (person(points=500, status="closed"), "account_closed"),
        (None, "account_closed"),
    ],
)
def test_nobody_gives_what_she_lacks_or_may_not_move(stored: Any, code: str) -> None:
    assert refusal(at(given(), PERSON), stored).code == code


def test_what_is_short_is_in_the_refusal() -> None:
    assert refusal(at(given(), PERSON), person(points=499)).facts == {"needed": 500, "available": 499}


def test_a_campaign_account_takes_points_until_its_end_only() -> None:
    write = at(given(), INTO)
    assert holds(write, account())
    for status in ("ended", "closed"):
        refused = refusal(write, account(status))
        assert (refused.code, refused.facts["state"]) == ("campaign_closed", status)
    past = vars(account()) | {"ends_at": "2026-01-31T08:00:00.000Z"}
    assert refusal(write, past).code == "campaign_closed"
    assert holds(write, vars(account()) | {"ends_at": AFTER_THE_END})


@pytest.mark.parametrize(("status", "kind"), [("proposed", CampaignProposed), ("rejected", None)])
def test_a_campaign_without_accounts_states_its_own_state(status: str, kind: Any) -> None:
    refused = refusal(at(given(status=status), INTO))
    assert (refused.code, refused.facts["state"]) == ("campaign_closed", status)
    assert isinstance(refused, CampaignProposed) == (kind is CampaignProposed)
    assert "?" not in refused.text("en") + refused.text("zh")


def test_a_key_of_its_own_makes_serials_that_cannot_be_guessed() -> None:
    other = donate(
        command(NewDonation(campaign=ID, points=500)), campaign("approved"), person(), stripe=0, serial_key=b"l" * 32
    )
    assert certificate(other)["serial"] != certificate(given())["serial"]
    assert keys.certificate(certificate(other)["serial"]) in touched(other)
