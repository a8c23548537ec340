"""What the local store needs of its clients (docs/adr/0064-tokens-of-transactions-on-one-machine.md)."""

from typing import Any

import boto3
from botocore.model import OperationModel


def without_tokens() -> None:
    """The DynamoDB clients that boto3 makes from now on, in this process, send no ClientRequestToken.

    dynoxide keeps the token of each transaction for ten minutes, and goes through all of them for each transaction that
    has one: after two minutes of a batch it is half as fast. Our transactions are safe without: a retry meets its own
    Record. On AWS the token stays, and saves that look.
    """
    if boto3.DEFAULT_SESSION is None:
        boto3.setup_default_session()
    assert boto3.DEFAULT_SESSION is not None
    # botocore puts the token in at this level, after all handlers of one operation
    boto3.DEFAULT_SESSION.events.register_last("before-parameter-build", _leave_out)


def _leave_out(params: dict[str, Any], model: OperationModel, **_: Any) -> None:
    if model.name == "TransactWriteItems":
        params.pop("ClientRequestToken", None)
