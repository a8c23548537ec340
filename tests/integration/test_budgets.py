"""No page of a filtered list costs more for what does not match, and nothing that matches is left out."""

from typing import Any

import pytest

from chalicelib.ledger.model import Entry
from chalicelib.table import keys, lists
from chalicelib.table.commit import commit
from chalicelib.table.lists import Budget, Listing
from chalicelib.table.write import put
from tests.world import World

INSTITUTION = {"role": "institution", "sub": "shop"}


def lines(account: str, kinds: list[str]) -> list[str]:
    """Lines of a statement, the oldest first."""
    ids = [f"e{number:05d}" for number in range(len(kinds))]
    for number, (id, kind) in enumerate(zip(ids, kinds, strict=True)):
        at = f"2025-01-01T00:{number // 60 % 60:02d}:{number % 60:02d}.000Z"
        entry = Entry(id=id, at=at, kind=kind, points=-1_000_000, grams=0, counterparty="c", reference="r")
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


@pytest.mark.usefixtures("little")
def test_lots_behind_many_other_lines_are_all_found_by_pages_of_a_bounded_cost(world: World) -> None:
    account = world.merchant()
    kinds = ["buy_back", *["redemption"] * 650, "buy_back", "redemption", "buy_back"]
    ids = [id for id, kind in zip(lines(account, kinds), kinds, strict=True) if kind == "buy_back"]
    found: list[str] = []
    costs, sizes = [], []
    cursor: dict[str, str] = {}
    for _ in range(20):
        cost, body = counted(world, "/v1/buy-backs", **INSTITUTION, **cursor)
        found += [each["id"] for each in body["items"]]
        costs.append(cost)
        sizes.append(len(body["items"]))
        if body["next_cursor"] is None:
            break
        cursor = {"cursor": body["next_cursor"]}
    assert found == ids[::-1]
    assert sizes == [2, 0, 0, 1]  # a page may be empty before the last
    assert max(costs) <= 1 + 2 + 3  # whose account, its login, and two pages of the statement


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
    assert max(costs) <= 2 + 2


def test_a_budget_says_where_it_ended_only_where_there_is_more() -> None:
    budget = Budget(pages=2)
    assert not budget.spent({"sk": "a"})
    assert budget.stopped is None
    assert budget.spent({"sk": "b"})
    assert budget.stopped == {"sk": "b"}
