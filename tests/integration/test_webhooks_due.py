"""Webhooks that are due are found by the minute: nobody asks every merchant, and each noted one has its turn."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import pytest

from chalicelib.agenda import notes
from chalicelib.agenda.notes import note
from chalicelib.kernel.fields import stamp
from chalicelib.partners import actions, queries, worker
from chalicelib.partners.items import DUE, LATER, Delivery, Partner, waiting
from chalicelib.table import keys, lists
from chalicelib.table.commit import commit
from chalicelib.table.lists import Listing
from chalicelib.table.write import put, update
from tests.world import World

NOW = datetime.now(UTC)
AT = stamp(NOW)


@pytest.fixture(autouse=True)
def standing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of notes stands at NOW: the suite takes minutes, and a slot that is over takes no note."""

    class Then(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return NOW.astimezone(tz)

    monkeypatch.setattr(notes, "datetime", Then)


def integrated(count: int, first: int = 0) -> list[str]:
    """Merchants with a system of their own, for which nothing waits."""
    ids = [f"m{number:03d}" for number in range(first, first + count)]
    for id in ids:
        partner = Partner(merchant=id, callback_url="https://shop.example", public_key="whpk_", at=AT)
        commit([put(keys.partner(id), partner, listed=Listing(lists.PARTNERS, id))])
    return ids


def waits(merchant: str, count: int, then: datetime = NOW) -> list[str]:
    ids = [f"{merchant}-{number}" for number in range(count)]
    for id in ids:
        event = Delivery(
            id=id,
            merchant=merchant,
            type="order.placed",
            payload="{}",
            made_at=AT,
            waiting_since=AT,
            next_at=stamp(then),
        )
        commit([put(keys.delivery(id), event, listed=waiting(merchant, id, stamp(then)))])
    return ids


@pytest.fixture
def sent(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of events that were sent to the queue."""
    found: list[str] = []
    monkeypatch.setattr(worker, "enqueue", lambda ids, delay_seconds=0: found.extend(ids))
    return found


def cost(world: World, act: Any) -> int:
    before = world.store.requests
    act()
    return world.store.requests - before


def test_a_minute_costs_the_same_however_many_merchants_have_a_system(world: World, sent: list[str]) -> None:
    [shop] = integrated(1)
    ids = waits(shop, 2)
    note(DUE, [shop], NOW)
    few = cost(world, lambda: worker.retry_due(NOW))
    integrated(60, first=1)
    many = cost(world, lambda: worker.retry_due(NOW))
    assert sent == [*ids, *ids]
    assert many <= few  # the walk continues at its mark


def test_a_merchant_stays_noted_until_nothing_waits(world: World, sent: list[str]) -> None:
    [shop] = integrated(1)
    waits(shop, 1, then=NOW + timedelta(hours=3))
    note(DUE, [shop], NOW)
    worker.retry_due(NOW)
    assert sent == []
    assert world.item(DUE.key(NOW + timedelta(hours=3), shop)) is not None
    worker.retry_due(NOW + timedelta(hours=3, minutes=1))
    assert {*sent} == {f"{shop}-0"}  # once for each minute that it is noted in: a double changes nothing


def test_one_merchant_with_thousands_waiting_takes_its_share_and_no_more(
    world: World, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "DUE_MAX", 5)
    busy, other = integrated(2)
    waits(busy, 40)
    last = waits(other, 1)
    note(DUE, [busy, other], NOW)
    worker.retry_due(NOW)
    assert len(sent) == 5 + 1
    assert {*last} <= {*sent}


def test_a_disabled_system_is_left_alone_until_it_is_registered_again(world: World, sent: list[str]) -> None:
    [shop, other] = integrated(2)
    waits(shop, 1), waits(other, 1)
    commit([update(keys.partner(shop), assign={"disabled_at": AT})])
    note(DUE, [shop, other], NOW)
    worker.retry_due(NOW)
    assert sent == [f"{other}-0"]
    later = NOW + LATER
    assert (world.item(DUE.key(later, shop)), world.item(DUE.key(later, other)) is not None) == (None, True)
    known = queries.partner(shop)
    assert known is not None
    commit(actions.register(replace(known, at=stamp(NOW), disabled_at=None), known))
    sent.clear()
    worker.retry_due(later)
    assert f"{shop}-0" in sent


def test_what_nobody_noted_is_found_by_the_slow_round(world: World, sent: list[str]) -> None:
    [shop] = integrated(1)
    ids = waits(shop, 1)
    worker.retry_due(NOW)
    assert sent == []
    worker.resume(NOW)
    assert sent == ids


def test_a_round_over_many_merchants_continues_where_its_time_was_over(
    world: World, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.agenda.walks.AT_ONCE", 2)
    monkeypatch.setattr(worker, "RETRYING_SECONDS_MAX", -1)
    ids = [id for merchant in integrated(5) for id in waits(merchant, 1)]
    for _ in range(3):
        worker.resume(NOW)
    assert sent == ids
