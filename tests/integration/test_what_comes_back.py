"""What comes back to a person arrives, whatever became of her account since: frozen, rebound, opened again, inherited.

A freeze stops what she does, not what others owe her; what comes is frozen, too (docs/adr/0042).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.campaigns.refunding.worker import refund_due
from chalicelib.holds.worker import expire_due as expire_holds
from chalicelib.mall.redemptions.worker import expire_due as expire_orders
from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.write import update
from tests import books, consents, disputes
from tests.officials import done, held
from tests.world import PEOPLE, Answer, World

FROZEN = (409, "account_frozen")
CAMPAIGN = {
    "title": "赛",
    "purpose": "event",
    "description": "赛事",
    "target_grams": 1000,
    "ends_at": "2999-01-01T00:00:00Z",
}
POINTS = 1000  # what is on its way back in every case, but of a hold 300 of 400
Way = Callable[[World], Callable[[], Any]]


def to_freeze(world: World) -> None:
    world.freeze(str(world.me()["id"]))


# Each prepares what is owed, and answers how it comes back.


def _order(world: World, **offer: Any) -> str:
    world.merchant()
    world.rich(points=POINTS)
    return str(world.redeem(world.offer(**offer)).body["id"])


def _fulfilled(world: World) -> str:
    order = _order(world)
    assert world.fulfil(order).status == 200
    return order


def an_order(world: World) -> Callable[[], Answer]:
    order = _fulfilled(world)
    return lambda: world.refund(order)


def an_order_after_the_sweep(world: World) -> Callable[[], Answer]:
    order = _fulfilled(world)
    world.sweep()
    return lambda: world.refund(order, role="exchange", sub="exchange")


def an_order_out_of_grams(world: World) -> Callable[[], Answer]:
    order = _fulfilled(world)
    world.sweep()
    shop = keys.account(keys.holder(keys.account_id("shop")))
    commit([update(shop, add={"points": -POINTS, "grams": POINTS})])  # bought back
    return lambda: world.refund(order)


def a_ruling_on_an_order(world: World) -> Callable[[], Answer]:
    claimed = disputes.answered(world, "redemption", _fulfilled(world))
    return lambda: disputes.rule(world, claimed)


def a_captured_hold(world: World) -> Callable[[], Answer]:
    id = disputes.captured(world)
    return lambda: consents.refund(world, id, 300)


def a_ruling_on_a_captured_hold(world: World) -> Callable[[], Answer]:
    claimed = disputes.answered(world, "hold", disputes.captured(world))
    return lambda: disputes.rule(world, claimed)


def a_donation(world: World) -> Callable[[], Answer]:
    world.institution()
    id = str(world.post("/v1/campaigns", CAMPAIGN, role="institution", sub="shop").body["id"])
    assert world.post(f"/v1/campaigns/{id}/approve", role="exchange", sub="exchange").status == 200
    world.rich(points=POINTS)
    given = world.post("/v1/donations", {"campaign": id, "points": POINTS}, **consents.ALICE)
    assert given.status == 201, given
    world.stream()

    def abandon() -> Answer:
        body = {"reason": "赛事取消"}
        answer = world.post(f"/v1/campaigns/{id}/abandon", body, role="exchange", sub="exchange")
        world.stream()
        refund_due(datetime.now(UTC) + timedelta(days=2))
        return answer

    return abandon


OWED: list[Way] = [
    an_order,
    an_order_after_the_sweep,
    an_order_out_of_grams,
    a_ruling_on_an_order,
    a_captured_hold,
    a_ruling_on_a_captured_hold,
    a_donation,
]


# What is still pending keeps an account where it is, but frozen it may be.


def an_order_that_is_placed(world: World) -> Callable[[], Answer]:
    order = _order(world)
    return lambda: world.refund(order)


def an_order_that_she_cancels(world: World) -> Callable[[], Answer]:
    order = _order(world, cancellable_minutes=5)
    return lambda: world.post(f"/v1/redemptions/{order}/cancel", **consents.ALICE)


def an_order_that_is_late(world: World) -> Callable[[], None]:
    _order(world, fulfil_within_days=1)
    world.stream()

    def expire() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("chalicelib.kernel.settle.datetime", Later)
            expire_orders(datetime.now(UTC) + timedelta(days=3))

    return expire


def a_hold_that_is_released(world: World) -> Callable[[], Answer]:
    id = disputes.held(world)
    return lambda: consents.release(world, id)


def a_hold_that_is_captured_in_part(world: World) -> Callable[[], Answer]:
    id = disputes.held(world)
    return lambda: consents.capture(world, id, 100)


def a_hold_that_expires(world: World) -> Callable[[], int]:
    id = disputes.held(world)
    consents.age_hold(world, id, "2020-01-01T00:00:00.000Z")
    return lambda: expire_holds(datetime.now(UTC))


def a_ruling_on_a_hold(world: World) -> Callable[[], Answer]:
    claimed = disputes.answered(world, "hold", disputes.held(world))
    return lambda: disputes.rule(world, claimed)


PENDING: list[Way] = [
    an_order_that_is_placed,
    an_order_that_she_cancels,
    an_order_that_is_late,
    a_hold_that_is_released,
    a_hold_that_is_captured_in_part,
    a_hold_that_expires,
    a_ruling_on_a_hold,
]


class Later(datetime):
    """A clock three days ahead."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + timedelta(days=3)


