"""The first step of a departure and the last: what they ask for, change and refuse."""

from typing import Any

import pytest

from chalicelib.departures import actions
from chalicelib.departures.items import Departure
from chalicelib.departures.model import EventRuns, Leave, MembersStay
from chalicelib.errors import Contended, InvalidState, RoleNotAllowed
from chalicelib.kernel.decision import Decision
from chalicelib.kernel.record import Facts, Posting
from chalicelib.ledger.account import Account, EventTerms
from chalicelib.ledger.actions import AccountClosed, AccountFrozen
from chalicelib.ledger.model import GRAMS, POINTS
from chalicelib.table import keys
from chalicelib.table.row import load
from tests.unit.decisions import AT, ID, after, command, holds, refusal, touched, write_to
from tests.unit.merchants.accounts import account, merchant

ACCOUNT, NOTE, DEPARTURE = keys.account("account:shop"), keys.shelving("shop"), keys.departure("shop")
LINE = keys.application_step("application", AT, ID)
BEGUN = Departure(
    id="begun", merchant="shop", status="leaving", initiator="institution", reason="r", since=AT, serve_by="2026-03"
)


def leave(known: Account, role: str = "institution") -> Decision:
    action = {"institution": "leave", "exchange": "terminate"}[role]
    return actions.leave(command(Leave(reason="why"), role=role, sub="shop"), known, action, 30)


def settle(known: Account, departure: Departure = BEGUN) -> Decision:
    return actions.settle(command(role="system", sub="system"), departure, known)


@pytest.mark.parametrize(("role", "action"), [("institution", "leave"), ("exchange", "terminate")])
@pytest.mark.parametrize("status", ["active", "suspended", "ended"])
def test_a_departure_begins_with_a_turn_that_the_offers_follow(role: str, action: str, status: str) -> None:
    known = account(merchant=merchant(status=status, application="application", suspended_by=("exchange",)))
    decision = leave(known, role)
    assert decision.publish
    assert touched(decision) == [ACCOUNT, NOTE, DEPARTURE, LINE]
    turned = load(Account, after(write_to(decision, ACCOUNT), known)).as_merchant
    assert (turned.status, turned.turn, turned.suspended_by, turned.completed) == ("leaving", ID, (), None)
    begun = after(write_to(decision, DEPARTURE))
    assert (begun["since"], begun["serve_by"], begun["initiator"]) == (AT, "2026-03-02T08:00:00.000Z", role)
    assert (begun["list"], begun["rank"]) == ("departures", f"{AT}:shop")
    line = after(write_to(decision, LINE))
    assert (line["action"], line["status"], line["comment"]) == (action, "leaving", "why")


@pytest.mark.parametrize("status", ["leaving", "left"])
def test_who_leaves_does_not_leave_again(status: str) -> None:
    with pytest.raises(InvalidState):
        leave(account(merchant=merchant(status=status)))


def test_nobody_takes_the_step_of_another() -> None:
    with pytest.raises(RoleNotAllowed):
        actions.leave(command(Leave(reason="r"), role="bureau"), account(merchant=merchant()), "terminate", 30)


def test_an_event_keeps_its_merchant_until_it_is_over() -> None:
    terms: dict[str, Any] = {"starts_at": "2025", "per_account_limit": 1}
    with pytest.raises(EventRuns):
        leave(account(merchant=merchant(event=EventTerms(ends_at="2027", **terms))))
    with pytest.raises(EventRuns) as refused:
        leave(account(merchant=merchant(event=EventTerms(ends_at="2025-12", **terms), events_until="2028")))
    assert refused.value.facts["ends_at"] == "2028", "an event beside its mode keeps it too"
    assert leave(account(merchant=merchant(event=EventTerms(ends_at="2025-12", **terms)))).kind == "merchant_leaving"
    assert leave(account(merchant=merchant(events_until="2025-12"))).kind == "merchant_leaving"


def test_a_member_gives_its_place_back() -> None:
    decision = leave(account(merchant=merchant(sub_platform="operator", counted=True)))
    member, operator = keys.member("operator", "shop"), keys.account("account:operator")
    assert {member, operator, keys.member_step("operator", "shop", AT, ID)} < set(touched(decision))
    assert after(write_to(decision, operator), account(id="operator", members=3))["members"] == 2


def test_what_stands_in_the_way_of_leaving() -> None:
    write = write_to(leave(account(merchant=merchant())), ACCOUNT)
    assert isinstance(refusal(write, account("frozen", merchant=merchant())), AccountFrozen)
    assert isinstance(refusal(write, account("closed", merchant=merchant())), AccountClosed)
    assert isinstance(refusal(write, account(merchant=merchant(), members=2)), MembersStay)
    assert isinstance(refusal(write, account(merchant=merchant(turn="another"))), Contended)
    assert holds(write, account(merchant=merchant(), members=0))


def test_the_exchange_ends_it_with_a_frozen_merchant_but_not_with_a_closed_one() -> None:
    write = write_to(leave(account(merchant=merchant()), "exchange"), ACCOUNT)
    assert holds(write, account("frozen", merchant=merchant()))
    assert isinstance(refusal(write, account("closed", merchant=merchant())), AccountClosed)
    assert isinstance(refusal(write, account("frozen", merchant=merchant(), members=1)), MembersStay)


def test_one_departure_at_a_time() -> None:
    write = write_to(leave(account(merchant=merchant())), DEPARTURE)
    assert not holds(write, BEGUN)
    assert holds(write, {"status": "left"})


@pytest.mark.parametrize("points", [1, 999_999, 2_345_678])
def test_every_point_is_bought_back_and_its_gram_goes_with_it(points: int) -> None:
    known = account(points=points, merchant=merchant(status="leaving", application="application"))
    decision = settle(known)
    assert touched(decision) == [ACCOUNT, DEPARTURE, LINE]
    assert decision.facts.postings == (
        Posting("account:shop", keys.POOL, points, POINTS),
        Posting(keys.POOL, "account:shop", points, GRAMS),
    )
    stored = load(Account, after(write_to(decision, ACCOUNT), known))
    assert (stored.points, stored.grams) == (0, points)
    left = stored.as_merchant
    assert (left.status, left.left_at, left.completed, left.turn) == ("left", AT, AT, ID)
    ended = after(write_to(decision, DEPARTURE), BEGUN)
    assert (ended["status"], ended["points"], ended["left_at"]) == ("left", points, AT)


def test_without_points_nothing_moves() -> None:
    decision = settle(account(merchant=merchant(status="leaving")))
    assert decision.facts == Facts(merchant="shop")


def test_a_point_or_a_turn_more_is_decided_again() -> None:
    write = write_to(settle(account(points=5, merchant=merchant(status="leaving"))), ACCOUNT)
    for points, turn in ((6, "before"), (4, "before"), (5, "another")):
        stored = account(points=points, merchant=merchant(status="leaving", turn=turn))
        assert isinstance(refusal(write, stored), Contended)
    assert isinstance(refusal(write, account("frozen", points=5, merchant=merchant())), AccountFrozen)


def test_the_last_step_is_taken_once() -> None:
    write = write_to(settle(account(merchant=merchant(status="leaving"))), DEPARTURE)
    assert isinstance(refusal(write, {"id": "begun", "status": "left"}), InvalidState)
    assert not holds(write, {"id": "a later one", "status": "leaving"})
    with pytest.raises(InvalidState):
        settle(account(), Departure(**(vars(BEGUN) | {"status": "left"})))
