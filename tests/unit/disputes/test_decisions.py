"""What opening, answering, ruling and ending a dispute decide: what must hold, what changes, and why it is refused."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest

from chalicelib.disputes import actions, rulings
from chalicelib.disputes.cases import HeldCase, ReducedCase
from chalicelib.disputes.items import (
    EACH_MAX,
    JUDGES,
    OPEN_DAYS,
    REASONS,
    Dispute,
    Guard,
    Kind,
    Matter,
    Reason,
)
from chalicelib.disputes.model import DisputeReply, NewDispute, Ruling, to_answer
from chalicelib.disputes.reactions import GIVEN_BACK
from chalicelib.errors import AlreadyRefunded, Contended, InvalidRequest, InvalidState, RoleNotAllowed
from chalicelib.holds.items import Hold
from chalicelib.kernel.decision import Decision
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.record import Posting
from chalicelib.ledger.model import POINTS
from chalicelib.mall.items import Sale
from chalicelib.reductions.items import Recipient, Reduction, ReductionState
from chalicelib.reductions.model import ReductionAnswer
from chalicelib.table import keys
from chalicelib.table.write import Attr
from tests.unit.decisions import AT, ID, NOW, after, command, holds, record, refusal, touched, write_to
from tests.unit.mall.nouns import ALICE, BUYER, MERCHANT, ORDER, PAYEE, SHOP, TILL, offer, order, sale
from tests.unit.parties import institution, person

SEVEN_DAYS_LATER, RULE_BY = "2026-02-07T08:00:00.000Z", "2026-02-22T08:00:00.000Z"
STATE = keys.order(ORDER)
MATTER = Matter(key=STATE, unchanged=Attr("status").not_exists(), state="placed", at=AT, account=ALICE, merchant=SHOP)
DISPUTE = Dispute(
    id="d", status="awaiting_ruling", kind="redemption", category="redemption", object=ORDER, account=ALICE,
    merchant=SHOP, reason="other", text="no", opened_at=AT, since=AT, answer_by=SEVEN_DAYS_LATER, rule_by=RULE_BY,
)  # fmt: skip
WAITING = replace(DISPUTE, status="awaiting_answer")
HOLD = Hold(
    id="h", status="captured", account=ALICE, merchant=SHOP, grant="g", order_reference="o-1", title="茶", amount=400,
    placed_at=AT, expires_at=AT, captured_points=300, refunded_points=100,
)  # fmt: skip
OF_HOLD = replace(DISPUTE, kind="hold", category="hold", object="h")
OF_TRIP = replace(DISPUTE, kind="reduction", category="reduction", object="r", merchant=None, operator="operator")
GUARD = keys.disputed("redemption", ORDER)
OWN, OTHER = keys.own_disputes(ALICE), keys.merchant_disputes(SHOP)


def opened(matter: Matter = MATTER, *, now: Any = NOW, **changes: Any) -> Decision:
    body = {"kind": "redemption", "object": ORDER, "reason": "not_delivered", "text": "none left"} | changes
    return actions.open_dispute(command(NewDispute(**body), now=now), matter)


def ruled(
    dispute: Dispute = DISPUTE, case: Any = None, *, role: str = "exchange", now: Any = NOW, **body: Any
) -> Decision:
    asked = Ruling(**{"outcome": "uphold", "text": "so it is"} | body)
    case = case or Sale(order(), sale(), {TILL: 3000}, offer(), "person", PAYEE)
    return rulings.rule(command(asked, role=role, sub=role, now=now), dispute, case)


def reduced(status: str) -> ReducedCase:
    account = person(points=710)
    answer = ReductionAnswer(
        id="r", status="confirmed", record_id="t", account=account.id, scenario="metro", scenario_version=1,
        quantity="10", occurred_at=AT, grams=710, points=710,
    )  # fmt: skip
    made = Reduction(answer, record("reduction_confirmed", id="r", scenario="metro", month="2026-01", methodology="M"))
    return ReducedCase(made.as_in(ReductionState(status, "r")), Recipient(account.id, person=account.id), account)


def pointers(decision: Decision) -> list[Any]:
    return [after(write_to(decision, keys.dispute_pointer(side, AT, "d"))) for side in (OWN, OTHER)]


# opening


def test_a_dispute_is_kept_with_its_deadlines_and_found_by_both_parties() -> None:
    decision = opened()
    sides = [keys.dispute_pointer(side, AT, ID) for side in (OWN, OTHER)]
    assert touched(decision) == [keys.dispute(ID), GUARD, STATE, keys.dispute_opened(ID), *sides]
    kept = after(write_to(decision, keys.dispute(ID)))
    assert (kept["status"], kept["answer_by"], kept["rule_by"]) == ("awaiting_answer", SEVEN_DAYS_LATER, RULE_BY)
    assert (kept["list"], kept["rank"]) == ("disputes:exchange:awaiting_answer", f"{AT}:{ID}")
    assert after(write_to(decision, GUARD)) == {"dispute": ID, "times": 1}
    own, other = (after(write_to(decision, side)) for side in sides)
    assert own["list"] == f"disputes-of:account:{ALICE}/dispute:awaiting_answer"
    assert other["list"] == f"disputes-of:account:{SHOP}/disputed:awaiting_answer"
    assert (decision.publish, decision.facts.merchant, decision.facts.movement) == (True, SHOP, None)


def test_what_everyone_sees_names_no_person_and_no_operator() -> None:
    for dispute in (DISPUTE, OF_HOLD, OF_TRIP):
        text = to_answer(dispute, NOW).model_dump_json()
        assert ALICE not in text
        assert "operator" not in text


def test_an_object_has_one_open_dispute_and_not_too_many() -> None:
    guard = write_to(opened(), GUARD)
    assert holds(guard)
    assert holds(guard, Guard(EACH_MAX - 1))
    assert refusal(guard, Guard(1, "d")).facts == {"dispute": "d"}
    assert refusal(guard, Guard(EACH_MAX)).code == "limit_reached"


def test_what_moved_since_it_was_read_is_read_again() -> None:
    check = write_to(opened(), STATE)
    assert (check.action, holds(check)) == ("ConditionCheck", True)
    assert isinstance(refusal(check, {"status": "refunded"}), Contended)


def test_what_was_given_back_is_not_disputed() -> None:
    with pytest.raises(InvalidState) as refused:
        opened(replace(MATTER, open=False, state="refunded"))
    assert refused.value.facts == {"state": "refunded", "action": "dispute"}


def test_a_dispute_comes_in_time() -> None:
    last = NOW + timedelta(days=OPEN_DAYS)
    assert opened(now=last).kind == "dispute_opened"
    with pytest.raises(InvalidRequest) as refused:
        opened(now=last + timedelta(seconds=1))
    assert [fault["pointer"] for fault in refused.value.facts["errors"]] == ["/object"]


@pytest.mark.parametrize("reason", get_args(Reason))
@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_reason_belongs_to_what_is_disputed(kind: Kind, reason: Reason) -> None:
    if kind in REASONS[reason][0]:
        assert opened(kind=kind, reason=reason).kind == "dispute_opened"
        return
    with pytest.raises(InvalidRequest) as refused:
        opened(kind=kind, reason=reason)
    assert [fault["pointer"] for fault in refused.value.facts["errors"]] == ["/reason"]


# answering, withdrawing, resolving


def test_an_answer_moves_the_dispute_to_who_rules_it() -> None:
    asked = command(DisputeReply(text="yes"), role="institution", sub="shop")
    decision = actions.answer(asked, WAITING)
    assert touched(decision) == [WAITING.key, *(keys.dispute_pointer(side, AT, "d") for side in (OWN, OTHER))]
    kept = after(write_to(decision, WAITING.key), WAITING)
    assert (kept["status"], kept["answer"], kept["list"]) == (
        "awaiting_ruling", "yes", "disputes:exchange:awaiting_ruling",
    )  # fmt: skip
    assert {each["list"].rpartition(":")[2] for each in pointers(decision)} == {"awaiting_ruling"}
    with pytest.raises(InvalidState):
        actions.answer(asked, DISPUTE)


@pytest.mark.parametrize("status", ["awaiting_answer", "awaiting_ruling"])
@pytest.mark.parametrize(
    ("role", "action", "ended"), [("individual", "withdraw", "withdrawn"), ("system", "resolve", "resolved")]
)
def test_a_dispute_ends_and_frees_its_object(status: Any, role: str, action: str, ended: str) -> None:
    before = replace(DISPUTE, status=status)
    decision = getattr(actions, action)(command(role=role), before)
    kept = after(write_to(decision, before.key), before)
    assert (kept["status"], kept["ended_at"], kept["list"]) == (ended, AT, f"disputes:exchange:{ended}")
    guard = write_to(decision, GUARD)
    assert after(guard, Guard(2, "d")) == {"times": 2}
    assert not holds(guard, Guard(2, "another"))


@pytest.mark.parametrize("status", ["upheld", "dismissed", "withdrawn", "resolved"])
def test_what_has_ended_has_ended_for_good(status: Any) -> None:
    over = replace(DISPUTE, status=status)
    with pytest.raises(InvalidState):
        actions.withdraw(command(), over)
    with pytest.raises(InvalidState):
        actions.resolve(command(role="system"), over)
    with pytest.raises(InvalidState):
        ruled(over)
    write = write_to(ruled(), DISPUTE.key)
    assert isinstance(refusal(write, over), InvalidState)
    assert isinstance(refusal(write, WAITING), Contended)


# ruling


def test_a_ruling_and_its_refund_are_one_transaction() -> None:
    decision = ruled()
    state = write_to(decision, STATE)
    assert after(state)["status"] == "refunded"
    assert after(state)["reason"] == rulings.BECAUSE
    kept = after(write_to(decision, DISPUTE.key), DISPUTE)
    assert (kept["status"], kept["effect"], kept["refunded_points"], kept["ruling"]) == (
        "upheld", "redemption_refunded", 3000, "so it is",
    )  # fmt: skip
    assert Posting(TILL, BUYER, 3000, POINTS) in decision.facts.postings
    facts = decision.facts
    assert (facts.movement, facts.holder, facts.dispute, facts.merchant) == ("refund", MERCHANT, "d", SHOP)
    assert isinstance(refusal(state, {"status": "refunded", "at": AT}), AlreadyRefunded)
    assert len(touched(decision)) == 4 + 3  # the dispute's own, and those of a refund by the exchange


def test_a_dismissal_moves_nothing() -> None:
    decision = ruled(outcome="dismiss")
    kept = after(write_to(decision, DISPUTE.key), DISPUTE)
    assert (kept["status"], kept.get("effect"), decision.facts.postings) == ("dismissed", None, ())
    assert touched(decision) == [DISPUTE.key, *(keys.dispute_pointer(side, AT, "d") for side in (OWN, OTHER)), GUARD]


def test_nothing_is_ruled_before_the_other_party_was_heard_or_had_its_time() -> None:
    with pytest.raises(rulings.RulingTooEarly) as refused:
        ruled(WAITING)
    assert refused.value.facts["answer_by"] == SEVEN_DAYS_LATER
    assert ruled(WAITING, now=NOW + timedelta(days=7)).kind == "dispute_ruled"


@pytest.mark.parametrize("dispute", [DISPUTE, OF_HOLD, OF_TRIP])
def test_only_the_official_of_the_object_rules(dispute: Dispute) -> None:
    other = {"exchange": "bureau", "bureau": "exchange"}[JUDGES[dispute.kind]]
    for role in (other, "individual", "institution"):
        with pytest.raises(RoleNotAllowed):
            ruled(dispute, role=role)


def test_what_the_merchant_gave_back_is_not_given_back_again() -> None:
    with pytest.raises(AlreadyRefunded):
        ruled(case=Sale(order(status="refunded"), sale(), {TILL: 3000}, offer(), "person", PAYEE))
    with pytest.raises(AlreadyRefunded):
        ruled(OF_HOLD, HeldCase(replace(HOLD, refunded_points=300), institution(id=SHOP, points=1000), PAYEE))


@pytest.mark.parametrize(("points", "back"), [(None, 200), (50, 50)])
def test_of_a_captured_hold_all_that_is_left_or_a_part_goes_back(points: int | None, back: int) -> None:
    decision = ruled(OF_HOLD, HeldCase(HOLD, institution(id=SHOP, points=1000), PAYEE), points=points)
    assert decision.facts.postings == (Posting(MERCHANT, BUYER, back, POINTS),)
    kept = after(write_to(decision, OF_HOLD.key), OF_HOLD)
    assert (kept["effect"], kept["refunded_points"]) == ("hold_refunded", back)
    with pytest.raises(InvalidRequest):
        ruled(OF_HOLD, HeldCase(HOLD, institution(id=SHOP, points=1000), PAYEE), points=201)


def test_what_is_held_is_released() -> None:
    hold = replace(HOLD, status="held", captured_points=0, refunded_points=0)
    decision = ruled(OF_HOLD, HeldCase(hold, institution(id=SHOP), PAYEE))
    assert decision.facts.postings == (Posting(hold.name, BUYER, 400, POINTS),)
    assert after(write_to(decision, OF_HOLD.key), OF_HOLD)["refunded_points"] == 400


@pytest.mark.parametrize(
    ("status", "step", "effect"),
    [("reported", "confirm", "confirmed"), ("reported", "reject", "rejected"), ("confirmed", "reverse", "reversed")],
)
def test_a_reduction_is_decided_as_the_bureau_decides_it(status: str, step: str, effect: str) -> None:
    more = {"evidence_sha256": "a" * 64} if step == "reverse" else {}
    case = reduced(status)
    decision = ruled(OF_TRIP, case, role="bureau", step=step, **more)
    assert after(write_to(decision, OF_TRIP.key), OF_TRIP)["effect"] == f"reduction_{effect}"
    assert after(write_to(decision, case.reduction.key), {"status": status, "reduction": "r"})["status"] == effect
    assert (decision.answer.model_dump()["reduction"]["status"], decision.facts.dispute) == (effect, "d")


def test_a_reduction_that_cannot_be_changed_is_upheld_in_words() -> None:
    decision = ruled(OF_TRIP, reduced("rejected"), role="bureau", step="none")
    assert after(write_to(decision, OF_TRIP.key), OF_TRIP)["status"] == "upheld"
    with pytest.raises(InvalidState):
        ruled(OF_TRIP, reduced("rejected"), role="bureau", step="confirm")


@pytest.mark.parametrize(
    ("dispute", "role", "body", "pointer"),
    [
        (DISPUTE, "exchange", {"points": 5}, "/points"),
        (DISPUTE, "exchange", {"step": "confirm"}, "/step"),
        (DISPUTE, "exchange", {"evidence_sha256": "a" * 64}, "/evidence_sha256"),
        (OF_TRIP, "bureau", {}, "/step"),
        (OF_TRIP, "bureau", {"step": "reverse"}, "/evidence_sha256"),
        (OF_TRIP, "bureau", {"step": "none", "points": 5}, "/points"),
        (OF_TRIP, "bureau", {"outcome": "dismiss", "step": "none"}, "/step"),
    ],
)
def test_what_does_not_belong_to_a_ruling_is_named(
    dispute: Dispute, role: str, body: dict[str, Any], pointer: str
) -> None:
    case = reduced("confirmed") if dispute is OF_TRIP else None
    with pytest.raises(InvalidRequest) as refused:
        ruled(dispute, case, role=role, **body)
    assert [fault["pointer"] for fault in refused.value.facts["errors"]] == [pointer]


def test_the_answer_of_a_ruling_has_no_voucher() -> None:
    sold = Sale(order(voucher="SH-1", note="x", vouchers=["SH-1"]), sale(), {TILL: 3000}, offer(), "person", PAYEE)
    bare = ruled(case=sold).answer.model_dump()["redemption"]
    assert (bare["status"], bare["voucher"], bare["note"], bare["vouchers"]) == ("refunded", None, None, [])


def test_every_end_of_an_order_or_hold_resolves_its_dispute() -> None:
    assert set(GIVEN_BACK) == {"redemption_refunded", "hold_refunded", "hold_released", "hold_expired"}


def test_an_age_ends_with_the_dispute() -> None:
    later = NOW + timedelta(hours=1)
    assert to_answer(DISPUTE, later).age_seconds == 3600
    over = replace(DISPUTE, status="withdrawn", ended_at=stamp(later))
    assert to_answer(over, later + timedelta(days=1)).age_seconds == 3600