def amount(way: Way) -> int:
    """How much comes back: of what is held all, but for what is captured."""
    if "hold" not in way.__name__:
        return POINTS
    return 400 if way in PENDING and way is not a_hold_that_is_captured_in_part else 300


def named(ways: list[Way]) -> Any:
    return pytest.mark.parametrize("way", ways, ids=[each.__name__ for each in ways])


def came(answer: Any) -> None:
    assert not isinstance(answer, Answer) or answer.status == 200, answer


def agree(world: World) -> None:
    """Every balance is what the Records say, and so is what the stream made of them, messages too."""
    world.stream()
    books.check(world)


@named(OWED + PENDING)
def test_what_comes_back_to_a_frozen_account_is_there_and_frozen(world: World, way: Way) -> None:
    comes_back = way(world)
    before = world.points()
    to_freeze(world)
    came(comes_back())
    assert world.points() - before == amount(way)
    spent = {"points": 1, "purpose": "a trip"}
    assert world.post("/v1/cancellations", spent, **consents.ALICE).refused == FROZEN
    world.freeze(str(world.me()["id"]), "unfreeze")
    assert world.post("/v1/cancellations", spent, **consents.ALICE).status == 201
    if way is not an_order_out_of_grams:
        agree(world)


@named(OWED)
@pytest.mark.parametrize("frozen", [False, True])
def test_after_a_rebinding_it_comes_to_the_new_account(world: World, way: Way, frozen: bool) -> None:
    comes_back = way(world)
    if frozen:
        to_freeze(world)
    before, old = world.points(), str(world.me()["id"])
    done(world, "rebind", old, new_sub="alice-2")
    came(comes_back())
    assert (held(world, old)["balances"]["points"], world.points("alice-2") - before) == (0, amount(way))
    assert world.me("alice-2")["status"] == ("frozen" if frozen else "active")
    world.stream()
    assert world.entries("alice-2")[0]["points"] > 0
    for name, totals in (("alice", held(world, old)["totals"]), ("alice-2", world.me("alice-2")["totals"])):
        assert (totals["redeemed"], totals["donated"]) == (0, 0), name
    if way is not an_order_out_of_grams:
        agree(world)


@named(OWED)
def test_what_was_owed_to_the_dead_repays_their_debt_and_goes_to_the_heir(world: World, way: Way) -> None:
    comes_back = way(world)
    account, heir = str(world.me()["id"]), world.person("heir", PEOPLE[1])
    owe(world, account, 150)
    done(world, "inheritance", account, heir=heir)
    before = world.points("heir")
    assert (before, world.me()["debt_points"]) == (0, 150)
    came(comes_back())
    back = amount(way)
    assert (world.points("heir"), world.me()["debt_points"], world.points()) == (back - 150, 0, 0)
    world.stream()
    for name, totals in (("alice", world.me()["totals"]), ("heir", world.me("heir")["totals"])):
        assert (totals["redeemed"], totals["donated"]) == (0, 0), name
    if way is not an_order_out_of_grams:
        agree(world)
        assert world.get("/v1/supply").body["grams_uncovered"] == 0


