"""Who wins: by rank, exactly as many units as there are or were asked for."""

import pytest

from chalicelib.draws import model
from chalicelib.draws.items import ListedEntry, lane
from chalicelib.table import keys

SEED = model.seed_of("event", b"k" * 32)
IDS = sorted(keys.digest("entry", str(number)) for number in range(60))
LISTED = [ListedEntry(id, "tea", 1 + place % 3) for place, id in enumerate(IDS)]
ASKED = sum(each.quantity for each in LISTED)


def digest(entries: list[ListedEntry]) -> str:
    made = model.ListDigest()
    for each in entries:
        made.add(each)
    return made.hex


def units(entries: list[ListedEntry], stock: int) -> dict[str, int]:
    """What each entry gets."""
    made = digest(entries)
    offers = model.draw(entries, {"tea": stock}, seed=SEED, list_digest=made)
    assert offers["tea"].units == min(stock, sum(each.quantity for each in entries))
    return {each.id: model.awarded(each, offers, model.rank(SEED, made, each.id)) for each in entries}


@pytest.mark.parametrize("stock", [0, 1, 2, 7, ASKED - 1, ASKED, ASKED + 1])
def test_units_given_are_the_lesser_of_stock_and_what_was_asked_for(stock: int) -> None:
    assert sum(units(LISTED, stock).values()) == min(stock, ASKED)


def test_the_lowest_ranks_win_whatever_the_order_in_which_they_are_looked_at() -> None:
    given, made = units(LISTED, 7), digest(LISTED)
    ranked = sorted(LISTED, key=lambda each: model.rank(SEED, made, each.id))
    left = 7
    for each in ranked:
        assert given[each.id] == min(each.quantity, left)
        left -= given[each.id]


def test_nobody_enters_and_nobody_wins() -> None:
    assert units([], 5) == {}


def test_every_entry_changes_the_rank_of_all_others() -> None:
    ranks = [model.rank(SEED, digest(some), IDS[0]) for some in (LISTED, LISTED[:-1])]
    assert ranks[0] != ranks[1]


def test_seed_and_id_follow_from_the_key_of_the_stage_alone() -> None:
    assert model.seed_of("event", b"k" * 32) == SEED != model.seed_of("other", b"k" * 32)
    assert model.seed_of("event", b"l" * 32) != SEED
    assert model.commitment_to(SEED) != SEED
    assert model.entry_id("e", "alice", b"k") != model.entry_id("e", "alice", b"l")


def test_lanes_keep_the_order_of_ids() -> None:
    assert [lane(each) for each in IDS] == sorted(lane(each) for each in IDS)
