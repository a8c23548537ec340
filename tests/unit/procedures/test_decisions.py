"""What proposing, approving and rejecting a procedure decide: what must hold, what changes, and why it is refused."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.accounts.model import Claim
from chalicelib.accounts.refusals import ApplicationOpen, CampaignsLive, HoldsLive, MerchantStays
from chalicelib.errors import Contended, InvalidRequest, InvalidState, Refusal, RoleNotAllowed
from chalicelib.kernel.decision import Decision
from chalicelib.kernel.record import Posting
from chalicelib.ledger.account import Account, Merchant
from chalicelib.ledger.actions import AccountClosed
from chalicelib.ledger.model import GRAMS, POINTS
from chalicelib.procedures import actions
from chalicelib.procedures.effects import Parties
from chalicelib.procedures.items import Procedure
from chalicelib.procedures.model import NewProcedure, Rejection
from chalicelib.procedures.refusals import HeirUnfit, LoginTaken, NumberElsewhere, OrdersPending, SameOfficial
from chalicelib.table import keys
from chalicelib.table.row import dump
from tests.unit.decisions import AT, ID, after, command, holds, refusal, touched, write_to
from tests.unit.parties import PERSON, SHOP, institution, person

OLD = person(points=700, campaigns=frozenset({"c"}))
NEW, HEIR = keys.account_id("alice-2"), replace(person(points=5), id="heir")
CLAIM, IDENTITY = Claim(OLD.id, OLD.id), keys.identity("hash")
MERCHANT = Merchant(mode="other", status="active", since=AT)
PROCEDURE = Procedure(
    id="p",
    kind="rebind",
    status="proposed",
    account=OLD.id,
    other=NEW,
    new_sub="alice-2",
    reason="lost",
    evidence_sha256="0" * 64,
    proposed_by="official-1",
    proposed_role="exchange",
    proposed_at=AT,
)
FREEING = replace(PROCEDURE, kind="free_identity", other=None, new_sub=None)
INHERITANCE = replace(PROCEDURE, kind="inheritance", other="heir", new_sub=None)
RENAMING = replace(FREEING, kind="rename", account=institution().id, name="新名")
LINE = keys.procedure_line(OLD.id, AT, ID)


def approved(
    procedure: Procedure = PROCEDURE,
    account: Account = OLD,
    other: Account | None = None,
    *,
    sub: str = "official-2",
    role: str = "bureau",
    **more: Any,
) -> Decision:
    parties = Parties(account, other, more.pop("claim", CLAIM), **more)
    return actions.approve(command(role=role, sub=sub), procedure, parties)


def proposed(body: dict[str, Any], parties: Parties | None) -> Decision:
    grounds = {"account": OLD.id, "reason": "lost", "evidence_sha256": "0" * 64}
    order = command(NewProcedure.model_validate(grounds | body), role="exchange", sub="official-1")
    return actions.propose(order, actions.drafted(order, keys.account_id), parties)


# proposing


def test_a_proposal_is_kept_listed_and_seen_by_the_holder() -> None:
    decision = proposed({"kind": "rebind", "new_sub": "alice-2"}, Parties(OLD, None, CLAIM))
    assert touched(decision) == [keys.procedure(ID), LINE]
    kept = after(write_to(decision, keys.procedure(ID)))
    assert kept == dump(replace(PROCEDURE, id=ID)) | {"list": "procedures", "rank": f"{AT}:{ID}"}
    line = after(write_to(decision, LINE))
    assert (line["status"], line["role"], line["reason"]) == ("proposed", "exchange", "lost")
    assert decision.answer.model_dump() == {"id": ID, "kind": "rebind", "status": "proposed", "name": None}


@pytest.mark.parametrize(
    ("body", "parties", "pointer"),
    [
        ({"kind": "free_identity"}, None, "/account"),
        ({"kind": "rename", "name": "新名"}, Parties(OLD), "/account"),
        ({"kind": "inheritance", "heir": "heir"}, Parties(institution(), HEIR), "/account"),
        ({"kind": "inheritance", "heir": "none"}, Parties(OLD), "/heir"),
        ({"kind": "inheritance", "heir": "shop"}, Parties(OLD, institution()), "/heir"),
    ],
)
def test_a_proposal_that_fits_no_account_is_refused(
    body: dict[str, Any], parties: Parties | None, pointer: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        proposed(body, parties)
    assert [fault["pointer"] for fault in refused.value.facts["errors"]] == [pointer]


def test_what_could_not_be_approved_is_not_proposed() -> None:
    with pytest.raises(LoginTaken):
        proposed({"kind": "rebind", "new_sub": "alice-2"}, Parties(OLD, HEIR, CLAIM))


# deciding


@pytest.mark.parametrize("role", ["exchange", "bureau"])
def test_who_proposed_does_not_approve(role: str) -> None:
    with pytest.raises(SameOfficial):
        approved(sub="official-1", role=role)


@pytest.mark.parametrize("status", ["approved", "rejected"])
def test_what_is_decided_is_not_decided_again(status: Any) -> None:
    with pytest.raises(InvalidState):
        approved(replace(PROCEDURE, status=status))
    write = write_to(approved(), PROCEDURE.key)
    assert isinstance(refusal(write, replace(PROCEDURE, status=status)), InvalidState)


def test_a_holder_decides_nothing() -> None:
    with pytest.raises(RoleNotAllowed):
        approved(role="individual")


def test_the_new_login_is_forgotten_with_the_decision() -> None:
    for decision in (approved(), actions.reject(command(Rejection(reason="no"), role="bureau", sub="b"), PROCEDURE)):
        kept = after(write_to(decision, PROCEDURE.key), PROCEDURE)
        assert "new_sub" not in kept
        assert kept["decided_at"] == AT
        assert "alice-2" not in decision.answer.model_dump_json()


def test_a_rejection_changes_nothing_else() -> None:
    decision = actions.reject(command(Rejection(reason="no"), role="bureau", sub="b"), PROCEDURE)
    assert touched(decision) == [PROCEDURE.key, LINE]
    assert after(write_to(decision, PROCEDURE.key), PROCEDURE)["rejection"] == "no"
    assert after(write_to(decision, LINE))["reason"] == "no"


# rebinding


def test_everything_moves_to_the_new_account_with_its_number_and_its_person() -> None:
    decision = approved()
    new = keys.account(keys.holder(NEW))
    applying, other_line, login = keys.applying(OLD.id), keys.procedure_line(NEW, AT, ID), keys.login(NEW)
    assert touched(decision) == [PROCEDURE.key, OLD.key, new, IDENTITY, applying, login, LINE, other_line]
    assert decision.facts.postings == (Posting(PERSON, keys.holder(NEW), 700, POINTS),)
    assert (decision.kind, decision.facts.movement) == ("account_rebound", "account_transfer")
    opened = after(write_to(decision, new))
    assert {name: opened[name] for name in ("points", "status", "person", "identity", "campaigns", "formerly")} == {
        "points": 700,
        "status": "active",
        "person": OLD.id,
        "identity": "hash",
        "campaigns": {"c"},
        "formerly": {OLD.id},
    }
    closed = after(write_to(decision, OLD.key), OLD)
    assert (closed["points"], closed["status"], closed["identity"], closed["successor"]) == (0, "closed", "", NEW)
    assert after(write_to(decision, IDENTITY), CLAIM) == {"account": NEW, "person": OLD.id, "open": True}
    assert isinstance(refusal(write_to(decision, new), HEIR), LoginTaken)
    assert isinstance(refusal(write_to(decision, applying), {"application": "a"}), ApplicationOpen)


def test_an_empty_account_is_rebound_without_a_movement() -> None:
    decision = approved(account=person())
    assert (decision.facts.movement, decision.facts.postings) == (None, ())
    assert after(write_to(decision, keys.account(keys.holder(NEW))))["points"] == 0


def test_debts_and_a_freeze_move_too() -> None:
    decision = approved(account=person(debt_points=40, status="frozen"))
    opened = after(write_to(decision, keys.account(keys.holder(NEW))))
    assert (opened["debt_points"], opened["status"]) == (40, "frozen")


@pytest.mark.parametrize(
    ("there", "why"),
    [
        (replace(OLD, status="closed"), AccountClosed),
        (replace(OLD, pending=1), OrdersPending),
        (replace(OLD, held=5), HoldsLive),
        (replace(OLD, campaigns_live=1), CampaignsLive),
        (replace(OLD, merchant=MERCHANT), MerchantStays),
        (replace(OLD, points=699), Contended),
        (replace(OLD, grams=1), Contended),
        (replace(OLD, debt_points=1), Contended),
        (replace(OLD, status="frozen"), Contended),
    ],
)
@pytest.mark.parametrize(("procedure", "other"), [(PROCEDURE, None), (FREEING, None), (INHERITANCE, HEIR)])
def test_what_stands_in_the_way_is_named_before_and_in_the_transaction(
    procedure: Procedure, other: Account | None, there: Account, why: type[Refusal]
) -> None:
    write = write_to(approved(procedure, other=other), OLD.key)
    assert holds(write, OLD)
    assert type(refusal(write, there)) is why
    if why is not Contended and not (procedure is FREEING and why is AccountClosed):
        with pytest.raises(why):
            approved(procedure, there, other)


def test_a_campaign_that_the_account_does_not_count_holds_it() -> None:
    with pytest.raises(CampaignsLive):
        approved(promised=True)


# freeing


def test_a_freed_number_starts_a_new_person_and_the_points_are_cancelled() -> None:
    decision = approved(FREEING)
    assert after(write_to(decision, IDENTITY), CLAIM) == dump(CLAIM) | {"open": False, "mark": "freed"}
    assert decision.facts.postings == (
        Posting(PERSON, keys.POOL, 700, POINTS),
        Posting(keys.POOL, keys.RETIRED, 700, GRAMS),
    )
    assert (decision.facts.counterparty, decision.facts.certificate) == ("ex_officio", None)
    assert after(write_to(decision, OLD.key), OLD)["identity"] == ""


def test_what_it_owes_is_repaid_before_the_rest_is_cancelled() -> None:
    decision = approved(FREEING, person(points=100, debt_points=30, grams=9, debt_grams=10))
    sums: dict[tuple[str, str], int] = {}
    for source, destination, amount, asset in decision.facts.postings:
        sums[source, asset] = sums.get((source, asset), 0) - amount
        sums[destination, asset] = sums.get((destination, asset), 0) + amount
    assert (sums[keys.RETIRED, GRAMS], sums[keys.ISSUED, GRAMS]) == (70, 39)
    assert sums[PERSON, POINTS] == -100
    assert (sums[keys.UNCOVERED, "debt_points"], sums[keys.UNCOVERED, "debt_grams"]) == (30, 9)


@pytest.mark.parametrize("claim", [None, Claim("another")])
def test_a_number_that_the_account_does_not_have_is_not_freed(claim: Claim | None) -> None:
    with pytest.raises(NumberElsewhere):
        approved(FREEING, claim=claim)
    with pytest.raises(NumberElsewhere):
        approved(FREEING, replace(OLD, identity="", status="closed"))


# inheriting


def test_the_heir_gets_what_is_left_and_the_number_is_barred() -> None:
    decision = approved(INHERITANCE, replace(OLD, debt_points=100), HEIR)
    assert decision.facts.postings[-1] == Posting(PERSON, HEIR.holder, 600, POINTS)
    assert after(write_to(decision, HEIR.key), HEIR)["points"] == 605
    assert after(write_to(decision, IDENTITY), CLAIM)["mark"] == "ended"
    assert isinstance(refusal(write_to(decision, HEIR.key), replace(HEIR, status="frozen")), HeirUnfit)


def test_a_debt_beyond_the_estate_stays_with_the_closed_account() -> None:
    old = person(debt_points=40)
    decision = approved(INHERITANCE, old, HEIR)
    assert decision.facts.postings == ()
    assert after(write_to(decision, OLD.key), old)["debt_points"] == 40
    watched = write_to(decision, HEIR.key)
    assert (watched.action, holds(watched, HEIR)) == ("ConditionCheck", True)


@pytest.mark.parametrize("heir", [None, replace(HEIR, status="closed"), replace(HEIR, person=OLD.id), OLD])
def test_who_cannot_inherit_does_not(heir: Account | None) -> None:
    with pytest.raises(HeirUnfit):
        approved(INHERITANCE, other=heir)


# renaming


def test_an_institution_is_renamed_unless_it_is_closed() -> None:
    decision = approved(RENAMING, institution())
    write = write_to(decision, keys.account(SHOP))
    assert after(write, institution())["name"] == "新名"
    assert isinstance(refusal(write, institution(status="closed")), AccountClosed)
    with pytest.raises(AccountClosed):
        approved(RENAMING, institution(status="closed"))
