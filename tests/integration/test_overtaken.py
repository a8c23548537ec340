"""A state that changes between a decision and its commit refuses nothing that the new state allows."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.kernel import settle
from chalicelib.table.commit import commit
from tests.world import Answer, World


def first(world: World, *others: Callable[[], Answer]) -> None:
    """Each of ``others`` happens before a commit, once, in this order."""

    def interruption(other: Callable[[], Answer]) -> Any:
        def befall(store: Any, request: Any, asked: Any) -> Any:
            answer = other()
            assert answer.status < 300, answer
            return store.perform(request, "TransactWriteItems", asked)

        return befall

    world.store.interruptions = [interruption(other) for other in others]


@pytest.fixture
def order(world: World) -> str:
    world.rich()
    world.merchant()
    return str(world.redeem(world.offer()).body["id"])


def test_a_refund_that_a_fulfilment_overtakes_is_a_refund_of_what_was_fulfilled(world: World, order: str) -> None:
    first(world, lambda: world.fulfil(order))
    answer = world.refund(order)
    assert (answer.status, answer.body["status"], world.points()) == (200, "refunded", 7100)


def test_a_fulfilment_that_a_refund_overtakes_is_refused_by_the_new_state(world: World, order: str) -> None:
    first(world, lambda: world.refund(order))
    answer = world.fulfil(order)
    assert answer.refused == (409, "already_refunded")


def test_a_condition_that_no_reading_explains_is_not_tried_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = world.rich()
    tried: list[Any] = []

    def counted(writes: Any) -> None:
        tried.append(writes)
        commit(writes)

    monkeypatch.setattr(settle, "commit", counted)
    assert world.close().refused == (409, "invalid_state")
    assert (len(tried), bool(account)) == (settle.OVERTAKEN_MAX, True)
