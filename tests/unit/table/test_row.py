"""Items as typed nouns, there and back."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import InvalidState
from chalicelib.table.keys import Key
from chalicelib.table.lists import Listing
from chalicelib.table.row import Row, dump, load
from chalicelib.table.write import decode, encode, put, seen, update


class Pair(NamedTuple):
    name: str
    amount: int


@dataclass(frozen=True)
class Inner:
    mode: Literal["a", "b"]
    limit: int | None = None


@dataclass(frozen=True)
class Noun:
    id: str
    points: int
    pairs: tuple[Pair, ...] = ()
    words: frozenset[str] = frozenset()
    inner: Inner | None = None
    by_name: dict[str, Inner] | None = None
    amount_or_text: int | str | None = None
    plan: dict[str, Any] | None = None


NOUNS = st.builds(
    Noun,
    id=st.text(min_size=1),
    points=st.integers(0, 10**12),
    pairs=st.lists(st.builds(Pair, st.text(min_size=1), st.integers(0, 9))).map(tuple),
    words=st.frozensets(st.text(min_size=1)),
    inner=st.none() | st.builds(Inner, st.sampled_from(["a", "b"]), st.none() | st.integers(0, 9)),
    amount_or_text=st.none() | st.integers(0, 9) | st.text(min_size=1),
    plan=st.none() | st.just({"starts_at": "x", "nested": ["y"]}),
)


@given(NOUNS)
def test_a_noun_comes_back_from_the_wire_as_it_was(noun: Noun) -> None:
    item = decode(encode(dump(noun)))
    assert item is not None
    assert load(Noun, item) == noun


def test_what_is_none_or_empty_is_left_out() -> None:
    assert dump(Noun("n", 0)) == {"id": "n", "points": 0}


def test_nested_nouns_are_loaded_as_what_they_are() -> None:
    item = {"id": "n", "points": 1, "pairs": [["x", 2]], "by_name": {"k": {"mode": "a"}}, "list": "nouns", "pk": "p"}
    assert load(Noun, item) == Noun("n", 1, (Pair("x", 2),), by_name={"k": Inner("a")})


def test_a_missing_attribute_without_a_default_is_a_fault_of_ours() -> None:
    with pytest.raises(TypeError, match="points"):
        load(Noun, {"id": "n"})


def test_a_row_knows_its_key() -> None:
    row = Row({"pk": "p", "sk": "s", "id": "n", "points": 1})
    assert row.key == Key("p", "s")
    assert row.load(Noun).points == 1


def test_writes_take_nouns_and_their_place_in_a_list() -> None:
    made = put(Key("p", "s"), Noun("n", 1, inner=Inner("a")), listed=Listing("nouns", "1"))
    assert made.item == {"id": "n", "points": 1, "inner": {"mode": "a"}, "list": "nouns", "rank": "1"}
    changed = update(Key("p", "s"), assign={"inner": Inner("b")}, listed=Listing("nouns", "2")).request()["Update"]
    assert {"M": {"mode": {"S": "b"}}} in changed["ExpressionAttributeValues"].values()


def test_a_refusal_sees_the_noun_as_it_stood() -> None:
    refuse = seen(Inner, lambda inner: InvalidState(state=inner.mode if inner else "absent", action="x"))
    assert refuse({"mode": "b", "pk": "p"}).facts["state"] == "b"
    assert refuse(None).facts["state"] == "absent"
