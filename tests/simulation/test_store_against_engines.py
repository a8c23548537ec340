"""The same random operations get the same answers from the dictionary, from the local stack's engine and from moto.

moto counts only where it is right: it forgets ClientRequestToken, so none is sent twice here.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.errors import Contended
from chalicelib.table.keys import Key
from chalicelib.table.lists import INDEX, UNLISTED, Listing
from chalicelib.table.write import Attr, Write, absent, check, delete, encode, present, put, update
from infra.dev.local.resources import ensure_table
from tests import worlds
from tests.store import Store

PLACES = [Key(pk, sk) for pk in ("a", "b") for sk in ("account", "entry:1", "entry:2")]
CONDITIONS = st.sampled_from(
    [
        absent(),
        present(),
        Attr("points").gte(3),
        Attr("status").eq("active"),
        Attr("status").ne("closed"),
        Attr("status").is_in(["active", "frozen"]),
        Attr("points").not_exists() | Attr("points").lte(5),
        ~Attr("unfiled").contains("x"),
        Attr("unfiled").not_exists() | Attr("unfiled").size().lt(2),
        Attr("deep.points").gte(1),
        Attr("points").between(1, 4) & Attr("pk").exists(),
    ]
)
LISTED = st.builds(Listing, st.sampled_from(["one", "two"]), st.sampled_from(["1", "2", "3"]))
NOUNS = st.fixed_dictionaries(
    {"points": st.integers(0, 9), "status": st.sampled_from(["active", "frozen", "closed"])},
    optional={"deep": st.fixed_dictionaries({"points": st.integers(0, 2)}), "unfiled": st.just({"x", "y"})},
)


@st.composite
def writes(draw: st.DrawFn) -> list[Write]:
    """A transaction: different places, each with a change and a condition."""
    made = []
    for key in draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=3, unique=True)):
        kind, require = (
            draw(st.sampled_from(["put", "add", "set", "unlist", "file", "unfile", "delete", "check"])),
            draw(CONDITIONS),
        )
        if kind == "put":
            made.append(put(key, draw(NOUNS), listed=draw(st.none() | LISTED), require=require))
        elif kind == "add":
            made.append(update(key, add={"points": draw(st.integers(-5, 5))}, require=require))
        elif kind == "set":
            made.append(update(key, assign={"status": "closed"}, listed=draw(st.none() | LISTED), require=require))
        elif kind == "unlist":
            made.append(update(key, remove=UNLISTED, require=require))
        elif kind == "file":
            made.append(update(key, add={"unfiled": {"x"}}, require=require))
        elif kind == "unfile":
            made.append(update(key, discard={"unfiled": {"x"}}, require=require))
        elif kind == "delete":
            made.append(delete(key, require=require))
        else:
            made.append(check(key, require, lambda _: Contended()))
    return made


class Engine:
    """A client, and what it answers in one form."""

    def __init__(self, client: Any) -> None:
        self.client, self.table = client, os.environ["TABLE_NAME"]

    def empty(self) -> None:
        for key in PLACES:
            self.client.delete_item(TableName=self.table, Key=encode(key.item()))

    def transact(self, some: list[Write]) -> Any:
        try:
            self.client.transact_write_items(TransactItems=[each.request() for each in some])
        except ClientError as error:
            reasons = error.response.get("CancellationReasons", [])
            return error.response["Error"]["Code"], [(each["Code"], plain(each.get("Item"))) for each in reasons]
        return "done"

    def everything(self) -> Any:
        gets = [self.client.get_item(TableName=self.table, Key=encode(key.item())).get("Item") for key in PLACES]
        within: dict[str, Any] = {"KeyConditionExpression": "pk = :p AND sk BETWEEN :a AND :b", "Limit": 2}
        values = encode({":p": "a", ":a": "account", ":b": "entry:9"})
        walk: list[Any] = []
        while True:  # a page that is just full may be followed by an empty one
            page = self.client.query(TableName=self.table, ExpressionAttributeValues=values, **within)
            walk += page["Items"]
            if not page.get("LastEvaluatedKey"):
                break
            within["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        listed = self.client.query(
            TableName=self.table, IndexName=INDEX, KeyConditionExpression="#l = :l", ScanIndexForward=False,
            ExpressionAttributeNames={"#l": "list"}, ExpressionAttributeValues=encode({":l": "one"}),
        )  # fmt: skip
        ranks = [(each["rank"]["S"], each["pk"]["S"], each["sk"]["S"]) for each in listed["Items"]]
        return (
            [plain(each) for each in gets],
            [plain(each) for each in walk],
            [rank for rank, *_ in ranks],
            sorted(ranks),
        )


class Quick(Engine):
    def empty(self) -> None:
        self.store.items.clear()

    store: Store


def plain(item: Any) -> Any:
    """Without the order of a set; what is missing and what is empty are one."""
    if not item:
        return None
    return {name: {kind: sorted(v) if kind == "SS" else v for kind, v in value.items()} for name, value in item.items()}


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Engine]]:
    with ExitStack() as stack:
        stack.enter_context(worlds._fake_aws())
        url = stack.enter_context(worlds.dynoxide(Path(tmp_path_factory.mktemp("engine"))))
        unchecked = Config(parameter_validation=False, retries={"total_max_attempts": 1})
        quick = Quick(boto3.client("dynamodb", config=unchecked))
        quick.store = Store()
        quick.client.meta.events.unregister("before-send", worlds.stubber)
        quick.client.meta.events.register_last("before-send.dynamodb", quick.store.answer)
        others = [
            boto3.client("dynamodb", config=unchecked, endpoint_url=url),
            boto3.client("dynamodb", config=unchecked),
        ]
        others[0].meta.events.unregister("before-send", worlds.stubber)
        for other in others:
            ensure_table(other)
        yield [quick, *map(Engine, others)]


@given(transactions=st.lists(writes(), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_dictionary_the_engine_and_moto_answer_alike(
    engines: list[Engine], transactions: list[list[Write]]
) -> None:
    for engine in engines:
        engine.empty()
    for some in transactions:
        first, *others = [engine.transact(some) for engine in engines]
        assert others == [first] * len(others), [each.request() for each in some]
    first, *others = [engine.everything() for engine in engines]
    assert others == [first] * len(others)
