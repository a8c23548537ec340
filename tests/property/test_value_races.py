"""Two things that touch the same value at once: each is done wholly or refused, and the books are exact."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.write import update
from tests import books, consents, disputes
from tests.integration.test_reversal import REVERSAL
from tests.numbers import identity_number_of
from tests.property.test_twins import just_before
from tests.world import Answer, World

MOMENTS = range(6)
EXCHANGE: dict[str, Any] = {"role": "exchange", "sub": "exchange"}
GUARDIAN: dict[str, Any] = {"role": "individual", "sub": "guardian"}
CHILD: dict[str, Any] = {"role": "individual", "sub": "child"}
BORN, GROWN = identity_number_of(datetime(2018, 5, 5, tzinfo=UTC).date()), "11010519491231002X"
PAIR = pytest.mark.parametrize("first", ["one", "other"])
AT = pytest.mark.parametrize("moment", MOMENTS)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)


class Met(NamedTuple):
    """What both were answered, and whether ``one`` was committed first."""

    one: Answer
    other: Answer
    one_first: bool


def meet(one: Callable[[], Answer], other: Callable[[], Answer], first: str, moment: int) -> Met:
    """``one`` and ``other`` at once: the second is done at a moment of the ``first``, which it overtakes."""
    begun, between = (one, other) if first == "one" else (other, one)
    with just_before(moment, between) as met:
        answer = begun()
    later = met[0] if met else between()  # it sends fewer requests than that: one after the other
    assert max(answer.status, later.status) < 500, (answer, later)
    one_answer, other_answer = (answer, later) if first == "one" else (later, answer)
    return Met(one_answer, other_answer, one_first=(first == "one") != bool(met))


def agree(world: World) -> None:
    world.stream()
    books.check(world)
    books.check_projected(world, world.get("/v1/supply").body)


@AT
@PAIR
@pytest.mark.parametrize("spent", [False, True])
def test_a_reversal_while_an_account_closes(world: World, spent: bool, first: str, moment: int) -> None:
    account = world.rich(points=1)
    id = world.report(account, "200", scenario="walk").body["id"]
    body = {"points": 201 if spent else 1, "purpose": "trip"}
    assert world.post("/v1/cancellations", body, **consents.ALICE).status == 201

    def reverse() -> Answer:
        return world.post(f"/v1/reductions/{id}/reverse", REVERSAL, role="bureau", sub="bureau")

    closed, reversed_, closed_first = meet(world.close, reverse, first, moment)
    assert reversed_.status == 200, reversed_
    assert reversed_.body["points_recovered"] + reversed_.body["points_outstanding"] == 200
    item = world.item(keys.account(keys.holder(account))) or {}
    assert item["points"] == 0
    assert item.get("debt_points", 0) == reversed_.body["points_outstanding"] == (200 if spent else 0)
    may_close = closed_first if spent else not closed_first  # what she owes keeps it open, and so does what she has
    assert closed.status == (200 if may_close else 409), closed
    assert (item["status"] == "closed") == may_close
    agree(world)


def _child(world: World) -> str:
    """A guardian who has consented; the id of the consent."""
    world.person("guardian", GROWN)
    body = {"identity_number": BORN, "name": "王小宝", "own_identity_number": GROWN}
    consented = world.post("/v1/accounts/me/wards", body, **GUARDIAN)
    assert consented.status == 201, consented
    return str(consented.body["id"])


@AT
@PAIR
def test_a_guardian_withdraws_while_the_child_opens_an_account(world: World, first: str, moment: int) -> None:
    ward = _child(world)

    def open_() -> Answer:
        body = {"kind": "individual", "name": "王小宝", "identity_number": BORN}
        return world.post("/v1/accounts", body, **CHILD)

    opened, withdrawn, _ = meet(
        open_, lambda: world.post(f"/v1/accounts/me/wards/{ward}/withdraw", **GUARDIAN), first, moment
    )
    assert withdrawn.status == 200, withdrawn
    assert opened.status == 201 or opened.refused == (409, "guardian_required")
    there = world.item(keys.account(keys.holder(keys.account_id("child"))))
    assert (there is not None) == (opened.status == 201)


@AT
@PAIR
def test_a_guardian_withdraws_while_the_child_gives_a_grant(world: World, first: str, moment: int) -> None:
    """What is open stays open (ADR 23): to stop it, the guardian asks the exchange to freeze it, which does."""
    ward = _child(world)
    world.scenario()
    opened = {"kind": "individual", "name": "王小宝", "identity_number": BORN}
    account = world.post("/v1/accounts", opened, **CHILD).body["id"]
    granted, withdrawn, _ = meet(
        lambda: consents.consent(world, **CHILD),
        lambda: world.post(f"/v1/accounts/me/wards/{ward}/withdraw", **GUARDIAN),
        first,
        moment,
    )
    assert (granted.status, withdrawn.status) == (201, 200)
    assert consents.withdraw(world, granted.body["id"], **CHILD).status == 200
    again, frozen, _ = meet(
        lambda: consents.consent(world, **CHILD),
        lambda: world.post(f"/v1/accounts/{account}/freeze", {"reason": "asked by the guardian"}, **EXCHANGE),
        first,
        moment,
    )
    assert frozen.status == 200
    assert again.status == 201 or again.refused == (409, "account_frozen")
    live = [each for each in world.get("/v1/grants", **CHILD).body["items"] if each["status"] == "offered"]
    assert len(live) == (again.status == 201)


def _bought_back(world: World, grams: int) -> None:
    """The shop's points were bought back."""
    shop = keys.account(keys.holder(keys.account_id("shop")))
    postings = [("account:" + shop.pk.partition(":")[2], "system:pool", grams, "points")]
    postings.append(("system:pool", postings[0][0], grams, "grams"))
    key = keys.record(keys.digest("bought back", str(next(world.numbers))))
    item = {"postings": [list(each) for each in postings], "kind": "buy_back", "movement": "buy_back"}
    commit([update(shop, add={"points": -grams, "grams": grams}), update(key, assign=item)])


