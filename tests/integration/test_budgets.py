"""No page of a filtered list costs more for what does not match, and nothing that matches is left out."""

from typing import Any

import pytest

from chalicelib.ledger import lines as copies
from chalicelib.ledger.model import Entry
from chalicelib.mall.categories import lane
from chalicelib.table import keys, lists
from chalicelib.table.commit import commit
from chalicelib.table.lists import Budget, Listing
from chalicelib.table.write import put
from infra.ops.lines import fill
from tests.world import World

INSTITUTION = {"role": "institution", "sub": "shop"}


def lines(account: str, kinds: list[str]) -> list[str]:
    """Lines of a statement, the oldest first."""
    ids = [f"e{number:05d}" for number in range(len(kinds))]
    for number, (id, kind) in enumerate(zip(ids, kinds, strict=True)):
        at = f"2025-01-01T00:{number // 60 % 60:02d}:{number % 60:02d}.000Z"
        points = 1000 if kind == "redemption" else -1_000_000
        entry = Entry(id=id, at=at, kind=kind, points=points, grams=0, counterparty="c", reference=id)
        commit([put(keys.entry(keys.holder(account), at, id), entry)])
    return ids


def counted(world: World, path: str, **options: Any) -> tuple[int, Any]:
    before = world.store.requests
    answer = world.get(path, **options)
    assert answer.status == 200, answer
    return world.store.requests - before, answer.body


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of DynamoDB is a hundred lines: two pages a request are enough to see that there is an end."""
    monkeypatch.setattr(Budget.__init__, "__defaults__", (2,))


def walked(world: World, cursor: str | None = None) -> tuple[list[str], list[int], list[int], str]:
    """The ids of all lots from a cursor on, what each page cost and how many it had; the cursor of the first page."""
    found: list[str] = []
    costs, sizes, first = [], [], ""
    for _ in range(20):
        cost, body = counted(world, "/v1/buy-backs", **INSTITUTION, **({"cursor": cursor} if cursor else {}))
        found += [each["id"] for each in body["items"]]
        costs.append(cost)
        sizes.append(len(body["items"]))
        cursor = body["next_cursor"]
        first = first or cursor or ""
        if cursor is None:
            break
    return found, costs, sizes, first


@pytest.mark.usefixtures("little")
def test_lots_behind_many_other_lines_are_found_by_bounded_pages_and_at_once_when_they_are_copied(world: World) -> None:
    """Lines from before there were copies; a cursor that was given before is good behind them."""
    account = world.merchant()
    copies.forget()  # what was there from before
    kinds = ["buy_back", *["redemption"] * 650, "buy_back", "redemption", "buy_back"]
    ids = [id for id, kind in zip(lines(account, kinds), kinds, strict=True) if kind == "buy_back"]
    found, costs, sizes, first = walked(world)
    assert found == ids[::-1]
    assert sizes == [2, 0, 0, 1]  # a page may be empty before the last
    assert max(costs) <= 1 + 2 + 3 + 1  # whose account, its login, two pages of the statement, and the mark
    assert fill(segments=1) == 3  # sales have no copies
    assert fill(segments=1) == 3
    counted(world, "/v1/buy-backs", **INSTITUTION)  # this process sees the mark, and keeps it
    found, costs, sizes, _ = walked(world)
    assert (found, sizes) == (ids[::-1], [3])
    assert max(costs) <= 3  # whose account, its login, the copies
    assert walked(world, first)[0] == ids[:1]


def test_the_stream_copies_lines_of_rare_kinds_and_a_trip_costs_nothing_more(world: World) -> None:
    world.merchant()
    account = world.rich()
    order = world.redeem(world.offer()).body["id"]
    world.stream()
    copies = [item["pk"]["S"] for item in world.items() if item["pk"]["S"].startswith("lines:")]
    assert copies == [f"lines:account:{account}:redemption"]  # neither her trip's nor the merchant's
    [sale] = world.entries(kind="redemption")
    [line] = [each for each in world.entries() if each["id"] == order]
    assert sale == line
    assert [each["kind"] for each in world.entries(kind="conversion")] == ["conversion"]
    assert [each["id"] for each in world.entries("shop", "institution", kind="redemption")] == [order]
    for period, many in (({"until": line["at"]}, 0), ({"from": line["at"]}, 1)):
        assert len(world.entries(kind="redemption", **period)) == many


@pytest.mark.usefixtures("little")
def test_what_is_not_filed_yet_keeps_its_place_among_early_pages(world: World) -> None:
    """Filed lines of another kind end a page early; a line that waits for the stream and is older comes later, once."""
    world.merchant()
    world.rich()
    account = world.me()["id"]
    lines(account, ["redemption"] * 450)  # all older than the conversion, which nobody has filed
    found: list[str] = []
    cursor: dict[str, str] = {}
    pages = 0
    while True:
        page = world.get("/v1/accounts/me/entries", role="individual", sub="alice", kind="conversion", **cursor).body
        found += [each["kind"] for each in page["items"]]
        pages += 1
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert (found, pages) == (["conversion"], 3)


@pytest.mark.usefixtures("little")
def test_a_rare_category_behind_many_offers_is_found_by_pages_of_a_bounded_cost(world: World) -> None:
    merchant = world.merchant()
    rare = world.offer(category="food")
    for number in range(450):
        item = {"category": "transport", "merchant": merchant, "status": "on_shelf"}
        place = Listing(lists.OFFERS, f"2099-01-01T00:00:00.000Z:{number:04d}")
        commit([put(keys.offer(f"o{number:04d}"), item, listed=place)])
    found: list[str] = []
    costs = []
    cursor: dict[str, str] = {}
    for _ in range(9):
        cost, body = counted(world, "/v1/offers", category="food", **cursor)
        costs.append(cost)
        found += [each["id"] for each in body["items"]]
        if body["next_cursor"] is None:
            break
        cursor = {"cursor": body["next_cursor"]}
    assert (found, len(costs)) == ([rare], 3)
    assert max(costs) <= 1 + 2 + 2  # its own list, two pages of the one from before; the offer, and its sums


def test_a_rare_category_is_one_page_whatever_else_is_on_the_shelf_or_was(world: World) -> None:
    merchant = world.merchant()
    rare = world.offer(category="food")
    for number in range(450):
        item = {"category": "transport", "merchant": merchant, "status": "on_shelf"}
        name = lane(lists.OFFERS, "transport") if number % 2 else lists.OFFERS_OFF
        place = Listing(name, f"2099-01-01T00:00:00.000Z:{number:04d}")
        commit([put(keys.offer(f"o{number:04d}"), item, listed=place)])
    cost, body = counted(world, "/v1/offers", category="food")
    assert ([each["id"] for each in body["items"]], body["next_cursor"]) == ([rare], None)
    assert cost <= 4  # its list, and that of before; the offer, and its sums


def test_a_budget_says_where_it_ended_only_where_there_is_more() -> None:
    budget = Budget(pages=2)
    assert not budget.spent({"sk": "a"})
    assert budget.stopped is None
    assert budget.spent({"sk": "b"})
    assert budget.stopped == {"sk": "b"}
