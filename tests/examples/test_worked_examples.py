"""Worked examples in round figures. Each states its figures, then what the books say."""

from chalicelib.provenance.apportion import between
from chalicelib.provenance.model import Colour
from tests import books
from tests.world import PEOPLE, World


def balances(world: World) -> dict[str, int]:
    """Points of everyone, after the stream."""
    world.stream()
    return {
        "alice": world.points("alice"),
        "bob": world.points("bob"),
        "shop": world.points("shop", "institution"),
    }


def opening(world: World) -> str:
    """Alice, Bob and a shop that sells tickets at 1 000 points, 100 in stock. The offer."""
    world.person("alice", PEOPLE[0])
    world.person("bob", PEOPLE[1])
    world.merchant("shop")
    world.scenario("metro", grams_per_unit="50")
    return world.offer(points=1000, stock=100)


def test_alice_saves_five_kilograms_and_has_five_thousand_points(world: World) -> None:
    """100 km by metro at 50 g a km save 5 000 g; 1 g is 1 point."""
    opening(world)
    world.report(world.me()["id"], "100")
    assert balances(world) == {"alice": 5000, "bob": 0, "shop": 0}
    supply = world.get("/v1/supply").body
    assert supply["grams_confirmed"] == 5000
    assert supply["grams_backing"] == supply["points_circulating"] == 5000


def test_half_a_gram_is_nobodys(world: World) -> None:
    """0.11 km at 50 g a km are 5.5 g: 5 points, and the half gram is not confirmed either."""
    opening(world)
    world.report(world.me()["id"], "0.11")
    assert balances(world)["alice"] == 5
    assert world.get("/v1/supply").body["grams_confirmed"] == 5


def test_alice_buys_three_tickets_and_the_shop_gathers_three_thousand_points(world: World) -> None:
    """5 000 - 3 x 1 000 = 2 000 stay with Alice; 3 000 are with the shop; 97 tickets are left."""
    tickets = opening(world)
    world.report(world.me()["id"], "100")
    world.redeem(tickets, 3000, 3)
    assert balances(world) == {"alice": 2000, "bob": 0, "shop": 3000}
    assert world.stock(tickets) == 97
    assert world.get("/v1/supply").body["points_circulating"] == 5000


def test_a_refund_leaves_everyone_as_before_the_sale(world: World) -> None:
    """Sale: Alice -3 000, shop +3 000, stock -3. Refund: the same the other way round."""
    tickets = opening(world)
    world.report(world.me()["id"], "100")
    before = balances(world)
    order = world.redeem(tickets, 3000, 3).body["id"]
    world.refund(order)
    assert balances(world) == before
    assert world.stock(tickets) == 100
    lines = [(line["kind"], line["points"]) for line in world.entries()]
    assert lines == [("refund", 3000), ("redemption", -3000), ("conversion", 5000)]


def test_a_sweep_moves_the_shops_points_from_its_till_to_its_account_and_nothing_else(world: World) -> None:
    """The till holds 3 000; after the sweep the account does. The shop has 3 000 before and after."""
    tickets = opening(world)
    world.report(world.me()["id"], "100")
    world.redeem(tickets, 3000, 3)
    before = balances(world)
    till, account = f"offer:{tickets}/0", f"account:{world.me('shop', 'institution')['id']}"
    assert (books.held(world)[till]["points"], books.held(world)[account]["points"]) == (3000, 0)
    world.sweep()
    assert (books.held(world)[till]["points"], books.held(world)[account]["points"]) == (0, 3000)
    assert balances(world) == before


def test_what_alice_lacks_is_not_taken_from_anybody(world: World) -> None:
    """Alice has 500, a ticket costs 1 000: refused; nothing moves."""
    tickets = opening(world)
    world.report(world.me()["id"], "10")
    assert world.redeem(tickets).code == "insufficient_points"
    assert balances(world) == {"alice": 500, "bob": 0, "shop": 0}
    assert world.stock(tickets) == 100


def test_a_month_of_alice_and_bob(world: World) -> None:
    """
    Alice travels 100 km and 60 km           5 000 + 3 000 =  8 000
    Bob travels 40 km                                         2 000
                                             issued          10 000
    Alice buys 4 tickets, Bob 1              4 000 + 1 000 =  5 000
    The shop gives Alice one order of 2 back                  2 000
                                             Alice  8 000 - 4 000 + 2 000 = 6 000
                                             Bob    2 000 - 1 000         = 1 000
                                             shop   5 000 - 2 000         = 3 000
                                             in all                        10 000
    """
    tickets = opening(world)
    alice, bob = world.me("alice")["id"], world.me("bob")["id"]
    world.report(alice, "100")
    world.report(alice, "60")
    world.report(bob, "40")
    given_back = world.redeem(tickets, 2000, 2).body["id"]
    world.redeem(tickets, 2000, 2)
    world.redeem(tickets, 1000, 1, sub="bob")
    world.refund(given_back)
    assert balances(world) == {"alice": 6000, "bob": 1000, "shop": 3000}
    assert world.stock(tickets) == 97
    supply = world.get("/v1/supply").body
    assert supply["points_circulating"] == supply["grams_backing"] == supply["grams_confirmed"] == 10_000
    assert supply["points_by_use"]["redeemed"] == 3000
    assert world.me("alice")["totals"]["earned"] == 8000
    assert world.me("alice")["totals"]["redeemed"] == 2000
    books.check(world)
    books.check_projected(world, supply)


def test_ten_grams_of_a_month_and_the_certificate_behind_the_first_three() -> None:
    """The example of docs/certificates.md."""
    metro, bus, walk = (Colour("2026-01", scenario, "SHCER-01") for scenario in ("metro", "bus", "walk"))
    month = {metro: 6, bus: 3, walk: 1}
    order = [next(iter(between(month, place, 1))) for place in range(10)]
    assert [each.scenario for each in order] == [
        "metro",
        "bus",
        "metro",
        "metro",
        "bus",
        "walk",
        "metro",
        "metro",
        "bus",
        "metro",
    ]
    assert sorted(order[3:7]) == [bus, metro, metro, walk]
    assert between(month, 3, 4) == {metro: 2, bus: 1, walk: 1}
