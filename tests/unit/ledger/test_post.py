"""What the ledger asks of each account that a Transfer moves."""

from typing import Any

import pytest

from chalicelib.errors import Contended, InvalidState, Refusal
from chalicelib.ledger.actions import (
    UNFILED_MAX,
    AccountClosed,
    AccountCondition,
    AccountFrozen,
    AccountNotOpen,
    InsufficientGrams,
    InsufficientPoints,
    StatementsBehind,
    post,
)
from chalicelib.ledger.model import GRAMS, POINTS, Posting, Transfer
from chalicelib.table.write import Attr, Write
from tests.unit.decisions import after, holds, refusal

ALICE, SHOP, TILL = "account:alice", "account:shop", "offer:x/0"
FULL = frozenset(str(number) for number in range(UNFILED_MAX))


def person(**changes: Any) -> dict[str, Any]:
    return {"kind": "individual", "status": "active", "points": 10, "grams": 10} | changes


def moved(source: str, destination: str, asset: str = POINTS, **terms: AccountCondition) -> dict[str, Write]:
    """The Writes of 7 units from ``source`` to ``destination``, by account name."""
    named = {"alice": ALICE, "shop": SHOP, "till": TILL}
    transfer = Transfer("t", (Posting(source, destination, 7, asset),))
    writes, _ = post(transfer, record="r", terms={named[name]: each for name, each in terms.items()})
    return {write.key.pk: write for write in writes}


def test_a_balance_moves_and_the_account_remembers_the_record() -> None:
    writes = moved(ALICE, SHOP)
    assert after(writes[ALICE], person()) == person(points=3, unfiled={"r"})
    assert after(writes[SHOP], person(unfiled={"q"})) == person(points=17, unfiled={"q", "r"})


@pytest.mark.parametrize("asset", [POINTS, GRAMS])
def test_exactly_what_there_is_can_be_taken_and_no_more(asset: str) -> None:
    write = moved(ALICE, "system:pool", asset)[ALICE]
    assert holds(write, person(**{asset: 7}))
    refused = refusal(write, person(**{asset: 6}))
    assert type(refused) is {POINTS: InsufficientPoints, GRAMS: InsufficientGrams}[asset]
    assert refused.facts == {"needed": 7, "available": 6}


def test_who_gains_needs_no_balance() -> None:
    assert holds(moved("system:pool", ALICE)[ALICE], person(points=0))


@pytest.mark.parametrize(
    ("there", "why"),
    [
        (None, AccountNotOpen),
        (person(status="closed"), AccountClosed),
        (person(status="frozen"), AccountFrozen),
        (person(unfiled=FULL), StatementsBehind),
        (person(unfiled=FULL, points=0), StatementsBehind),
        (person(status="frozen", points=0), AccountFrozen),
    ],
)
@pytest.mark.parametrize(("source", "destination"), [(ALICE, "system:pool"), ("system:pool", ALICE)])
def test_an_account_that_moves_nothing_says_why(
    there: dict[str, Any] | None, why: type[Refusal], source: str, destination: str
) -> None:
    assert type(refusal(moved(source, destination)[ALICE], there)) is why


def test_an_account_of_another_kind_is_none() -> None:
    write = moved(ALICE, "system:pool", alice=AccountCondition(kind="institution"))[ALICE]
    assert type(refusal(write, person())) is AccountNotOpen


def test_an_order_of_the_exchange_takes_from_a_frozen_account_but_not_from_a_closed_one() -> None:
    write = moved(ALICE, "system:pool", alice=AccountCondition(even_frozen=True))[ALICE]
    assert holds(write, person(status="frozen"))
    assert type(refusal(write, person(status="frozen", points=6))) is InsufficientPoints
    assert type(refusal(write, person(status="closed"))) is AccountClosed


def test_a_till_has_no_holder_s_state_and_remembers_nothing() -> None:
    write = moved(TILL, SHOP)[TILL]
    assert after(write, {"points": 7, "status": "off_shelf"}) == {"points": 0, "status": "off_shelf"}
    assert type(refusal(write, {"points": 6, "status": "on_shelf"})) is InsufficientPoints


def test_conditions_of_a_room_answer_for_their_account_but_not_for_a_statement_that_is_behind() -> None:
    terms = AccountCondition(
        require=Attr("price").eq(1), refuse=lambda _: InvalidState(state="a", action="b"), add={"sold": 1}
    )
    write = moved(ALICE, SHOP, alice=terms)[ALICE]
    assert after(write, person(price=1))["sold"] == 1
    assert type(refusal(write, person(price=2))) is InvalidState
    assert type(refusal(write, person(price=1, points=6))) is InvalidState
    assert type(refusal(write, person(price=2, unfiled=FULL))) is StatementsBehind


def test_an_account_that_only_counts_remembers_no_record() -> None:
    transfer = Transfer("t", (Posting("system:pool", SHOP, 7, POINTS),))
    writes, _ = post(transfer, record="r", terms={ALICE: AccountCondition(add={"pending": -1})})
    assert [write.key.pk for write in writes] == [ALICE, SHOP]
    assert after(writes[0], person(pending=1)) == person(pending=0)


def test_a_statement_that_is_behind_is_not_tried_again_by_the_edge() -> None:
    assert isinstance(StatementsBehind(unfiled=1), Contended)
    assert not StatementsBehind.again


def test_who_waits_is_told_how_long() -> None:
    refused = refusal(moved(ALICE, SHOP)[ALICE], person(unfiled=FULL))
    assert refused.facts == {"retry_after": 60, "unfiled": UNFILED_MAX}
