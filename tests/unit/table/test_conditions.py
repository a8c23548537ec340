"""Conditions and values as boto3 writes them: what we send without it means the same."""

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb import conditions as boto3_conditions
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from chalicelib.table.conditions import Attr, ConditionBase, Terms
from chalicelib.table.values import decode, encode

ITEM: dict[str, Any] = {
    "text": "某",
    "yes": True,
    "no": False,
    "number": -7,
    "nothing": None,
    "map": {"a": {"b": [1, "x", None, {"c": 0}]}},
    "pair": (1, "one"),
    "set": {"b", "a"},
}


def said(condition: ConditionBase) -> tuple[str, dict[str, Any], dict[str, Any]]:
    terms = Terms()
    return condition.expression(terms), terms.names, terms.values


def boto3_said(condition: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    built = boto3_conditions.ConditionExpressionBuilder().build_expression(condition)
    return built.condition_expression, built.attribute_name_placeholders, built.attribute_value_placeholders


def conditions(attr: Any) -> list[Any]:
    """The same conditions, made by our ``Attr`` or by boto3's."""
    simple = [getattr(attr("a"), name)(1) for name in ("eq", "ne", "lt", "lte", "gt", "gte", "contains")]
    member = attr("merchant.event")
    return [
        *simple,
        attr("a").between(1, 2),
        attr("a").is_in(["x", "y", "z"]),
        attr("a").exists(),
        member.not_exists(),
        ~attr("a").eq(1),
        member.eq("x") & attr("a").gte(2) | ~(attr("b").exists() & attr("a").lt(3)),
    ]


@pytest.mark.parametrize(
    ("ours", "theirs"), list(zip(conditions(Attr), conditions(boto3_conditions.Attr), strict=True))
)
def test_a_condition_is_written_as_boto3_writes_it(ours: ConditionBase, theirs: Any) -> None:
    assert said(ours) == boto3_said(theirs)


def test_values_are_written_as_boto3_writes_them_and_read_back() -> None:
    theirs = {name: TypeSerializer().serialize(value) for name, value in ITEM.items()}
    ours = encode(ITEM)
    assert ours | {"set": None} == theirs | {"set": None}
    assert set(theirs["set"]["SS"]) == set(ours["set"]["SS"])
    assert decode(ours) == ITEM | {"pair": [1, "one"]}
    assert {name: TypeDeserializer().deserialize(value) for name, value in ours.items()} == decode(ours)
    assert decode(None) is None


@pytest.mark.parametrize("value", [1.5, Decimal(1), b"x", {1, 2}, object()])
def test_what_no_item_holds_is_refused_before_it_is_sent(value: Any) -> None:
    with pytest.raises(TypeError, match="an item holds no"):
        encode({"x": value})
