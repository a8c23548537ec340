"""Proposing, changing and judging a campaign: what each Decision writes, asks for and refuses."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.campaigns.actions import approve, edit, propose, reject
from chalicelib.campaigns.model import Approval, CampaignEdit, Judgement, NewCampaign
from chalicelib.campaigns.refusals import CampaignEdited, CampaignExpired
from chalicelib.errors import Contended, InvalidRequest, InvalidState
from chalicelib.kernel.decision import Decision
from chalicelib.table import keys
from chalicelib.table.lists import CAMPAIGNS, CAMPAIGNS_PROPOSED
from chalicelib.table.row import dump
from tests.unit.campaigns.samples import ACCOUNTS, AFTER_THE_END, CAMPAIGN, ID, account, campaign
from tests.unit.decisions import AT, command, holds, refusal, touched, write_to
from tests.unit.decisions import ID as COMMAND
from tests.unit.decisions import after as after_write
from tests.unit.parties import SHOP, at, institution

PLACE = keys.campaign(ID)
TWENTY = {f"campaign-{number}" for number in range(20)}
NEW = NewCampaign.model_validate_json(
    """{"title": "马拉松", "purpose": "event", "description": "赛事", "target_grams": 1000,
        "ends_at": "2026-12-31T16:00:00Z"}"""
)


def shop(body: Any) -> Any:
    return command(body, role="institution", sub="shop")


def exchange(body: Any, **options: Any) -> Any:
    return command(body, role="exchange", sub="exchange", **options)


@pytest.fixture
def proposed() -> Decision:
    return propose(shop(NEW), institution())


def test_a_proposal_waits_in_the_list_of_the_exchange_and_among_its_institutions_own(proposed: Decision) -> None:
    kept = after_write(write_to(proposed, keys.campaign(COMMAND)))
    assert kept.pop("list") == CAMPAIGNS_PROPOSED
    assert kept.pop("rank") == f"{AT}:{COMMAND}"
    assert (kept["status"], kept["ends_at"], kept["counted"]) == ("proposed", CAMPAIGN.ends_at, True)
    assert "reason" not in kept
    pointer = keys.own_campaign(CAMPAIGN.institution, AT, COMMAND)
    assert after_write(write_to(proposed, pointer)) == {"campaign": COMMAND, "at": AT}
    assert len(touched(proposed)) == 3
    assert proposed.facts.postings == ()
    assert proposed.answer.model_dump().items() >= {"gathered_points": 0, "donors": 0, "edits": 0}.items()


def test_a_proposal_is_counted_on_the_account_of_its_institution(proposed: Decision) -> None:
    write = at(proposed, SHOP)
    assert holds(write, institution())
    counted = after_write(write, institution(proposals={"other"}, campaigns_live=1))
    assert (counted["campaigns_live"], counted["proposals"]) == (2, {"other", COMMAND})
    assert holds(write, institution(proposals=set(sorted(TWENTY)[:19])))


@pytest.mark.parametrize(
    ("stored", "code"),
    [
        (None, "not_found"),
        (institution(status="frozen", proposals=TWENTY), "account_frozen"),
        (institution(status="closed"), "account_closed"),
        (institution(proposals=TWENTY), "too_many_proposals"),
    ],
)
def test_who_cannot_act_or_has_twenty_that_wait_proposes_nothing(proposed: Decision, stored: Any, code: str) -> None:
    refused = refusal(at(proposed, SHOP), stored)
    assert (refused.status, refused.code) == (404 if code == "not_found" else 409, code)
    if code == "too_many_proposals":
        assert refused.facts == {"held": 20, "limit": 20}


def test_a_proposal_must_not_end_in_the_past() -> None:
    with pytest.raises(InvalidRequest):
        propose(command(NEW, now=datetime(2027, 1, 1, tzinfo=UTC)), institution())


def changes(**fields: Any) -> CampaignEdit:
    return CampaignEdit(**fields)


def test_an_edit_changes_what_it_names_and_counts_itself() -> None:
    decision = edit(shop(changes(title="半马", target_grams=5)), campaign(edits=1))
    write = write_to(decision, PLACE)
    assert holds(write, campaign(edits=1))
    edited = after_write(write, campaign(edits=1))
    assert (edited["title"], edited["target_grams"], edited["edits"]) == ("半马", 5, 2)
    assert (edited["description"], edited["status"]) == ("赛事", "proposed")
    assert decision.answer.model_dump().items() >= {"title": "半马", "edits": 2, "description": "赛事"}.items()
    assert holds(at(decision, SHOP), institution())
    assert refusal(at(decision, SHOP), institution(status="frozen")).code == "account_frozen"


@pytest.mark.parametrize(
    ("stored", "kind"), [(campaign("approved"), InvalidState), (campaign(edits=1), Contended), (None, Contended)]
)
def test_an_edit_of_what_moved_meanwhile_is_refused_or_decided_again(stored: Any, kind: type) -> None:
    decision = edit(shop(changes(title="半马")), campaign())
    assert type(refusal(write_to(decision, PLACE), stored)) is kind


@pytest.mark.parametrize("body", [{}, {"title": None}, {"title": "x", "description": None}])
def test_an_edit_names_something_and_nothing_null(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        edit(shop(changes(**body)), campaign())


def test_an_edit_cannot_move_the_end_into_the_past() -> None:
    with pytest.raises(InvalidRequest):
        edit(shop(CampaignEdit.model_validate_json('{"ends_at": "2026-01-31T08:00:00Z"}')), campaign())


@pytest.mark.parametrize("status", ["approved", "rejected", "ended", "closed"])
def test_what_was_judged_is_neither_changed_nor_judged_again(status: str) -> None:
    decided = campaign(status)
    with pytest.raises(InvalidState):
        edit(shop(changes(title="x")), decided)
    with pytest.raises(InvalidState):
        approve(exchange(Approval()), decided)
    with pytest.raises(InvalidState):
        reject(exchange(Judgement()), decided)


def test_an_approval_shows_the_campaign_to_the_public_and_opens_its_accounts() -> None:
    decision = approve(exchange(Approval()), campaign())
    moved = after_write(write_to(decision, PLACE), campaign())
    place = (moved["list"], moved["rank"])
    assert (moved["status"], place) == ("approved", (CAMPAIGNS, f"{CAMPAIGN.proposed_at}:{ID}"))
    for name in ACCOUNTS:
        assert after_write(at(decision, name)) == {
            "status": "approved", "ends_at": CAMPAIGN.ends_at, "points": 0, "gathered": 0, "donors": 0,
        }  # fmt: skip
        assert not holds(at(decision, name), account())
    assert len(touched(decision)) == 2 + len(ACCOUNTS)


def test_an_approved_campaign_waits_no_more_and_stays_live() -> None:
    write = at(approve(exchange(Approval()), campaign()), SHOP)
    waiting = institution(proposals={ID, "other"}, campaigns_live=2)
    assert holds(write, waiting)
    left = after_write(write, waiting)
    assert (left["proposals"], left["campaigns_live"]) == ({"other"}, 2)
    assert "proposals" not in after_write(write, institution(proposals={ID}))
    assert "proposals" not in after_write(write, institution())
    assert refusal(write, institution(status="frozen")).code == "account_frozen"
    assert refusal(write, institution(status="closed")).code == "account_closed"


def test_an_approval_holds_for_what_was_read_only() -> None:
    write = write_to(approve(exchange(Approval()), campaign()), PLACE)
    before_edits = {name: value for name, value in dump(campaign()).items() if name != "edits"}
    assert holds(write, campaign())
    assert holds(write, before_edits)
    assert type(refusal(write, campaign(edits=1))) is Contended
    assert type(refusal(write, campaign("rejected"))) is InvalidState
    with pytest.raises(CampaignEdited) as refused:
        approve(exchange(Approval(edits=0)), campaign(edits=2))
    assert refused.value.facts["edits"] == 2
    assert approve(exchange(Approval(edits=2)), campaign(edits=2)).kind == "campaign_approved"


def test_a_campaign_past_its_end_is_not_approved() -> None:
    with pytest.raises(CampaignExpired):
        approve(exchange(Approval(), now=datetime.fromisoformat(AFTER_THE_END)), campaign())


def test_a_rejected_campaign_leaves_the_lists_and_counts_no_more() -> None:
    decision = reject(exchange(Judgement(reason="去年已举办")), campaign())
    stored = dump(campaign()) | {"list": CAMPAIGNS_PROPOSED, "rank": "r"}
    moved = after_write(write_to(decision, PLACE), stored)
    assert (moved["status"], moved["reason"]) == ("rejected", "去年已举办")
    assert not {"list", "rank"} & moved.keys()
    write = at(decision, SHOP)
    left = after_write(write, institution(proposals={ID, "other"}, campaigns_live=2))
    assert (left["campaigns_live"], left["proposals"]) == (1, {"other"})
    assert holds(write, institution(status="frozen"))
    assert not holds(write)


def test_a_campaign_of_before_the_counter_is_not_taken_from_it() -> None:
    decision = reject(exchange(Judgement()), campaign(counted=False))
    assert after_write(at(decision, SHOP), institution())["campaigns_live"] == 0
