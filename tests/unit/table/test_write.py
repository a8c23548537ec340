"""Writes as DynamoDB is asked for them, and keys that stay what they are."""

import pytest
from boto3.dynamodb.types import TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import Contended, NotFound
from chalicelib.table import keys
from chalicelib.table.write import Attr, absent, check, decode, delete, encode, present, put, update
from tests.unit.decisions import holds

KEY = keys.Key("p", "s")
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(10**38) + 1, 10**38 - 1)
    | st.text()
    | st.sets(st.text(), min_size=1, max_size=1)
)
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)


def test_a_put_makes_a_new_item_only() -> None:
    request = put(KEY, {"n": 1, "words": {"a"}}).request()["Put"]
    assert request["Item"] == {"pk": {"S": "p"}, "sk": {"S": "s"}, "n": {"N": "1"}, "words": {"SS": ["a"]}}
    assert request["ConditionExpression"].startswith("attribute_not_exists(")
    assert request["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"


def test_an_update_says_all_its_clauses() -> None:
    write = update(KEY, assign={"status": "x"}, add={"points": -5}, discard={"unfiled": {"r"}}, remove=("list", "rank"))
    request = write.request()["Update"]
    names = request["ExpressionAttributeNames"]
    expression = request["UpdateExpression"]
    for placeholder, name in names.items():
        expression = expression.replace(placeholder, name)
    assert expression == "SET status = :S0 ADD points :A0 DELETE unfiled :D0 REMOVE list, rank"
    assert request["ExpressionAttributeValues"] == {":S0": {"S": "x"}, ":A0": {"N": "-5"}, ":D0": {"SS": ["r"]}}
    assert "ConditionExpression" not in request


def test_a_condition_shares_no_placeholder_with_the_update() -> None:
    request = update(KEY, add={"n": 1}, require=present() & Attr("n").gte(0) & Attr("m.status").eq("x")).request()[
        "Update"
    ]
    assert len(set(request["ExpressionAttributeNames"])) == 5
    assert len(set(request["ExpressionAttributeValues"])) == 3


def test_checks_and_deletions() -> None:
    assert check(KEY, absent(), lambda _: Contended()).request()["ConditionCheck"]["Key"] == encode(KEY.item())
    assert delete(KEY).request()["Delete"]["Key"] == encode(KEY.item())


@given(VALUES)
def test_values_are_written_as_boto3_writes_them(value: object) -> None:
    assert encode({"it": value}) == {"it": TypeSerializer().serialize(value)}


def test_an_amount_that_dynamodb_cannot_keep_is_an_error() -> None:
    with pytest.raises(ArithmeticError):
        encode({"n": 10**38 + 1})


def test_amounts_come_back_as_integers() -> None:
    item = decode(encode({"n": 10**30, "nothing": None, "yes": True, "map": {"n": 1}}))
    assert item == {"n": 10**30, "nothing": None, "yes": True, "map": {"n": 1}}
    assert type(item["n"]) is int
    assert decode({}) is decode(None) is None


def test_a_write_that_expects_no_refusal_is_contended() -> None:
    assert isinstance(update(KEY, add={"n": 1}).refuse(None), Contended)


@pytest.mark.parametrize(
    ("made", "id"),
    [
        (keys.record_id("alice", "key-1"), "gpr3f3rqt7keg3txuum77nfnem"),
        (keys.account_id("alice"), "affmmntfdtc2t2fvik3wo43rwq"),
    ],
)
def test_ids_are_kept_for_ever_so_they_must_never_be_made_differently(made: str, id: str) -> None:
    assert made == id


def test_digests_tell_their_parts_apart() -> None:
    assert keys.digest("a", "b") != keys.digest("ab") != keys.digest("a,b") != keys.digest('a", "b')
    assert len(keys.digest()) == len(keys.digest("\udcff", "王" * 1000)) == 26


def test_no_two_things_share_a_key() -> None:
    made = [
        keys.record("x"), keys.order("x"), keys.account(keys.holder("x")), keys.account(keys.till("x", 0)),
        keys.entry(keys.holder("x"), "2024", "r"), keys.purchases("x", "o"), keys.usage("x", "s", "20240101"),
        keys.identity("x"), keys.scenario("x", 1), keys.reduction("x", "r"), keys.offer("x"), keys.sums("x", 0),
    ]  # fmt: skip
    assert len(set(made)) == len(made)


def test_a_deletion_keeps_its_condition_and_its_refusal() -> None:
    gone = NotFound()
    write = delete(KEY, require=Attr("a").eq(1), refuse=lambda _: gone)
    assert holds(write, {"a": 1})
    assert not holds(write, {"a": 2})
    assert write.refuse(None) is gone
