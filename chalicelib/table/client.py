"""One DynamoDB client a process, made when first needed."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.deadline import guard
from chalicelib.errors import Unavailable
from chalicelib.settings import VERSION

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CONNECT_SECONDS, READ_SECONDS = 2, 5
# Short time-outs: three tries fit into a request (deadline.py), and one of a transaction is safe (ClientRequestToken).
# Requests are built by write.py and read.py alone, and DynamoDB checks them anyway: botocore need not. It would put
# together its own name again for each request, a twentieth of the processor time.
_CONFIG = Config(
    connect_timeout=CONNECT_SECONDS,
    read_timeout=READ_SECONDS,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=128,  # on one machine workers and consumers share a process
    parameter_validation=False,
    user_agent=f"carbon-points/{VERSION}",
)


@lru_cache(maxsize=1)
def client() -> "DynamoDBClient":
    made = boto3.client("dynamodb", config=_CONFIG)
    guard(made, "dynamodb")
    _resolve_once(made)
    return made


def _resolve_once(made: "DynamoDBClient") -> None:
    """botocore resolves the endpoint of each request, from the names of all its tables: a twelfth of the processor
    time. Only a table that is named by its ARN could have another endpoint, and ours is named by its name.
    """
    resolver = made._ruleset_resolver  # type: ignore[attr-defined]
    resolve, known = partial(type(resolver).construct_endpoint, resolver), dict[str, Any]()

    def construct_endpoint(operation_model: Any, call_args: Any, request_context: Any) -> Any:
        if (name := operation_model.name) not in known:
            known[name] = resolve(operation_model, call_args, request_context)
        return known[name]

    resolver.construct_endpoint = construct_endpoint


def ask(operation: Callable[..., Any], **request: Any) -> Any:
    """The store's answer. Raises Unavailable where it is away, or busy for longer than botocore is patient."""
    try:
        return operation(**request)
    except ClientError as error:
        away = error.response["ResponseMetadata"].get("HTTPStatusCode", 500) >= 500
        if away or error.response["Error"]["Code"] in BUSY:
            raise Unavailable() from error
        raise
    except BotoCoreError as error:
        raise Unavailable() from error


BUSY = {
    "TransactionInProgressException",
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
}
