"""What an account held, and what the supply was, at any instant."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Any

import pytest

from chalicelib.accounts import queries
from chalicelib.accounts.statements import checkpoints
from chalicelib.ledger.account import Account
from chalicelib.ledger.model import Entry
from chalicelib.statistics.worker import keep_supply
from chalicelib.table import keys, read
from chalicelib.table.commit import commit
from chalicelib.table.write import Attr, put
from infra.ops.lines import fill
from tests import consents
from tests.clock import Calendar
from tests.world import World

DAY = "2026-11-20T"
FUTURE = "2998-01-01T00:00:00Z"


def held(world: World, at: str, sub: str = "alice", role: str = "individual") -> dict[str, Any]:
    answer = world.get("/v1/accounts/me", role=role, sub=sub, at=at)
    assert answer.status == 200, answer
    found: dict[str, Any] = answer.body["balances_at"]
    return found


@pytest.fixture
def busy(world: World) -> World:
    """Alice gets points once and spends some three times."""
    world.merchant()
    world.rich(points=7100)
    offer = world.offer(points=500, stock=9)
    for _ in range(3):
        assert world.redeem(offer, 500).status == 201
    return world


def sums(world: World, sub: str = "alice", role: str = "individual") -> Iterator[tuple[str, int]]:
    """Each time of the statement, and what its lines until then add up to."""
    lines = world.entries(sub, role=role)
    for line in lines:
        yield line["at"], sum(each["points"] for each in lines if each["at"] <= line["at"])


def test_each_line_of_a_statement_shows_in_what_was_held_then(busy: World) -> None:
    for filed in (False, True):
        for at, points in sums(busy):
            assert held(busy, at)["points"] == points
            assert held(busy, at.replace("Z", "+00:00"))["at"] == at
        if not filed:
            busy.stream()
    assert [points for _, points in sums(busy, "shop", "institution")] == [1500, 1000, 500]
    for at, points in sums(busy, "shop", "institution"):
        assert held(busy, at, "shop", "institution")["points"] == points
    assert busy.me()["balances_at"] is None


def account(world: World) -> Account:
    return queries.item(world.me()["id"])


def kept(world: World) -> list[checkpoints.Checkpoint]:
    place, where = keys.checkpoint(account(world).holder, "0"), Attr("until").exists()
    return list(read.query(place.pk, place.sk, "~", checkpoints.Checkpoint, where=where))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints of two lines each."""
    monkeypatch.setattr(checkpoints, "LINES_MIN", 1)
    monkeypatch.setattr(checkpoints, "LINES_MAX", 2)


def test_checkpoints_change_no_answer(busy: World, few: None) -> None:
    busy.stream()
    before = [held(busy, at) for at, _ in sums(busy)]
    for _ in range(2):
        checkpoints.keep(account(busy), datetime.now(UTC) + timedelta(hours=1))
    assert len(kept(busy)) == 4
    assert kept(busy)[-1].points == busy.points()
    busy.store.items = {
        place: item
        for place, item in busy.store.items.items()
        if not place[1].startswith("entry:") or place[1] >= keys.entries_at(kept(busy)[1].until)
    }
    assert [held(busy, each["at"]) for each in before[:2]] == before[:2]  # from the checkpoint alone


