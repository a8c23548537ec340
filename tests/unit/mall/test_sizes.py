"""How many tills an offer has, and units that move between them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.mall.items import ALWAYS, NEVER_ENDS, Offer, OfferEvent, Till
from chalicelib.mall.offers import memory
from chalicelib.mall.tills import sizes, spreading, terms
from chalicelib.queues import sender
from chalicelib.table import keys
from chalicelib.table.row import load
from tests.unit.decisions import NOW, after, command, holds, refusal, touched, write_to
from tests.unit.mall.nouns import OFFER, TILL, offer, till

DRAW = OfferEvent("event", 1, 10, "2026-02-01T00:00:00.000Z")


def grow(known: Offer) -> Any:
    return sizes.grow(command(role="system"), known)


def made(decision: Any) -> list[keys.Key]:
    return [each.key for each in decision.writes if each.action == "Put"]


@pytest.mark.parametrize(("before", "after_it"), [(1, 2), (2, 4), (16, 32), (64, 128), (128, 192), (500, 512)])
def test_tills_double_by_at_most_a_transaction(before: int, after_it: int) -> None:
    decision = grow(offer(stripes=before, version=3))
    assert made(decision) == [keys.account(keys.till(OFFER, number)) for number in range(before, after_it)]
    item = after(write_to(decision, keys.offer(OFFER)), offer(stripes=before, version=3))
    assert (item["stripes"], item["resized"], item["version"]) == (after_it, 1, 3)
    assert len(touched(decision)) + 1 <= 100
    assert terms.LEVELS.key(NOW, OFFER) in touched(decision)
    assert (decision.kind, decision.facts.stocked) == ("tills_added", ())


def test_a_new_till_is_empty_and_has_the_terms_of_its_offer() -> None:
    known = offer(stripes=2, version=3, points=900, starts_at="2026-01-01T00:00:00.000Z", edition="e")
    new = load(Till, after(write_to(grow(known), keys.account(keys.till(OFFER, 2)))))
    assert new == Till(
        price=900, status="on_shelf", starts_at="2026-01-01T00:00:00.000Z", ends_at=NEVER_ENDS, points=0, units=0,
        sweeps=0, edition="e", version=3,
    )  # fmt: skip
    assert load(Till, after(write_to(grow(offer(stripes=2)), keys.account(keys.till(OFFER, 2))))).starts_at == ALWAYS


def test_a_till_that_was_the_only_one_is_marked_once_others_come() -> None:
    write = write_to(grow(offer()), keys.account(TILL))
    assert after(write, till())["first"] is True
    assert not holds(write, None)
    assert keys.account(TILL) not in touched(grow(offer(stripes=2)))


@pytest.mark.parametrize(
    "stored",
    [{"stripes": 4}, {"version": 1}, {"pooled": True}, {"status": "off_shelf"}],
    ids=lambda each: next(iter(each)),
)
def test_an_offer_that_changed_meanwhile_is_decided_again(stored: dict[str, Any]) -> None:
    write = write_to(grow(offer(stripes=2)), keys.offer(OFFER))
    assert holds(write, offer(stripes=2))
    assert refusal(write, offer(**{"stripes": 2} | stored)).code == "contended"


@pytest.mark.parametrize(
    ("known", "stock", "may"),
    [
        (offer(), 8, True),
        (offer(), 7, False),
        (offer(stripes=64), 512, True),
        (offer(stripes=64), 511, False),
        (offer(stripes=128), 768, True),
        (offer(stripes=512), 10**6, False),
        (offer(status="off_shelf"), 100, False),
        (offer(pooled=True), 100, False),
        (offer(event=DRAW), 100, False),
        (offer(event=OfferEvent("event", 1)), 100, True),
    ],
)
def test_more_tills_help_what_is_sold_and_has_units_for_them(known: Offer, stock: int, may: bool) -> None:
    assert sizes.may_grow(known, stock) is may


@pytest.mark.parametrize(
    ("known", "may"),
    [
        (offer(), True),
        (offer(stripes=511), True),
        (offer(stripes=512), False),
        (offer(pooled=True), False),
        (offer(event=DRAW), False),
        (offer(event=OfferEvent("event", 1)), True),
    ],
)
def test_nobody_asks_for_tills_that_an_offer_cannot_get(
    known: Offer, may: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(sender, "send", lambda messages, to: sent.append(len(messages)))
    spreading.ask(known)
    assert sent == [1] * may


def levelled(tills: dict[str, int]) -> dict[str, int]:
    """What all moves of a pass make of units by till."""
    stocked = {name: till(units=units) for name, units in tills.items()}
    found = dict(tills)
    for each in sizes.moves(stocked):
        found[each.source[0]] -= each.units
        found[each.target[0]] += each.units
    return found


def test_half_of_each_old_till_goes_to_a_new_one() -> None:
    old = {f"offer:x/{number}": 100 + number for number in range(4)}
    new = {f"offer:x/{number}": 0 for number in range(4, 8)}
    shared = levelled(old | new)
    assert sum(shared.values()) == sum(old.values())
    assert max(shared.values()) - min(shared.values()) <= 3


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=40))
def test_passes_lose_nothing_and_come_to_an_end(units: list[int]) -> None:
    tills = {f"offer:x/{number:03d}": amount for number, amount in enumerate(units)}
    for _ in range(40):
        before, tills = tills, levelled(tills)
        assert sum(tills.values()) == sum(units)
        assert min(tills.values()) >= 0
        if tills == before:
            break
    else:
        pytest.fail("it never ends")
    if sum(units) >= sizes.UNITS_MIN * len(units):
        assert min(tills.values()) > 0


def test_few_units_are_left_where_they_are() -> None:
    assert sizes.moves({"offer:x/0": till(units=7), "offer:x/1": till(units=0)}) == []
    assert len(sizes.moves({"offer:x/0": till(units=8), "offer:x/1": till(units=0)})) == 1
    assert sizes.moves({"offer:x/0": till(units=8), "offer:x/1": till(units=4)}) == []
    assert sizes.moves({"offer:x/0": till(units=100)}) == []


def test_a_move_is_one_posting_on_its_record_and_counts_at_both_tills() -> None:
    other = keys.till(OFFER, 1)
    wanted = sizes.Move((TILL, till(units=9, moves=2)), (other, till(units=1)), 4)
    decision = sizes.move(command(role="system"), OFFER, wanted)
    assert (decision.kind, decision.facts.movement, decision.facts.postings) == ("units_moved", None, ())
    assert [tuple(each) for each in decision.facts.stocked] == [(TILL, other, 4, f"units:{OFFER}")]
    assert touched(decision) == [keys.account(TILL), keys.account(other)]
    source, target = (write_to(decision, keys.account(name)) for name in (TILL, other))
    given_away = after(source, till(units=9, moves=2))
    assert (given_away["units"], given_away["moves"], given_away["received"]) == (5, 3, -4)
    gained = after(target, till(units=1))
    assert (gained["units"], gained["moves"], gained["received"]) == (5, 1, 4)
    assert holds(target, {"units": 1})
    assert holds(source, till(units=4, moves=2)), "sold meanwhile, and still enough"
    for stored in (till(units=3, moves=2), till(units=9, moves=3), till(units=9, moves=2, codes=1)):
        assert refusal(source, stored).code == "invalid_state"
    assert refusal(target, till(units=1, moves=1)).code == "invalid_state"


@given(
    st.lists(st.integers(1, 9), min_size=2, max_size=5),
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(1, 4)), max_size=20),
)
def test_tills_that_are_read_one_by_one_while_units_move_never_look_sold_out(
    units: list[int], steps: list[tuple[int, int, int]]
) -> None:
    """Nothing is sold here, so too few units were seen only where some moved between two readings."""
    terms = offer(stripes=len(units))
    stored = dict(zip(terms.tills, (till(units=each) for each in units), strict=True))
    seen: dict[str, Till] = {}
    for one, other, amount in steps:
        source, target = (terms.tills[each % len(units)] for each in (one, other))
        if source == target:
            seen.setdefault(source, stored[source])
        elif amount <= stored[source].units:
            wanted = sizes.Move((source, stored[source]), (target, stored[target]), amount)
            decision = sizes.move(command(role="system"), OFFER, wanted)
            for name in (source, target):
                stored[name] = load(Till, after(write_to(decision, keys.account(name)), stored[name]))
    seen = stored | seen
    found = memory._sold_out(terms, seen, sum(units))
    if sum(each.units for each in seen.values()) < sum(units):
        assert isinstance(found, memory.TillEmpty)
    if seen == stored:
        assert isinstance(found, memory.SoldOut)
