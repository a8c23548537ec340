"""Entering a draw, and settling an entry: what each Decision writes. No store."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.draws.items import Draw
from chalicelib.errors import InvalidState
from chalicelib.events import settling
from chalicelib.events.actions import EntriesClosed, enter
from chalicelib.events.entries import NewDrawEntry
from chalicelib.events.items import DrawEntry
from chalicelib.mall.items import OfferEvent
from chalicelib.table import keys
from chalicelib.table.row import dump
from tests.unit.decisions import AT, ID, after, command, holds, refusal, touched, write_to
from tests.unit.mall import nouns
from tests.unit.mall.nouns import ACTIVE, ALICE, BUYER, MERCHANT, OFFER, SHOP, TILL

ENTRY = "e" * 26
EVENT = OfferEvent("event", 2, 10, "2026-02-01T00:00:00.000Z")
OPEN = Draw(
    id="event", merchant=SHOP, commitment="c", opens_at="2026-01-01T00:00:00.000Z", draws_at=str(EVENT.draws_at),
    ends_at=str(EVENT.draws_at),
)  # fmt: skip
HELD = DrawEntry(
    id=ENTRY, event="event", account=ALICE, merchant=SHOP, offer=OFFER, title="票", quantity=2, amount=2000,
    entered_at=AT,
)  # fmt: skip
STORED = dump(HELD) | {"points": 2000}


def entering(draw: Draw = OPEN) -> Any:
    body = NewDrawEntry(offer=OFFER, quantity=2, points=2000)
    return enter(command(body), draw, nouns.offer(event=EVENT, per_account_limit=2), ENTRY)


def award(won: int, entry: DrawEntry = HELD) -> Any:
    return settling.award(command(role="system", sub="system"), entry, nouns.offer(), {TILL: won}, {})


def test_an_entry_takes_the_points_once_and_counts_in_a_list_that_is_open() -> None:
    decision = entering()
    assert touched(decision)[:2] == [HELD.key, keys.account(BUYER)]
    paid = after(write_to(decision, keys.account(BUYER)), ACTIVE)
    assert (paid["points"], paid["held"], paid["unfiled"]) == (3000, 2000, {ID})
    assert after(write_to(decision, HELD.key))["points"] == 2000
    assert refusal(write_to(decision, HELD.key), STORED).code == "entered_already"
    [counted] = [each for each in decision.writes if each.key.sk == "lane"]
    assert holds(counted)
    assert not holds(counted, {"closed": True})


@pytest.mark.parametrize("changes", [{"opens_at": "2026-01-31T08:00:00.001Z"}, {"draws_at": AT}])
def test_an_entry_outside_its_time_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(EntriesClosed):
        entering(replace(OPEN, **changes))  # type: ignore[arg-type]


def test_a_winner_pays_out_of_the_entry_and_keeps_the_rest() -> None:
    decision = award(1)
    assert [tuple(each)[:3] for each in decision.facts.postings] == [
        (HELD.name, BUYER, 2000), (BUYER, TILL, 1000), (TILL, "system:delivered", 1),
    ]  # fmt: skip
    got = after(write_to(decision, keys.account(BUYER)), ACTIVE | {"held": 2000})
    assert (got["points"], got["held"], got["pending"]) == (6000, 0, 1)
    sold = after(write_to(decision, keys.account(TILL)), nouns.till())
    assert (sold["points"], sold["units"], sold["orders"]) == (1000, 9, 1)
    assert (decision.facts.holder, decision.facts.payer, decision.facts.movement) == (MERCHANT, BUYER, "redemption")
    entry = after(write_to(decision, HELD.key), STORED)
    assert (entry["status"], entry["awarded"], entry["order"], entry["points"]) == ("won", 1, ID, 0)


def test_points_come_back_to_a_frozen_account_too_and_never_to_a_closed_one() -> None:
    decision = settling.give_back(command(role="system", sub="system"), HELD)
    back = write_to(decision, keys.account(BUYER))
    assert holds(back, ACTIVE | {"held": 2000, "status": "frozen"})
    assert not holds(back, ACTIVE | {"held": 2000, "status": "closed"})


def test_an_entry_is_settled_once() -> None:
    settled = replace(HELD, status="lost")
    for again in (lambda: award(1, settled), lambda: settling.give_back(command(), settled)):
        with pytest.raises(InvalidState):
            again()
    assert not holds(write_to(award(1), HELD.key), STORED | {"status": "lost"})