def test_a_line_that_is_filed_late_makes_checkpoints_of_before_worthless(
    busy: World, few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints.keep(account(busy), datetime.now(UTC) + timedelta(hours=1))
    assert kept(busy) == []  # nothing is filed yet
    monkeypatch.setattr("chalicelib.ledger.projection.LATE", timedelta(seconds=-60))
    busy.stream()
    assert account(busy).late == 4
    for at, points in sums(busy):
        assert held(busy, at)["points"] == points
    checkpoints.keep(account(busy), datetime.now(UTC) + timedelta(hours=1))
    assert {each.late for each in kept(busy)} == {4}
    stale = account(busy)
    world_item = busy.store.items[stale.key]
    world_item["late"] = {"N": "5"}
    assert checkpoints._latest(account(busy), "3000-01-01T00:00:00.000Z").checkpoint is None


def test_one_record_in_256_makes_its_accounts_keep_one(busy: World, few: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "_SAMPLED", frozenset(each["id"][:2] for each in busy.records()))
    monkeypatch.setattr(checkpoints, "SETTLED", timedelta(seconds=-60))
    busy.stream()
    assert kept(busy)
    assert kept(busy)[-1].points == busy.points()


NO_ZONE = ["2026-01-31T08:00:00", "2026-01-31T08:00:00+25:00", "2026-01-31T08:00:00Z+08:00", "2026-01-31T08:00:00 CST"]
NO_TIME = ["2026-01-31", "2026-01-31T25:00:00Z", "2026-02-30T08:00:00Z", "yesterday", ""]


@pytest.mark.parametrize("at", [FUTURE, "2001-01-01T00:00:00Z", *NO_ZONE, *NO_TIME])
def test_an_instant_that_cannot_be_asked_for_is_refused(busy: World, at: str) -> None:
    for path, asked in (("/v1/accounts/me", {"role": "individual", "sub": "alice"}), ("/v1/supply", {})):
        answer = busy.get(path, **asked, at=at)
        assert (answer.status, answer.pointers) == (422, ["/at"]), (path, answer)


def test_officials_ask_for_a_reason_and_what_is_refused_is_no_reading(busy: World) -> None:
    id, at = busy.me()["id"], busy.entries()[1]["at"]
    there = f"/v1/accounts/{id}"
    assert busy.get(there, role="auditor", sub="audit", at=at).pointers == ["/reason"]
    assert busy.get(there, role="auditor", sub="audit", at=FUTURE, reason="2026-17").status == 422
    answer = busy.get(there, role="auditor", sub="audit", at=at, reason="2026-17")
    assert answer.body["balances_at"] == held(busy, at)
    assert len([each for each in busy.records() if each["kind"] == "account_read"]) == 1


def test_the_supply_is_kept_when_it_changes(busy: World) -> None:
    first, later = (datetime.now(UTC) + timedelta(seconds=each) for each in (0, 0.5))
    keep_supply(first)
    assert busy.get("/v1/supply", at=first.isoformat()).status == 422  # nothing has moved yet
    busy.stream()
    keep_supply(first)
    keep_supply(later)
    assert len([each for each in busy.store.items if each[0] == "supplies"]) == 1
    at = first + timedelta(milliseconds=1)
    assert busy.get("/v1/supply", at=at.isoformat()).body == busy.get("/v1/supply").body


def test_an_offset_whose_plus_became_a_blank_on_the_way_is_understood(busy: World) -> None:
    """``?at=2026-11-01T00:00:00+08:00`` arrives as a blank where a client does not write %2B."""
    busy.stream()
    for at, points in sums(busy):
        shanghai = f"{datetime.fromisoformat(at).astimezone(timezone(timedelta(hours=8))).isoformat()}"
        assert held(busy, shanghai.replace("+", " ")) == held(busy, at)
        assert held(busy, at)["points"] == points
    lines = busy.entries(**{"from": "2020-01-01T00:00:00 08:00", "until": "2098-01-01T00:00:00.5 08:00"})
    assert len(lines) == 4


@pytest.mark.parametrize("at", ["2024-01-15T08:00:00 0800", "2024-01-15 08:00:00 08:00", "2024-01-15T08:00:00  08:00"])
def test_another_blank_is_refused(busy: World, at: str) -> None:
    assert busy.get("/v1/accounts/me", role="individual", sub="alice", at=at).pointers == ["/at"]
    assert busy.report(busy.me()["id"], occurred_at="2024-01-15T08:00:00 08:00").pointers == ["/occurred_at"]


@pytest.mark.parametrize(("role", "sub", "more"), [("individual", "alice", 2), ("institution", "shop", 3)])
def test_an_instant_costs_few_reads_more_however_long_the_statement_is(
    busy: World, few: None, monkeypatch: pytest.MonkeyPatch, role: str, sub: str, more: int
) -> None:
    busy.stream()
    name = keys.holder(busy.me(sub, role)["id"])
    line = Entry("x", "x", "redemption", 1, 0, "metro", "x")
    for number in range(3000):
        at, id = f"2026-02-01T00:{number // 60:02d}:{number % 60:02d}.000Z", f"line-{number}"
        commit([put(keys.entry(name, at, id), replace(line, id=id, at=at))])
    monkeypatch.setattr(checkpoints, "LINES_MAX", 400)
    checkpoints.keep(queries.item(name.removeprefix("account:")), datetime.now(UTC) + timedelta(hours=1))
    costs = []
    for asked in ({}, {"at": "2026-02-01T00:45:00Z"}):
        before = busy.store.requests
        answer = busy.get("/v1/accounts/me", role=role, sub=sub, **asked)
        costs.append(busy.store.requests - before)
    assert answer.body["balances_at"]["points"] == 45 * 60 + 1
    assert costs[1] - costs[0] <= more


# what holds and draws reserve


@pytest.fixture
def holding(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[World, list[tuple[str, int, int]]]:
    """Alice pays in a merchant's own mall: a hold is captured in part, one as a whole, one is released, one stays."""
    calendar = Calendar(monkeypatch, f"{DAY}08:00:00+00:00")
    merchant = consents.mall(world)
    world.rich(points=9000)
    grant = consents.spending(world, merchant, points_max_order=9000, points_max_day=9000)
    ids, expected = list[str](), list[tuple[str, int, int]]()

    def at(minute: int, act: Any, points: int, held: int) -> None:
        calendar.now = f"{DAY}09:{minute:02d}:00+00:00"
        answer = act()
        assert answer.status in (200, 201), answer
        ids.append(answer.body["id"])
        expected.append((f"{DAY}09:{minute:02d}:00.000Z", points, held))

    for number in range(4):
        hold = partial(consents.hold, world, grant, order_reference=f"o{number}", points=300, expires_in_seconds=86_400)
        at(number, hold, 9000 - 300 * (number + 1), 300 * (number + 1))
    at(10, lambda: consents.capture(world, ids[0], 100), 8000, 900)
    at(11, lambda: consents.capture(world, ids[1], 300), 8000, 600)
    at(12, lambda: consents.release(world, ids[2]), 8300, 300)
    calendar.now = f"{DAY}10:00:00+00:00"
    return world, expected


def reserved(world: World, expected: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    found = [(each["at"], each["points"], each["held_points"]) for each in (held(world, at) for at, _, _ in expected)]
    balances = world.me()["balances"]
    assert (balances["points"], balances["held_points"]) == expected[-1][1:]
    return found


def test_what_was_held_is_known_as_of_any_instant(holding: tuple[World, list[tuple[str, int, int]]]) -> None:
    world, expected = holding
    assert [each for each in reserved(world, expected) if each[0] < f"{DAY}09:11"] == expected[:5]  # before the stream
    for _ in range(2):
        world.stream()
        assert reserved(world, expected) == expected
    assert held(world, f"{DAY}08:59:59Z")["held_points"] == 0


def test_checkpoints_keep_what_was_held(holding: tuple[World, list[tuple[str, int, int]]], few: None) -> None:
    world, expected = holding
    world.stream()
    checkpoints.keep(account(world), datetime.now(UTC) + timedelta(hours=1))
    marks = [each for each in kept(world) if each.until]
    assert [each.held for each in marks if each.until > f"{DAY}09:12"][-1:] == [300]
    assert len(marks) > 2
    assert reserved(world, expected) == expected


def test_what_was_held_before_there_were_notes_is_noted_by_a_command(
    holding: tuple[World, list[tuple[str, int, int]]],
) -> None:
    world, expected = holding
    world.stream()
    notes = {place: item for place, item in world.store.items.items() if "reserved" in item}
    for place in notes:
        del world.store.items[place]
    assert {held for _, _, held in reserved(world, expected)} == {0}
    fill(segments=1)
    assert {place: item for place, item in world.store.items.items() if "reserved" in item} == notes
    assert reserved(world, expected) == expected


# what stood on the shelf


@pytest.fixture
def shop(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[World, str]:
    """An offer that is made with 10 units, sells 2 and 1, gets 5 more, takes 2 back, and sells 1 a day later."""
    calendar = Calendar(monkeypatch, f"{DAY}07:59:00+00:00")
    world.merchant()
    world.rich(points=9000)
    calendar.now = f"{DAY}08:00:20+00:00"
    offer = world.offer(stock=10, busy=True)
    calendar.now = f"{DAY}08:01:10+00:00"
    order = world.redeem(offer, 2000, 2).body["id"]
    world.redeem(offer)
    calendar.now = f"{DAY}09:30:00+00:00"
    changed = world.patch(f"/v1/offers/{offer}", {"stock_added": 5}, role="institution", sub="shop")
    assert changed.status == 200
    calendar.now = f"{DAY}09:31:59+00:00"
    assert world.refund(order).status == 200
    calendar.now = "2026-11-21T10:00:00+00:00"
    world.redeem(offer)
    for _ in range(2):
        world.stream()
    calendar.now = "2026-11-22T00:00:00+00:00"
    return world, offer


@pytest.mark.parametrize(
    ("at", "minute", "stock"),
    [
        (f"{DAY}08:01:00Z", "08:01", 10),
        (f"{DAY}08:01:59Z", "08:01", 10),  # to the minute: its own sales come with the next
        (f"{DAY}16:02:00+08:00", "08:02", 7),
        (f"{DAY}09:31:00Z", "09:31", 12),
        (f"{DAY}23:59:59.999Z", "23:59", 14),
        ("2026-11-21T10:00:30Z", None, 14),
        ("2026-11-21T10:01:00Z", None, 13),
        ("2026-11-22T00:00:00Z", None, 13),
    ],
)
def test_stock_is_known_as_of_any_minute(shop: tuple[World, str], at: str, minute: str | None, stock: int) -> None:
    world, offer = shop
    answer = world.get(f"/v1/offers/{offer}", at=at)
    assert answer.status == 200, answer
    assert (answer.body["stock"], answer.body["stock_at"]["stock"]) == (13, stock)
    if minute:
        assert answer.body["stock_at"]["at"] == f"{DAY}{minute}:00.000Z"
    assert world.get(f"/v1/offers/{offer}").body["stock_at"] is None


@pytest.mark.parametrize(
    "at", [FUTURE, f"{DAY}08:00:59Z", "2001-01-01T00:00:00Z", "2026-11-21T08:00:00", "yesterday", ""]
)
def test_stock_before_the_offer_was_made_or_in_the_future_is_refused(shop: tuple[World, str], at: str) -> None:
    world, offer = shop
    answer = world.get(f"/v1/offers/{offer}", at=at)
    assert (answer.refused, answer.pointers) == ((422, "invalid_request"), ["/at"])


def test_stock_of_an_offer_from_before_is_not_guessed(shop: tuple[World, str]) -> None:
    world, offer = shop
    for place, item in world.store.items.items():
        if place[1].startswith(("day:", "minute:")):
            world.store.items[place] = {name: value for name, value in item.items() if name != "first"}
    assert world.get(f"/v1/offers/{offer}", at=f"{DAY}12:00:00Z").pointers == ["/at"]


def test_codes_count_as_stock_then_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    calendar = Calendar(monkeypatch, f"{DAY}08:00:00+00:00")
    world.merchant()
    offer = world.offer(stock=10)
    for minute, codes in ((10, 3), (20, 2)):
        calendar.now = f"{DAY}08:{minute}:00+00:00"
        body = {"codes": [f"code-{minute}-{number}" for number in range(codes)]}
        assert world.post(f"/v1/offers/{offer}/vouchers", body, role="institution", sub="shop").status == 201
    calendar.now = f"{DAY}09:00:00+00:00"
    held = [world.get(f"/v1/offers/{offer}", at=f"{DAY}08:{at}:00Z").body["stock_at"]["stock"] for at in (10, 11, 21)]
    assert held == [10, 3, 5]


def test_what_was_on_the_shelf_costs_two_reads_more_whatever_was_sold(shop: tuple[World, str]) -> None:
    world, offer = shop
    costs = []
    for asked in ({}, {"at": f"{DAY}23:00:00Z"}):
        before = world.store.requests
        assert world.get(f"/v1/offers/{offer}", **asked).status == 200
        costs.append(world.store.requests - before)
    assert costs[1] - costs[0] == 2