def owe(world: World, account: str, points: int) -> None:
    """The account holds nothing and owes so much."""
    trip = world.report(account, str(points), scenario="walk").body["id"]
    spent = {"points": world.points(), "purpose": "trip"}
    assert world.post("/v1/cancellations", spent, **consents.ALICE).status == 201
    body = {"reason": "no such trip", "evidence_sha256": "0" * 64}
    assert world.post(f"/v1/reductions/{trip}/reverse", body, role="bureau", sub="bureau").status == 200


@named(OWED)
def test_it_waits_for_who_has_closed_her_account_and_finds_her_under_another_login(world: World, way: Way) -> None:
    comes_back = way(world)
    if world.points():
        spent = {"points": world.points(), "purpose": "trip"}
        assert world.post("/v1/cancellations", spent, **consents.ALICE).status == 201
    assert world.close().status == 200
    first = comes_back()
    if way is not a_donation:
        assert first.refused == (409, "account_closed")
        assert "opens it again" in first.body["detail"]
    world.person("alice-2")
    if way is a_donation:
        refund_due(datetime.now(UTC) + timedelta(days=4))
    else:
        came(comes_back())
    assert world.points("alice-2") == amount(way)
    if way is not an_order_out_of_grams:
        agree(world)


def test_an_heir_may_die_too(world: World) -> None:
    comes_back = an_order(world)
    account, heir = str(world.me()["id"]), world.person("heir", PEOPLE[1])
    done(world, "inheritance", account, heir=heir)
    last = world.person("last", "110101199003070011")
    done(world, "inheritance", heir, heir=last)
    done(world, "rebind", last, new_sub="last-2")
    came(comes_back())
    assert world.points("last-2") == POINTS
    agree(world)


def test_nothing_comes_back_to_an_account_whose_number_was_freed_and_the_refusal_says_so(world: World) -> None:
    comes_back = an_order(world)
    done(world, "free_identity", str(world.me()["id"]))
    refused = comes_back()
    assert refused.refused == (409, "account_closed")
    assert "for good" in refused.body["detail"]
    agree(world)


@named([an_order, a_captured_hold])
def test_a_rebinding_between_reading_and_refund_loses_nothing(world: World, way: Way) -> None:
    comes_back = way(world)
    account = str(world.me()["id"])

    def rebound(store, request, asked):  # type: ignore[no-untyped-def]
        done(world, "rebind", account, new_sub="alice-2")
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [rebound]
    came(comes_back())
    assert world.points("alice-2") >= 300
    agree(world)


def test_what_she_had_stays_hers_to_read_and_to_dispute_under_a_new_login(world: World) -> None:
    order = _fulfilled(world)
    alice2: dict[str, Any] = {"role": "individual", "sub": "alice-2"}
    first = disputes.opened(world, "redemption", order)
    done(world, "rebind", str(world.me()["id"]), new_sub="alice-2")
    assert world.get(f"/v1/redemptions/{order}", **alice2).body["voucher"] == "SH-1"
    assert disputes.seen(world, first, **alice2)["status"] == "awaiting_answer"
    assert disputes.listed(world, alice2) == [first]
    world.stream()
    assert disputes.listed(world, alice2, status="awaiting_answer") == [first]
    assert disputes.withdraw(world, first, **alice2).status == 200
    again = disputes.opened(world, "redemption", order, who=alice2)
    assert disputes.listed(world, alice2) == [again, first]
    assert disputes.listed(world, alice2, limit=1) == [again]
    disputes.reply(world, again)
    assert disputes.rule(world, again).status == 200
    assert world.points("alice-2") == POINTS
    world.stream()
    kinds = [each["kind"] for each in world.messages("alice-2")]
    assert {"dispute_answered", "dispute_ruled"} <= {*kinds}
    stranger: dict[str, Any] = {"role": "individual", "sub": "bob"}
    world.person("bob", PEOPLE[1])
    assert world.get(f"/v1/redemptions/{order}", **stranger).status == 404
    assert disputes.dispute(world, "redemption", order, who=stranger).refused == (404, "not_found")
    agree(world)


def test_messages_of_a_dispute_from_before_the_rebinding_come_to_the_new_login(world: World) -> None:
    claimed = disputes.answered(world, "redemption", _fulfilled(world))
    done(world, "rebind", str(world.me()["id"]), new_sub="alice-2")
    assert disputes.rule(world, claimed).status == 200
    world.stream()
    assert [each["kind"] for each in world.messages("alice-2")].count("dispute_ruled") == 1
