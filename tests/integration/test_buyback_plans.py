"""Planning a buy-back run, part by part: nobody is skipped and nobody paid twice, whatever dies, doubles or moves."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.agenda import notes
from chalicelib.buyback import model, worker
from chalicelib.buyback.model import SELLERS, TONNE
from chalicelib.kernel.fields import stamp
from chalicelib.queues import sender as queue
from chalicelib.table import keys, lists
from chalicelib.table.commit import commit
from chalicelib.table.lists import Listing
from chalicelib.table.write import put, update
from tests.unit.parties import institution
from tests.world import World

EXCHANGE = {"role": "exchange", "sub": "exchange"}


class Died(BaseException):
    """The function's process is gone."""


@pytest.fixture
def sent(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """The queue."""
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(queue, "send", lambda messages, **_: found.extend(messages))
    monkeypatch.setattr(model, "PART_MERCHANTS", 3)
    monkeypatch.setattr(model, "PARTS_AT_ONCE", 2)
    return found  # type: ignore[return-value]


def admit(count: int, *, points: int = TONNE, first: int = 0) -> list[str]:
    """Merchants that hold ``points`` each, admitted one after the other."""
    ids = [f"m{number:04d}" for number in range(first, first + count)]
    for id in ids:
        account = replace(institution(points=points), id=id)
        commit([put(keys.account(keys.holder(id)), account, listed=Listing(lists.MERCHANTS, f"2026-01-01:{id}"))])
    return ids


def start(world: World) -> str:
    started = world.post("/v1/buy-back-runs", **EXCHANGE)
    assert started.status == 202, started
    return str(started.body["id"])


def paid(world: World) -> Counter[str]:
    return Counter(
        each["postings"][0][0].removeprefix("account:") for each in world.records() if each["kind"] == "buy_back"
    )


def deliver(message: dict[str, Any]) -> None:
    worker.handle(json.loads(json.dumps(message)), lambda _: True)


def drain(sent: list[dict[str, Any]]) -> int:
    """Everything that was sent, and what that sends: how many messages."""
    count = 0
    while sent:
        deliver(sent.pop(0))
        count += 1
    return count


def view(world: World, run: str) -> dict[str, Any]:
    found: dict[str, Any] = world.get(f"/v1/buy-back-runs/{run}", **EXCHANGE).body
    return found


def test_a_message_plans_a_bounded_part_however_many_merchants_there_are(
    world: World, sent: list[dict[str, Any]]
) -> None:
    costs = []
    for first in (0, 20, 200):
        admit(20 if not first else 180, first=first, points=1)
        run = start(world)
        before = world.store.requests
        deliver({"run": run})
        costs.append(world.store.requests - before)
        planned = world.item(keys.run(run))
        assert planned is not None
        assert (planned["planned"], planned["status"]) == (2, "planning")
        sent.clear()
    assert len(set(costs)) == 1


def test_each_merchant_is_paid_once_by_many_parts(world: World, sent: list[dict[str, Any]]) -> None:
    ids = admit(40)
    run = start(world)
    deliver({"run": run})
    assert drain(sent) == 14 + 6  # the parts, and the messages that plan on
    assert paid(world) == Counter(ids)
    assert view(world, run).items() >= {"status": "finished", "merchants": 40, "tonnes": 40}.items()


def test_merchants_without_a_tonne_cost_a_part_one_read_together(world: World, sent: list[dict[str, Any]]) -> None:
    admit(3, points=TONNE - 1)
    run = start(world)
    deliver({"run": run})
    [message] = sent
    before = world.store.requests
    deliver(message)
    # run, part, the accounts together, part done, run, lanes that count, finish: run and lanes, commit
    assert world.store.requests - before <= 9
    assert view(world, run)["status"] == "finished"


def test_doubles_of_messages_do_not_multiply(world: World, sent: list[dict[str, Any]]) -> None:
    ids = admit(40)
    run = start(world)
    deliver({"run": run})
    count = 0
    while sent:
        message = sent.pop(0)
        for _ in range(3):
            deliver(message)
            count += 1
        assert count < 500
    assert paid(world) == Counter(ids)
    assert view(world, run)["tonnes"] == 40


@pytest.mark.parametrize("seed", range(12))
def test_a_run_whose_workers_die_anywhere_pays_each_merchant_once(
    world: World, sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Messages come doubled, shuffled, late or never; every request may be the last of its process."""
    dice, ids = random.Random(seed), admit(25)
    run = start(world)
    perform, clock = world.store.perform, datetime.now(UTC)

    def dying(*args: Any) -> Any:
        fate = dice.random()
        if fate < 0.04:
            raise Died
        answer = perform(*args)
        if fate < 0.08:
            raise Died
        return answer

    sent.append({"run": run})
    for _ in range(3000):
        if not sent:
            if view(world, run)["status"] == "finished":
                break
            clock += timedelta(minutes=16)
            worker.resume(clock)
            continue
        message = sent.pop(dice.randrange(len(sent)))
        monkeypatch.setattr(world.store, "perform", dying)
        try:
            deliver(message)
            if dice.random() < 0.1:
                sent.append(message)
        except Died:
            if dice.random() < 0.7:  # or it ends in the dead-letter queue
                sent.append(message)
        finally:
            monkeypatch.setattr(world.store, "perform", perform)
    assert view(world, run).items() >= {"status": "finished", "merchants": 25, "tonnes": 25}.items()
    assert paid(world) == Counter(ids)


def test_a_merchant_that_moves_in_the_list_while_it_is_walked_is_not_passed_over(
    world: World, sent: list[dict[str, Any]]
) -> None:
    """Admitted again it stands behind all others, and one that stood there before is not counted twice."""
    ids = admit(20)
    run = start(world)
    deliver({"run": run})
    for moved in (ids[1], ids[10]):  # one that is planned already, one that is not
        place = Listing(lists.MERCHANTS, f"2026-02-01:{moved}")
        commit([update(keys.account(keys.holder(moved)), listed=place)])
    drain(sent)
    assert paid(world) == Counter(ids)


def test_a_merchant_that_sells_while_its_run_is_planned_is_not_passed_over(
    world: World, sent: list[dict[str, Any]]
) -> None:
    ids, now = admit(20), datetime.now(UTC)
    notes.note(SELLERS, ids)
    monday = now + timedelta(days=7 - now.weekday())
    run = worker.scheduled(stamp(monday))
    deliver({"run": run})
    notes.forget()
    notes.note(SELLERS, reversed(ids), now + timedelta(days=1))  # it stands on the next day too
    drain(sent)
    assert paid(world) == Counter(ids)
    assert view(world, run)["merchants"] == 20


def test_a_silent_run_is_sent_again_and_one_at_work_is_left_alone(world: World, sent: list[dict[str, Any]]) -> None:
    admit(40)
    run, now = start(world), datetime.now(UTC)
    deliver({"run": run})
    sent.clear()
    worker.resume(now + timedelta(minutes=14))
    assert sent == []
    worker.resume(now + timedelta(minutes=16))
    assert sent == [{"run": run, "planned": 2}]
    drain(sent)
    assert view(world, run)["status"] == "running"  # the parts of the first message were lost
    worker.resume(now + timedelta(minutes=14))
    assert sent == []
    worker.resume(now + timedelta(minutes=16))
    assert sent == [{"run": run, "planned": 14}, {"run": run, "part": 1}, {"run": run, "part": 2}]
    drain(sent)
    assert view(world, run)["status"] == "finished"


def test_a_run_whose_sweep_takes_long_is_not_silent(
    world: World, sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    admit(4)
    run, began = start(world), datetime.now(UTC)

    class Clock(datetime):
        ahead = timedelta()

        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + cls.ahead

    monkeypatch.setattr(worker, "datetime", Clock)
    for minutes in range(0, 40, 4):
        Clock.ahead = timedelta(minutes=minutes)
        worker.handle({"run": run}, lambda _: False)
        assert sent == [{"run": run}]
        sent.clear()
        worker.resume(began + timedelta(minutes=minutes + 10))
        assert sent == []
    worker.resume(began + timedelta(minutes=36 + 16))
    assert sent == [{"run": run, "planned": 0}]


@pytest.mark.parametrize("dies_at", [1, 2])
@pytest.mark.parametrize("merchants", [4, 20])
def test_what_was_planned_by_a_worker_that_died_before_it_sent_it_is_sent_by_the_next_firing(
    world: World, sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, dies_at: int, merchants: int
) -> None:
    ids = admit(merchants)
    run, now, send = start(world), datetime.now(UTC), queue.send
    left = [dies_at]

    def dying(messages: Any, **options: Any) -> None:
        left[0] -= 1
        if not left[0]:
            raise Died
        send(messages, **options)

    monkeypatch.setattr(queue, "send", dying)
    if merchants == 20 or dies_at == 1:  # the last plan has no message that plans on
        with pytest.raises(Died):
            deliver({"run": run})
    monkeypatch.setattr(queue, "send", send)
    sent.clear()
    worker.resume(now + timedelta(minutes=1))  # a living worker may be about to send
    assert sent == []
    worker.resume(now + timedelta(minutes=3))
    if merchants == 4 and dies_at == 2:
        assert sent == []
        deliver({"run": run})
    assert {"run": run, "part": 1} in sent
    drain(sent)
    assert paid(world) == Counter(ids)
    assert view(world, run)["status"] == "finished"


def test_any_message_of_a_run_sends_what_a_dead_worker_has_not(
    world: World, sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = admit(20)
    run, send = start(world), queue.send
    deliver({"run": run})
    part, more = sent[0], sent[-1]
    monkeypatch.setattr(queue, "send", lambda *_, **__: (_ for _ in ()).throw(Died))
    with pytest.raises(Died):
        deliver(more)
    monkeypatch.setattr(queue, "send", send)
    commit([update(keys.run(run), assign={"moved_at": stamp(datetime.now(UTC) - timedelta(minutes=3))})])
    sent.clear()
    deliver(part)
    deliver(part)
    assert sent.count({"run": run, "planned": 4}) == 1
    drain(sent)
    worker.resume(datetime.now(UTC) + timedelta(minutes=16))  # the other part of the first message
    drain(sent)
    assert paid(world) == Counter(ids)
