"""What merchants put on the shelf, and what the public sees of it."""

from typing import Any

import pytest

from chalicelib.signing.issuer import IssuerAway
from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.write import update
from tests.world import CODES, World

NEW = {
    "title": "地铁单程票", "description": "一张\n两张", "category": "transport", "points": 1000, "stock": 10,
    "per_account_limit": None, "starts_at": None, "ends_at": None, "fulfilment": "voucher",
}  # fmt: skip


def change(world: World, offer: str, sub: str = "shop", **body: Any) -> Any:
    return world.patch(f"/v1/offers/{offer}", body, role="institution", sub=sub)


def test_an_offer_goes_on_the_shelf(world: World) -> None:
    merchant = world.merchant()
    made = world.post("/v1/offers", NEW, role="institution", sub="shop")
    assert made.status == 201
    left_out: dict[str, Any] = {"sku": None, "images": [], "cancellable_minutes": None, "fulfil_within_days": None}
    left_out |= {"taken_down": False, "event": None}
    assert made.body == NEW | left_out | {"id": made.body["id"], "merchant": merchant, "status": "on_shelf"}
    assert world.get(f"/v1/offers/{made.body['id']}").body == made.body | {"stock_at": None}
    assert world.get("/v1/offers").body == {"items": [made.body], "next_cursor": None}


def test_an_institution_that_was_not_admitted_may_not_sell(world: World) -> None:
    for _ in range(2):
        assert world.post("/v1/offers", NEW, role="institution", sub="shop").refused == (403, "role_not_allowed")
        if not world.items():
            world.institution()
    assert world.get("/v1/offers").body["items"] == []


@pytest.mark.parametrize("role", ["individual", "scenario_operator", "exchange", "bureau"])
def test_only_institutions_sell(world: World, role: str) -> None:
    assert world.post("/v1/offers", NEW, role=role, sub="shop").refused == (403, "role_not_allowed")
    assert world.patch("/v1/offers/x", {"points": 1}, role=role, sub="shop").refused == (403, "role_not_allowed")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"points": 0}, "/points"),
        ({"points": 10**9 + 1}, "/points"),
        ({"stock": 0}, "/stock"),
        ({"per_account_limit": 0}, "/per_account_limit"),
        ({"category": "tea"}, "/category"),
        ({"category": ""}, "/category"),
        ({"title": "a\nb"}, "/title"),
        ({"description": "a\x0bb"}, "/description"),
        ({"description": "a" * 4001}, "/description"),
        ({"fulfilment": "hope"}, "/fulfilment"),
        ({"busy": 1}, "/busy"),
        ({"sku": ""}, "/sku"),
        ({"sku": "a b"}, "/sku"),
        ({"images": ["http://img.example.com/a.jpg"]}, "/images/0"),
        ({"images": ["https://img.example.com/a.jpg"] * 10}, "/images"),
        ({"cancellable_minutes": 0}, "/cancellable_minutes"),
        ({"fulfil_within_days": 0}, "/fulfil_within_days"),
        ({"ends_at": "2024-01-02T00:00:00Z"}, "/ends_at"),
        ({"starts_at": "2024-01-01T00:00:00Z", "ends_at": "2024-01-02T00:00:00Z"}, "/ends_at"),
        ({"starts_at": "2098-01-02T00:00:00Z", "ends_at": "2098-01-02T00:00:00Z"}, "/ends_at"),
        ({"starts_at": "2098-01-02T00:00:00Z", "ends_at": "2098-01-01T00:00:00Z"}, "/ends_at"),
    ],
)
def test_an_offer_that_makes_no_sense_is_refused(world: World, changes: dict[str, Any], pointer: str) -> None:
    world.merchant()
    refused = world.post("/v1/offers", NEW | changes, role="institution", sub="shop")
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), [pointer])
    assert world.get("/v1/offers").body["items"] == []


def test_an_answer_about_a_change_names_the_stock_that_is_left(world: World) -> None:
    world.merchant()
    world.rich(points=5000)
    offer = world.offer(points=1000, stock=10)
    assert world.redeem(offer, 3000, quantity=3).status == 201
    world.stream()
    changed = change(world, offer, points=900, stock_added=5)
    assert changed.body["stock"] == 12
    assert world.get(f"/v1/offers/{offer}").body == changed.body | {"stock_at": None}


