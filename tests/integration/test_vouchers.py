"""Codes of vouchers, from the merchant to the buyer: to her alone, and never twice."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.kernel.record import Record
from chalicelib.partners import model as partners
from chalicelib.settings import settings
from chalicelib.table.row import load
from tests.books import differing
from tests.world import CODES, PEOPLE, Answer, World

SHOP: dict[str, Any] = {"role": "institution", "sub": "shop"}
ALICE: dict[str, Any] = {"role": "individual", "sub": "alice"}


def upload(world: World, offer: str, codes: list[str], **options: Any) -> Answer:
    return world.post(f"/v1/offers/{offer}/vouchers", {"codes": codes}, **(SHOP | options))


def codes(count: int, prefix: str = "C") -> list[str]:
    return [f"{prefix}-{number}" for number in range(count)]


def balanced(world: World) -> None:
    world.stream()
    assert differing(world.items()) == []


@pytest.fixture(params=[False, True], ids=["one till", "several tills"])
def offer(request: pytest.FixtureRequest, world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """An offer of vouchers with a stock of 10, in one till or in 4; alice is rich."""
    monkeypatch.setenv("BUSY_STRIPES", "4")
    settings.cache_clear()
    world.merchant()
    world.rich(points=100_000)
    return world.offer(busy=request.param)


@pytest.mark.engine
def test_each_code_is_sold_once_and_the_stock_is_the_number_of_unsold_codes(world: World, offer: str) -> None:
    made = upload(world, offer, codes(7))
    assert (made.status, made.body) == (201, {"offer": offer, "added": 7, "stock": 7})
    assert world.stock(offer) == 7
    orders = [world.redeem(offer).body for _ in range(3)]
    orders.append(world.redeem(offer, 2000, 2).body)
    assert upload(world, offer, codes(2, "D")).body["stock"] == 4
    orders += [world.redeem(offer).body for _ in range(4)]
    assert {order["status"] for order in orders} == {"fulfilled"}
    assert sorted(code for order in orders for code in order["vouchers"]) == sorted(codes(7) + codes(2, "D"))
    assert [order["voucher"] for order in orders] == [order["vouchers"][0] for order in orders]
    refused = world.redeem(offer)
    assert (refused.refused, refused.body["available"]) == ((409, "sold_out"), 0)
    balanced(world)
    assert world.stock(offer) == 0


def meanwhile(world: World, act: Callable[[], Answer]) -> list[Answer]:
    """``act`` happens between the reads of the next command and its transaction; what it was answered."""
    answers: list[Answer] = []

    def first(store: Any, request: Any, asked: Any) -> Any:
        answers.append(act())
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [first]
    return answers


def test_two_sales_at_once_hand_out_different_codes(world: World, offer: str) -> None:
    upload(world, offer, codes(5))
    world.rich("bob", PEOPLE[1])
    other = meanwhile(world, lambda: world.redeem(offer, 2000, 2, sub="bob"))
    mine = world.redeem(offer, 3000, 3)
    assert (mine.status, other[0].status) == (201, 201)
    assert sorted(mine.body["vouchers"] + other[0].body["vouchers"]) == codes(5)


def test_the_last_code_is_sold_to_one_of_two(world: World, offer: str) -> None:
    upload(world, offer, codes(1))
    world.rich("bob", PEOPLE[1])
    other = meanwhile(world, lambda: world.redeem(offer, sub="bob"))
    assert world.redeem(offer).refused == (409, "sold_out")
    assert other[0].body["vouchers"] == codes(1)
    assert world.points() == 100_000


@pytest.mark.parametrize("act", ["sale", "refund", "stock"])
def test_what_happens_while_the_first_codes_come_is_taken_into_account(world: World, offer: str, act: str) -> None:
    order = world.redeem(offer).body["id"]
    acts = {
        "sale": lambda: world.redeem(offer),
        "refund": lambda: world.refund(order),
        "stock": lambda: world.patch(f"/v1/offers/{offer}", {"stock_added": 7}, **SHOP),
    }
    other = meanwhile(world, acts[act])
    made = upload(world, offer, codes(3))
    assert (made.status, made.body["stock"], other[0].status < 300) == (201, 3, True)
    balanced(world)
    assert world.stock(offer) == 3


def test_two_uploads_of_one_code_at_once_add_it_once(world: World, offer: str) -> None:
    other = meanwhile(world, lambda: upload(world, offer, ["A", "B"]))
    refused = upload(world, offer, ["C", "B"])
    assert (other[0].status, refused.status, refused.pointers) == (201, 422, ["/codes/1"])
    assert upload(world, offer, ["C"]).body["stock"] == 3


def test_a_replay_hands_out_the_same_code(world: World, offer: str) -> None:
    upload(world, offer, codes(3))
    first, again = (world.redeem(offer, key="once") for _ in range(2))
    assert (first.body, again.headers["Idempotent-Replayed"]) == (again.body, "true")
    assert world.redeem(offer).body["vouchers"] != first.body["vouchers"]


@pytest.mark.engine
def test_only_the_buyer_and_the_merchant_see_a_code(world: World, offer: str) -> None:
    upload(world, offer, codes(3))
    order = world.redeem(offer).body
    path = f"/v1/redemptions/{order['id']}"
    for party in (ALICE, SHOP):
        assert world.get(path, **party).body == order
    seen = world.get(path, role="exchange", sub="x").body
    assert seen == order | {"voucher": None, "vouchers": []}
    back = world.refund(order["id"], role="exchange").body
    assert (back["status"], back["voucher"], back["vouchers"]) == ("refunded", None, [])
    after = world.get(path, **ALICE).body
    assert (after["status"], after["vouchers"], after["voucher"]) == ("refunded", order["vouchers"], order["voucher"])
    assert world.get("/v1/redemptions", **ALICE).body["items"] == [after]
    for answer in (world.get(f"/v1/offers/{offer}"), world.get("/v1/offers")):
        assert order["voucher"] not in str(answer.body)


def test_no_webhook_has_a_code(world: World, offer: str) -> None:
    upload(world, offer, ["SECRET-1"])
    order = world.redeem(offer).body
    [sale] = [load(Record, each) for each in world.records() if each["id"] == order["id"]]
    event = partners.event(sale)
    assert '"status":"fulfilled"' in event.payload
    assert "SECRET" not in str(event)


def test_a_refunded_code_is_not_sold_again(world: World, offer: str) -> None:
    upload(world, offer, codes(2))
    order = world.redeem(offer).body
    assert world.refund(order["id"]).status == 200
    assert world.points() == 100_000
    other = world.redeem(offer).body
    assert set(order["vouchers"] + other["vouchers"]) == set(codes(2))
    assert world.redeem(offer).refused == (409, "sold_out")
    assert world.refund(order["id"]).refused == (409, "already_refunded")
    balanced(world)


def test_orders_from_before_the_codes_are_served_and_refunded_as_before(world: World, offer: str) -> None:
    by_hand, returned = (world.redeem(offer).body["id"] for _ in range(2))
    assert upload(world, offer, codes(2)).body["stock"] == 2
    assert world.fulfil(by_hand).body["voucher"] == "SH-1"
    assert world.refund(returned).status == 200
    balanced(world)
    assert world.stock(offer) == 2
    assert sorted(world.redeem(offer).body["voucher"] for _ in range(2)) == codes(2)
    assert world.redeem(offer).refused == (409, "sold_out")


def test_a_code_that_was_there_is_refused_and_nothing_is_added(world: World, offer: str) -> None:
    upload(world, offer, codes(3))
    world.redeem(offer)
    before = world.items()
    refused = upload(world, offer, ["new", "C-0", "C-2", "new"])
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/codes/1", "/codes/2", "/codes/3"])
    assert world.items() == before
    other = world.offer()
    assert upload(world, other, codes(3)).status == 201, "another offer may have the same codes"


@pytest.mark.parametrize("wrong", [[], ["a b"], [""], ["a" * 65], codes(501), [5]])
def test_codes_have_bounds(world: World, wrong: Any) -> None:
    world.merchant()
    assert upload(world, world.offer(), wrong).refused == (422, "invalid_request")


def test_only_its_merchant_adds_codes_to_an_offer_of_vouchers(world: World) -> None:
    world.merchant()
    world.merchant("mall", CODES[1])
    offer, goods = world.offer(), world.offer(fulfilment="goods")
    assert upload(world, offer, ["A"], sub="mall").refused == (404, "not_found")
    assert upload(world, offer, ["A"], **ALICE).refused == (403, "role_not_allowed")
    assert upload(world, goods, ["A"]).pointers == ["/codes"]
    upload(world, offer, ["A"])
    added = world.patch(f"/v1/offers/{offer}", {"stock_added": 5}, **SHOP)
    assert added.pointers == ["/stock_added"]
    assert world.patch(f"/v1/offers/{offer}", {"title": "新", "points": 900}, **SHOP).status == 200
    world.rich("bob", PEOPLE[1])
    assert world.redeem(offer, 900, sub="bob").body["vouchers"] == ["A"]
