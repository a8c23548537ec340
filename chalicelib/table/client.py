"""One DynamoDB client a process, made when first needed."""

from functools import lru_cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from chalicelib.deadline import guard
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
    max_pool_connections=64,
    parameter_validation=False,
    user_agent=f"carbon-points/{VERSION}",
)


@lru_cache(maxsize=1)
def client() -> "DynamoDBClient":
    made = boto3.client("dynamodb", config=_CONFIG)
    guard(made, "dynamodb")
    return made
