"""Parts of a stock have its colours, to the gram, however it is divided."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.provenance.apportion import between, first, shared
from chalicelib.provenance.model import NONE, Colour

METRO, BUS, BIKE = (Colour("2026-01", name, "SHCER-01") for name in ("a-metro", "bus", "bike"))
OLD = Colour("2025-12", "metro", "SHCER-01")
COLOURS = st.builds(Colour, st.sampled_from(["2025-11", "2025-12", "2026-01"]), st.sampled_from("abcde"), st.just("m"))
STOCKS = st.dictionaries(COLOURS | st.just(NONE), st.integers(1, 10**9) | st.integers(1, 9), min_size=1, max_size=12)


def test_the_oldest_month_comes_first() -> None:
    assert first({METRO: 50, OLD: 30}, 40) == {OLD: 30, METRO: 10}


def test_within_a_month_each_colour_comes_in_proportion() -> None:
    assert first({METRO: 600, BUS: 300, BIKE: 100}, 10) == {METRO: 6, BUS: 3, BIKE: 1}


def test_parliaments_are_seated_so() -> None:
    """Four parties, seven seats: the quotients are 53, 24, 23 and 17.7, 10.6, 8, 7.7: 3, 2, 2, and none."""
    votes = dict(zip((METRO, BUS, BIKE, OLD), (53_000, 24_000, 23_000, 6_000), strict=True))
    assert list(shared(votes, 7).values()) == [3, 2, 2, 0]
    assert list(shared(votes, 8).values()) == [4, 2, 2, 0]


def test_what_a_stock_does_not_hold_has_no_colour() -> None:
    assert first({METRO: 50, NONE: 20}, 60) == {METRO: 50, NONE: 10}
    assert first({OLD: -5, METRO: 50}, 60) == {METRO: 50, NONE: 10}
    assert first({}, 0) == {}


@given(STOCKS, st.data())
def test_parts_add_up_to_the_whole_whatever_their_sizes(stock: dict[Colour, int], data: st.DataObject) -> None:
    whole = sum(stock.values())
    cuts = sorted(data.draw(st.lists(st.integers(0, whole), max_size=8)))
    sums = dict.fromkeys(stock, 0)
    for start, end in zip([0, *cuts], [*cuts, whole], strict=True):
        part = between(stock, start, end - start)
        assert sum(part.values()) == end - start
        assert all(amount > 0 for amount in part.values())
        for colour, amount in part.items():
            sums[colour] += amount
    assert sums == stock


@given(STOCKS, st.data())
def test_the_order_in_which_a_stock_is_named_changes_nothing(stock: dict[Colour, int], data: st.DataObject) -> None:
    grams = data.draw(st.integers(0, sum(stock.values())))
    assert first(dict(data.draw(st.permutations(list(stock.items())))), grams) == first(stock, grams)


@given(st.dictionaries(st.sampled_from([METRO, BUS, BIKE]), st.integers(1, 40), min_size=1), st.data())
def test_the_shortcut_gives_what_seating_one_by_one_gives(held: dict[Colour, int], data: st.DataObject) -> None:
    held = dict(sorted(held.items()))
    grams = data.draw(st.integers(0, sum(held.values())))
    ranks = [(-amount / (2 * k - 1), colour) for colour, amount in held.items() for k in range(1, amount + 1)]
    seated = [colour for _, colour in sorted(ranks)[:grams]]
    assert shared(held, grams) == {colour: seated.count(colour) for colour in held}