@AT
@PAIR
@pytest.mark.parametrize("kind", ["order", "hold"])
def test_a_refund_while_its_merchant_retires_what_was_bought_back(
    world: World, kind: str, first: str, moment: int
) -> None:
    if kind == "order":
        id = disputes.order(world)
        world.sweep()
        grams, pay_back = 1000, lambda: world.refund(id)
    else:
        id = disputes.captured(world)
        grams, pay_back = 300, lambda: consents.refund(world, id, 300)
    _bought_back(world, grams)
    before = world.points()

    def retire() -> Answer:
        body = {"grams": grams // 2, "purpose": "voluntary", "beneficiary": "示例商贸"}
        return world.post("/v1/retirements", body, role="institution", sub="shop")

    refunded, retired, refunded_first = meet(pay_back, retire, first, moment)
    assert sorted([refunded.status, retired.status]) in ([200, 409], [201, 409]), (refunded, retired)
    assert (refunded.status == 200) == refunded_first
    back = grams if refunded.status == 200 else 0
    assert world.points() - before == back
    left = world.me("shop", "institution")["balances"]
    assert left == {"points": 0, "grams": grams - back - (grams // 2 if retired.status == 201 else 0), "held_points": 0}
    assert refunded.status == 200 or refunded.refused == (409, "insufficient_points")
    assert retired.status == 201 or retired.refused == (409, "insufficient_grams")
    books.check(world)


@AT
@PAIR
@pytest.mark.parametrize("action", ["suspend", "freeze"])
def test_a_capture_while_its_merchant_is_stopped(world: World, action: str, first: str, moment: int) -> None:
    id = disputes.held(world)
    merchant = keys.account_id("shop")
    room = "merchants" if action == "suspend" else "accounts"

    def stop() -> Answer:
        return world.post(f"/v1/{room}/{merchant}/{action}", {"reason": "why"}, **EXCHANGE)

    captured, stopped, captured_first = meet(lambda: consents.capture(world, id, 300), stop, first, moment)
    assert stopped.status == 200
    if action == "suspend":
        assert captured.status == 200, captured
    else:
        assert (captured.status, captured.code) == ((200, "") if captured_first else (409, "account_frozen"))
    gone = 300 if captured.status == 200 else 0
    me = world.me()["balances"]
    assert (me["points"], me["held_points"]) == ((700, 0) if gone else (600, 400))
    assert world.points("shop", "institution") == gone
    agree(world)
