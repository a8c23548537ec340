"""Where the store's requests go: as botocore says, which is asked once for each operation."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.endpoint_provider import EndpointProvider
from urllib3 import HTTPResponse

from chalicelib.table.client import client

REQUESTS: list[Callable[[Any], Any]] = [
    lambda made: made.get_item(TableName="points", Key={"pk": {"S": "a"}}),
    lambda made: made.batch_get_item(RequestItems={"points": {"Keys": [{"pk": {"S": "a"}}]}}),
    lambda made: made.query(TableName="points", KeyConditionExpression="pk = a"),
    lambda made: made.transact_write_items(
        TransactItems=[{"Delete": {"TableName": "points", "Key": {"pk": {"S": "a"}}}}]
    ),
]


def sent_to(made: Any) -> list[tuple[str, str]]:
    """The address of each request, and the scope of its signature."""
    found = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        scope = request.headers["Authorization"].decode().split(",")[0].split("/", 1)[1]
        found.append((request.url, scope))
        return AWSResponse(request.url, 200, HTTPHeaders(), HTTPResponse(BytesIO(b"{}"), preload_content=False))

    made.meta.events.register("before-send.dynamodb", answer)
    for request in REQUESTS * 2:
        request(made)
    return found


@pytest.fixture(params=["us-east-1", "cn-north-1"])
def region(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AWS_DEFAULT_REGION", request.param)
    return str(request.param)


@pytest.mark.parametrize("account", ["", "123456789012"])
def test_our_client_asks_the_endpoint_of_a_plain_one(
    region: str, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if account:  # botocore prefers an endpoint of the account, where the credentials name it
        monkeypatch.setenv("AWS_ACCOUNT_ID", account)
    session = boto3.Session()
    monkeypatch.setattr(boto3, "client", session.client)
    found = sent_to(client.__wrapped__())
    assert found == sent_to(session.client("dynamodb"))
    assert all(region in url for url, _ in found)


def test_an_endpoint_is_resolved_once_an_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, resolve = [], EndpointProvider.resolve_endpoint

    def counting(self: Any, **params: Any) -> Any:
        asked.append(params)
        return resolve(self, **params)

    monkeypatch.setattr(EndpointProvider, "resolve_endpoint", counting)
    sent_to(client.__wrapped__())
    assert len(asked) == len(REQUESTS)
