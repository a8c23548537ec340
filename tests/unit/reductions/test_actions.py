"""What reporting, confirming and rejecting decide."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.errors import InvalidRequest, InvalidState, RoleNotAllowed
from chalicelib.kernel.decision import Decision
from chalicelib.ledger.actions import AccountFrozen
from chalicelib.ledger.model import GRAMS, POINTS, Posting
from chalicelib.reductions import actions
from chalicelib.reductions.items import Recipient, Reduction, ReductionState, Usage
from chalicelib.reductions.model import Reason, ReductionAnswer, Report
from chalicelib.scenarios.items import Scenario
from chalicelib.table import keys
from chalicelib.table.lists import REDUCTIONS_REPORTED
from tests.unit.decisions import AT, ID, NOW, after, command, holds, record, refusal, touched, write_to
from tests.unit.scenarios.samples import scenario

TRIP = datetime(2026, 1, 30, 20, tzinfo=UTC)  # the 31st in Shanghai
PERSON, COMPANY = Recipient("alice", "individual", "first"), Recipient("shop", "institution", "shop")
GUARD, ALICE = keys.reduction("metro", "trip-1"), keys.account("account:alice")
USAGE = keys.usage("first", "metro", "20260131")
OPEN = {"kind": "individual", "status": "active", "points": 5, "grams": 0}


def report(
    version: Scenario | None = None, recipient: Recipient = PERSON, *, sub: str = "operator", **changes: Any
) -> Decision:
    fields = {"record_id": "trip-1", "account": recipient.id, "scenario": "metro", "quantity": "10"}
    body = Report(**fields | {"occurred_at": TRIP} | changes)
    return actions.report(command(body, role="scenario_operator", sub=sub), [version or scenario()], recipient)


def test_a_trip_is_converted_in_three_items_with_its_record() -> None:
    decision = report()
    assert touched(decision) == [GUARD, ALICE]
    assert after(write_to(decision, GUARD)) == {"status": "confirmed", "reduction": ID}
    sums = {"earned": 710, "earned:2026-01:metro:SHCER-01": 710, "credits": 1}
    assert after(write_to(decision, ALICE), OPEN) == OPEN | {"points": 715, "unfiled": {ID}} | sums
    assert decision.facts.summed
    assert decision.kind == "reduction_confirmed"
    assert decision.facts.movement == "conversion"
    assert (decision.facts.counterparty, decision.facts.reference, decision.facts.scenario) == ("metro", ID, "metro")
    assert decision.facts.in_grams is None


def test_an_institution_gets_the_grams_and_no_points() -> None:
    decision = report(recipient=COMPANY)
    assert decision.facts.postings == (Posting(keys.ISSUED, "account:shop", 710, GRAMS),)
    assert (decision.facts.movement, decision.facts.in_grams) == ("record", True)
    assert isinstance(decision.answer, ReductionAnswer)
    assert (decision.answer.grams, decision.answer.points) == (710, 0)
    write = write_to(decision, keys.account("account:shop"))
    assert holds(write, OPEN | {"kind": "institution"})
    assert not holds(write, OPEN)


def test_a_manual_scenario_counts_what_is_pending_and_moves_nothing() -> None:
    decision = report(scenario(confirmation="manual"))
    assert after(write_to(decision, GUARD)) == {
        "status": "reported", "reduction": ID, **REDUCTIONS_REPORTED.at(f"{AT}:{ID}").attributes,
    }  # fmt: skip
    assert after(write_to(decision, ALICE), OPEN) == OPEN | {"pending": 1}
    assert (decision.kind, decision.facts.movement) == ("reduction_reported", None)


def test_a_record_stands_once_and_the_refusal_names_the_reduction() -> None:
    refused = refusal(write_to(report(), GUARD), ReductionState("rejected", "other"))
    assert isinstance(refused, actions.AlreadyReported)
    assert refused.facts["reduction"] == "other"


@pytest.mark.parametrize(
    ("account", "refused"),
    [
        (OPEN | {"status": "frozen"}, AccountFrozen),
        (OPEN | {"status": "closed"}, InvalidRequest),
        (OPEN | {"kind": "institution"}, InvalidRequest),
        (None, InvalidRequest),
    ],
)
@pytest.mark.parametrize("confirmation", ["automatic", "manual"])
def test_an_account_that_takes_nothing_says_why(account: Any, refused: type[Exception], confirmation: str) -> None:
    write = write_to(report(scenario(confirmation=confirmation)), ALICE)
    assert isinstance(refusal(write, account), refused)


@pytest.mark.parametrize(
    ("version", "changes", "pointer"),
    [
        ({"operator": "other"}, {}, "/scenario"),
        ({}, {"occurred_at": NOW + timedelta(seconds=11)}, "/occurred_at"),
        ({"valid_from": "2026-01-31T00:00:00.000Z"}, {}, "/occurred_at"),
        ({"valid_until": "2026-01-30T20:00:00.000Z"}, {}, "/occurred_at"),
        ({"quantity_max": "9.999999"}, {}, "/quantity"),
        ({"daily_cap_grams": 709}, {}, "/quantity"),
        ({"requires_grant": True}, {}, "/account"),
        ({}, {"quantity": "0.000000"}, "/quantity"),
        ({"grams_per_unit": "999999999"}, {"quantity": "999999"}, "/quantity"),
    ],
)
def test_what_makes_no_sense_names_its_field(version: Any, changes: Any, pointer: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        report(scenario(**version), **changes)
    assert refused.value.facts["errors"][0]["pointer"] == pointer


def test_a_cap_counts_by_the_person_on_the_day_in_shanghai() -> None:
    decision = report(scenario(daily_cap_grams=1000, records_per_day_max=2))
    assert touched(decision) == [GUARD, USAGE, ALICE]
    write = write_to(decision, USAGE)
    assert after(write, Usage(290, 1)) == {"grams": 1000, "records": 2}
    assert (decision.facts.cap_day, decision.facts.cap_counted) == ("20260131", {"grams": 710, "records": 1})
    for stored, fits in ((None, True), (Usage(290, 1), True), (Usage(291, 1), False), (Usage(0, 2), False)):
        assert holds(write, stored) is fits, stored
    pointers = [refusal(write, each).facts["errors"][0]["pointer"] for each in (Usage(291, 1), Usage(0, 2))]
    assert pointers == ["/quantity", "/occurred_at"]


def test_under_a_cap_an_unknown_account_is_refused_at_once() -> None:
    with pytest.raises(InvalidRequest) as refused:
        report(scenario(daily_cap_grams=1000), Recipient("alice"))
    assert refused.value.facts["errors"][0]["pointer"] == "/account"


def standing(status: str = "reported", recipient: Recipient = PERSON, **facts: Any) -> Reduction:
    answer = ReductionAnswer(
        id="r", status="reported", record_id="trip-1", account=recipient.id, scenario="metro", scenario_version=1,
        quantity="10", occurred_at=AT, grams=710, points=0,
    )  # fmt: skip
    in_grams = recipient.kind == "institution" or None
    made = Reduction(answer, record("reduction_reported", id="r", scenario="metro", in_grams=in_grams, **facts))
    return made.as_in(ReductionState(status, "r"))


def test_confirming_converts_and_takes_the_reduction_off_the_list() -> None:
    decision = actions.confirm(command(role="bureau"), standing())
    assert touched(decision) == [GUARD, ALICE]
    stored = {"status": "reported", "reduction": "r", "list": "reductions", "rank": "x"}
    assert after(write_to(decision, GUARD), stored) == {"status": "confirmed", "reduction": "r", "reason": None}
    assert after(write_to(decision, ALICE), OPEN | {"pending": 1})["pending"] == 0
    assert decision.facts.postings[1] == Posting(keys.POOL, "account:alice", 710, POINTS)
    assert decision.facts.reference == "r"


def test_confirming_an_institutions_reduction_records_grams() -> None:
    decision = actions.confirm(command(role="bureau"), standing(recipient=COMPANY))
    assert decision.facts.postings == (Posting(keys.ISSUED, "account:shop", 710, GRAMS),)
    assert isinstance(decision.answer, ReductionAnswer)
    assert (decision.answer.status, decision.answer.points) == ("confirmed", 0)


def test_rejecting_moves_nothing_and_frees_the_day() -> None:
    reduction = standing(cap_day="20260131", cap_counted={"grams": 710, "records": 1})
    decision = actions.reject(command(Reason(reason="no ticket"), role="bureau"), reduction, PERSON)
    assert touched(decision) == [GUARD, ALICE, USAGE]
    assert decision.facts.movement is None
    assert after(write_to(decision, USAGE), Usage(1000, 2)) == {"grams": 290, "records": 1}
    assert after(write_to(decision, GUARD), ReductionState("reported", "r"))["reason"] == "no ticket"


def test_a_day_that_counted_grams_only_gets_grams_back() -> None:
    decision = actions.reject(command(Reason(reason="no"), role="bureau"), standing(cap_day="20260131"), PERSON)
    assert after(write_to(decision, USAGE), Usage(1000, 2)) == {"grams": 290, "records": 2}


@pytest.mark.parametrize("status", ["confirmed", "rejected"])
def test_what_is_decided_is_not_decided_again(status: str) -> None:
    with pytest.raises(InvalidState):
        actions.confirm(command(role="bureau"), standing(status))
    with pytest.raises(InvalidState):
        actions.reject(command(Reason(reason="no"), role="bureau"), standing(status), PERSON)
    write = write_to(actions.confirm(command(role="bureau"), standing()), GUARD)
    refused = refusal(write, ReductionState(status, "r"))
    assert isinstance(refused, InvalidState)
    assert refused.facts["state"] == status


def test_only_the_bureau_decides() -> None:
    with pytest.raises(RoleNotAllowed):
        actions.confirm(command(role="exchange"), standing())


def test_a_report_has_one_pointer_beside_its_account_and_on_its_scenarios_list() -> None:
    reduction = standing()
    write = actions.file(reduction)
    rank = f"{AT}:r"
    assert write.key == keys.reported("alice", rank)
    stored = after(write)
    assert (stored["reduction"], stored["scenario"], stored["rank"]) == ("r", "metro", rank)
    assert stored["list"] in {f"reductions:metro:{lane}" for lane in range(8)}
    assert not holds(write, stored)


def test_reactions_get_a_report_that_moves_nothing() -> None:
    assert report(scenario(confirmation="manual")).publish
    assert report(scenario(grams_per_unit="0.01")).publish
    assert not report().publish
