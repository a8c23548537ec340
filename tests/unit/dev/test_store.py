"""The processes of one machine send transactions without the token that slows dynoxide down."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from infra.dev.store import without_tokens


@pytest.fixture
def session() -> Iterator[None]:
    """A default session of boto3 for this test alone."""
    before, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, None
    yield
    boto3.DEFAULT_SESSION = before


class Sent(Exception):
    """Instead of the request."""


def sent() -> dict[str, Any]:
    client = boto3.client("dynamodb", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")

    def send(params: dict[str, Any], **_: Any) -> None:
        raise Sent(params["body"])

    client.meta.events.register("before-call.dynamodb", send)
    with pytest.raises(Sent) as found:
        client.transact_write_items(TransactItems=[{"Put": {"TableName": "t", "Item": {"pk": {"S": "a"}}}}])
    return dict(json.loads(found.value.args[0]))


@pytest.mark.usefixtures("session")
def test_a_transaction_has_a_token_only_where_nobody_leaves_it_out() -> None:
    assert set(sent()) == {"TransactItems", "ClientRequestToken"}
    without_tokens()
    assert set(sent()) == {"TransactItems"}