def test_words_price_and_stock_change_at_once(world: World) -> None:
    world.merchant()
    offer = world.offer()
    changed = change(world, offer, points=900, stock_added=5, title="新", description="新票")
    assert changed.status == 200
    assert (changed.body["points"], changed.body["stock"], changed.body["title"]) == (900, 15, "新")
    assert world.get(f"/v1/offers/{offer}").body == changed.body | {"stock_at": None}
    world.rich(points=15 * 900)
    assert world.redeem(offer, 15 * 900, 15).status == 201


@pytest.mark.parametrize(
    "body", [{}, {"points": None}, {"points": 0}, {"stock_added": 0}, {"stock_added": -1}, {"status": "gone"}, {"x": 1}]
)
def test_a_change_that_makes_no_sense_is_refused(world: World, body: dict[str, Any]) -> None:
    world.merchant()
    offer = world.offer()
    before = world.items()
    assert change(world, offer, **body).refused == (422, "invalid_request")
    assert world.items() == before


def test_a_null_leaves_a_field_as_it_is(world: World) -> None:
    world.merchant()
    offer = world.offer(points=1000, stock=5)
    nulls: dict[str, Any] = dict.fromkeys(("stock_added", "status", "title", "description"))
    changed = change(world, offer, points=900, **nulls)
    assert changed.status == 200
    assert changed.body | {"stock_at": None} == world.get(f"/v1/offers/{offer}").body
    assert (changed.body["points"], changed.body["stock"], changed.body["status"]) == (900, 5, "on_shelf")


def test_another_merchants_offer_is_not_found(world: World) -> None:
    world.merchant("shop")
    world.merchant("mall", CODES[1])
    offer = world.offer("shop")
    assert change(world, offer, "mall", points=1).refused == (404, "not_found")
    assert change(world, "nothing", "mall", points=1).refused == (404, "not_found")


def test_an_offer_leaves_the_shelf_and_comes_back(world: World) -> None:
    world.merchant()
    world.rich()
    offer = world.offer()
    assert change(world, offer, status="off_shelf").body["status"] == "off_shelf"
    assert world.get("/v1/offers").body["items"] == []
    assert world.get(f"/v1/offers/{offer}").body["status"] == "off_shelf"
    assert world.redeem(offer).refused == (409, "offer_unavailable")
    change(world, offer, status="on_shelf")
    assert [each["id"] for each in world.get("/v1/offers").body["items"]] == [offer]
    assert world.redeem(offer).status == 201


def test_the_shelf_is_filtered_by_category_and_merchant(world: World) -> None:
    shop, mall = world.merchant("shop"), world.merchant("mall", CODES[1])
    tickets, tea = world.offer("shop"), world.offer("shop", category="food")
    cup = world.offer("mall", category="food")

    def shelf(**asked: Any) -> list[str]:
        return [each["id"] for each in world.get("/v1/offers", **asked).body["items"]]

    assert shelf() == [cup, tea, tickets]
    assert shelf(category="food") == [cup, tea]
    assert shelf(merchant=shop) == [tea, tickets]
    assert shelf(merchant=mall, category="food") == [cup]
    assert shelf(merchant=mall, category="transport") == shelf(category="travel") == []


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_the_shelf_comes_in_pages_newest_first(world: World, limit: int) -> None:
    world.merchant()
    made = [world.offer(category=("food", "goods")[number % 2]) for number in range(7)]
    for category, expected in ((None, made), ("food", made[::2])):
        asked: dict[str, Any] = {"limit": limit} | ({"category": category} if category else {})
        found: list[str] = []
        while True:
            page = world.get("/v1/offers", **asked).body
            found += [each["id"] for each in page["items"]]
            if page["next_cursor"] is None:
                break
            asked["cursor"] = page["next_cursor"]
        assert found == expected[::-1]


def test_public_stock_follows_the_stream_and_counts_every_sale_once(world: World) -> None:
    world.merchant()
    world.rich(points=5000)
    offer = world.offer(stock=5)
    order = world.redeem(offer, 3000, 3).body["id"]
    world.stream()
    world.stream()
    assert world.stock(offer) == 2
    change(world, offer, stock_added=10)
    assert world.stock(offer) == 12
    world.refund(order)
    world.stream()
    assert world.stock(offer) == 15


