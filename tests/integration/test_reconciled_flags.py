"""The daily reconciliation names every certificate whose flag is not what the Records make it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

import app
from chalicelib.reconciliation import flags
from chalicelib.settings import settings
from infra.dev.local import books, schedules
from tests.books import audited
from tests.integration.test_reconciliation import DAY, MOMENT
from tests.integration.test_uncovered import cancel, trip, undo
from tests.world import PEOPLE, World

WHAT = "uncovered_grams"
CAMPAIGN = {
    "title": "t", "purpose": "event", "description": "d", "target_grams": 9, "ends_at": "2097-01-01T00:00:00Z",
}  # fmt: skip


class Town:
    """Alice owes 320 g: 300 of her donation bear it, and 20 of her second flight. Bob owes nothing, and flew."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.merchant()
        alice = world.rich(points=180)
        self.bobs = self._bob()
        self.false = trip(world, alice, 500)
        self.first, self.second = cancel(world, 100), cancel(world, 100)
        self.campaign, self.given = self._donate(300)
        undo(world, self.false)
        world.stream()
        world.stream()

    def _bob(self) -> str:
        self.world.rich("bob", PEOPLE[1], points=100)
        return cancel(self.world, 50, "bob")

    def _donate(self, points: int) -> tuple[str, str]:
        id = str(self.world.post("/v1/campaigns", CAMPAIGN, role="institution", sub="shop").body["id"])
        self.world.post(f"/v1/campaigns/{id}/approve", role="exchange", sub="exchange")
        given = self.world.post("/v1/donations", {"campaign": id, "points": points}, role="individual", sub="alice")
        return id, str(given.body["certificate"]["serial"])

    def plant(self, pk: str, grams: int, name: str = WHAT) -> None:
        """What nobody meant to be there."""
        [place] = [each for each in self.world.store.items if each[0] == pk and each[1] in ("certificate", "uncovered")]
        self.world.store.items[place][name] = {"N": str(grams)}

    def found(self) -> list[tuple[str, str, int, int]]:
        schedules.fire(app, "reconcile", datetime.fromisoformat(MOMENT))
        items = self.world.get(f"/v1/reconciliations/{DAY}/differences", role="auditor", sub="auditor").body["items"]
        self.records = [each["records"] for each in items]
        return [(each["account"], each["what"], each["expected"], each["found"]) for each in items]


@pytest.fixture
def town(world: World, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setenv("BATCH_THREADS", "1")
    settings.cache_clear()
    made = Town(world)
    monkeypatch.setattr(books, "LATE", timedelta(seconds=-60))  # its Records are older than what may be on its way
    return made


def certificate(serial: str) -> str:
    return f"certificate:{serial}"


def test_flags_that_are_right_are_no_difference(town: Town) -> None:
    assert town.found() == []


PLANTED: dict[str, tuple[Callable[[Town], tuple[str, int]], int]] = {
    "a flag that was lost": (lambda town: (town.second, 0), 20),
    "a flag that is too small": (lambda town: (town.second, 19), 20),
    "a flag that is too large": (lambda town: (town.second, 21), 20),
    "a flag on the wrong certificate": (lambda town: (town.first, 20), 0),
    "a flag though nobody owes": (lambda town: (town.bobs, 50), 0),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_flag_is_named_with_the_record_that_issued_the_certificate(town: Town, name: str) -> None:
    plant, expected = PLANTED[name]
    serial, grams = plant(town)
    town.plant(certificate(serial), grams)
    assert town.found() == [(certificate(serial), WHAT, expected, grams)]
    assert town.records == [[town.world.store.items[certificate(serial), "certificate"]["record"]["S"]]]


def test_a_donations_flag_differs_from_its_campaigns_sum_as_well(town: Town) -> None:
    town.plant(certificate(town.given), 299)
    campaign = (f"campaign:{town.campaign}", f"{WHAT} of its donors", 299, 300)
    assert {*town.found()} == {(certificate(town.given), WHAT, 300, 299), campaign}


def test_a_campaigns_sum_that_is_wrong_is_named(town: Town) -> None:
    town.plant(f"campaign:{town.campaign}", 301, "grams")
    assert town.found() == [(f"campaign:{town.campaign}", f"{WHAT} of its donors", 300, 301)]


def test_who_is_set_aside_is_judged_another_day(town: Town) -> None:
    books = audited(town.world.items())
    [owing] = books.whole.owing
    town.plant(certificate(town.second), 0)
    assert len(list(flags.differences(books, ()))) == 1
    assert list(flags.differences(books, {owing})) == []


def test_who_repays_while_the_books_are_read_is_not_judged(town: Town) -> None:
    books = audited(town.world.items())
    [owing] = books.whole.owing
    trip(town.world, owing.removeprefix("account:"), 320)
    assert list(flags.differences(books, ())) == []
    town.world.stream()
    assert [*map(tuple, flags.differences(books, ()))] == []


def test_a_flag_of_who_has_just_repaid_is_not_judged(town: Town) -> None:
    before = audited(town.world.items())
    [owing] = before.whole.owing
    trip(town.world, owing.removeprefix("account:"), 320)
    books = audited(town.world.items())  # the flags stand until the stream has come
    assert (books.whole.owing, len(books.books.projected.flags)) == ({}, 2)
    assert list(flags.differences(books, {owing})) == []
    found = {each.account for each in flags.differences(books, ())}
    assert found == {certificate(town.second), certificate(town.given)}