def test_an_unknown_offer_is_not_found(world: World) -> None:
    assert world.get("/v1/offers/nothing").refused == (404, "not_found")


def test_what_may_be_null_may_be_left_out(world: World) -> None:
    world.merchant()
    body = {name: value for name, value in NEW.items() if value is not None}
    made = world.post("/v1/offers", body, role="institution", sub="shop")
    assert made.status == 201
    assert (made.body["per_account_limit"], made.body["starts_at"], made.body["ends_at"]) == (None, None, None)


@pytest.mark.parametrize("bound", [500, 1])
@pytest.mark.parametrize("limit", [1, 2, 20])
def test_the_shelf_shows_what_can_be_redeemed_now(
    world: World, monkeypatch: pytest.MonkeyPatch, limit: int, bound: int
) -> None:
    monkeypatch.setattr("chalicelib.mall.offers.browse.SKIPPED_MAX", bound)
    world.merchant()
    made = [world.offer() for _ in range(3)]
    for _ in range(4):
        world.end_offer(world.offer(), "2024-01-02T00:00:00.000Z")
        world.offer(starts_at="2098-01-01T00:00:00Z")
    made.append(world.offer(starts_at="2024-01-01T00:00:00Z", ends_at="2098-01-01T00:00:00Z"))
    found: list[str] = []
    asked: dict[str, Any] = {"limit": limit}
    while True:
        page = world.get("/v1/offers", **asked).body
        found += [each["id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        assert bound == 1 or len(page["items"]) == limit
        asked["cursor"] = page["next_cursor"]
    assert found == made[::-1]


@pytest.mark.parametrize(
    ("sent", "code"),
    [("food", "food"), ("Food", "food"), ("美食", "food"), ("FOOD AND DRINK", "food"), (" Transport ", "transport")],
)
def test_a_category_is_known_by_code_and_label_in_any_case(world: World, sent: str, code: str) -> None:
    world.merchant()
    offer = world.offer(category=sent)
    assert world.get(f"/v1/offers/{offer}").body["category"] == code
    assert [each["id"] for each in world.get("/v1/offers", category=sent).body["items"]] == [offer]


def test_the_register_of_categories_is_public_and_named_in_a_refusal(world: World) -> None:
    world.merchant()
    register = world.get("/v1/categories").body["items"]
    assert {"code": "food", "label": {"en": "Food and drink", "zh": "美食"}} in register
    refused = [
        world.post("/v1/offers", NEW | {"category": "tea"}, role="institution", sub="shop"),
        world.get("/v1/offers", category="tea"),
    ]
    for answer in refused:
        assert (answer.refused, answer.pointers) == ((422, "invalid_request"), ["/category"])
        assert all(each["code"] in answer.body["errors"][0]["detail"] for each in register)


def shelf(world: World, **asked: Any) -> list[str]:
    """The ids of all pages, as they are listed."""
    ids: list[str] = []
    while True:
        page = world.get("/v1/offers", **asked)
        assert page.status == 200, page
        ids += [each["id"] for each in page.body["items"]]
        if page.body["next_cursor"] is None:
            return ids
        asked["cursor"] = page.body["next_cursor"]


def test_a_merchants_code_names_one_offer_for_ever(world: World) -> None:
    world.merchant()
    world.merchant("mall", CODES[1])
    first = world.offer(sku="TEA-1")
    assert world.get(f"/v1/offers/{first}").body["sku"] == "TEA-1"
    change(world, first, status="off_shelf")
    again = world.post("/v1/offers", NEW | {"sku": "TEA-1"}, role="institution", sub="shop")
    assert (again.refused, again.pointers) == ((422, "invalid_request"), ["/sku"])
    assert first in again.body["errors"][0]["detail"]
    assert world.offer("mall", sku="TEA-1") != world.offer(sku="tea-1")


@pytest.mark.parametrize("limit", [1, 2, 20])
def test_the_shelf_is_searched_by_words_in_any_case_and_width(world: World, limit: int) -> None:
    world.merchant()
    tea = world.offer(title="龙井茶 Longjing", description="一杯\n绿茶")
    cup = world.offer(title="茶杯", description="Ｃｕｐ for tea", points=2000)
    ticket = world.offer(title="地铁票")
    for q, expected in (
        ("茶", [cup, tea]), ("LONGJING", [tea]), ("cup", [cup]), ("绿茶 龙井", [tea]), ("茶 票", []),
        (" ", [ticket, cup, tea]),
    ):  # fmt: skip
        assert shelf(world, q=q, limit=limit) == expected
    assert shelf(world, q="茶", sort="points", limit=limit) == [tea, cup]
    assert world.get("/v1/offers", q="a" * 101).pointers == ["/q"]


@pytest.mark.parametrize("limit", [1, 2, 20])
def test_the_shelf_is_sorted_by_price(world: World, limit: int) -> None:
    world.merchant()
    dear, cheap, between = (world.offer(points=points) for points in (900, 100, 300))
    gone = world.offer(points=50)
    change(world, gone, status="off_shelf")
    food = world.offer(points=500, category="food")
    assert shelf(world, sort="points", limit=limit) == [cheap, between, food, dear]
    assert shelf(world, sort="points", category="food", limit=limit) == [food]
    change(world, dear, points=10)
    assert shelf(world, sort="points", limit=limit) == [dear, cheap, between, food]
    assert shelf(world, sort="newest", limit=limit) == [food, between, cheap, dear]
    assert world.get("/v1/offers", sort="cheap").pointers == ["/sort"]


def test_the_shelf_of_a_sub_platform_holds_what_the_merchants_beneath_it_offer(world: World) -> None:
    above, beneath = world.merchant("mall", CODES[1]), world.merchant()
    world.offer("mall")
    offer = world.offer()
    key = keys.account(keys.holder(beneath))
    known = (world.item(key) or {})["merchant"] | {"sub_platform": above}
    commit([update(key, assign={"merchant": known})])
    assert shelf(world, sub_platform=above) == [offer]
    assert shelf(world, sub_platform=above, sort="points") == [offer]
    assert shelf(world, sub_platform=beneath) == []


def test_a_merchant_sees_all_of_its_own_offers_and_nobody_elses(world: World) -> None:
    world.merchant()
    world.merchant("mall", CODES[1])
    other = world.offer("mall")
    made = [world.offer(), world.offer(starts_at="2098-01-01T00:00:00Z"), world.offer()]
    change(world, made[2], status="off_shelf")
    own = world.get("/v1/offers", status="all", role="institution", sub="shop")
    assert [each["id"] for each in own.body["items"]] == made[::-1]
    assert own.headers["Cache-Control"] == "no-store"
    first = world.get("/v1/offers", status="all", limit=1, role="institution", sub="shop").body
    stolen = world.get("/v1/offers", status="all", limit=1, cursor=first["next_cursor"], role="institution", sub="mall")
    assert stolen.refused[0] == 422
    assert shelf(world) == shelf(world, role="institution", sub="shop") == [made[0], other]


def test_only_a_merchants_token_opens_its_own_list(world: World) -> None:
    assert world.get("/v1/offers", status="all").refused == (401, "unauthenticated")
    wrong = world.get("/v1/offers", status="all", headers={"Authorization": "Bearer x.y.z"})
    assert wrong.refused == (401, "unauthenticated")
    assert world.get("/v1/offers", headers={"Authorization": "Bearer x.y.z"}).status == 200, "it is not looked at"
    refused = world.get("/v1/offers", status="all", role="individual", sub="alice")
    assert refused.refused == (403, "role_not_allowed")
    assert world.get("/v1/offers", status="all", role="institution", sub="nobody").body["items"] == []


def test_a_token_that_nobody_can_judge_now_is_no_fault_of_ours(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: str) -> None:
        raise IssuerAway("https://issuer.example.com")

    monkeypatch.setattr("chalicelib.edge.identity.tokens.claims", away)
    headers = {"Authorization": "Bearer x.y.z"}
    assert world.get("/v1/offers", status="all", headers=headers).refused == (503, "unavailable")
    assert world.get("/v1/offers", headers=headers).status == 200
