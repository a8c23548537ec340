"""The one commit: a Record and its Writes in one ``TransactWriteItems``."""

from collections.abc import Sequence
from typing import Any, NoReturn, cast

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import Contended, Unavailable
from chalicelib.table.client import BUSY, client
from chalicelib.table.write import Item, Write, decode

WRITES_MAX = 100  # DynamoDB's own limit of a transaction
_CONFLICT = "TransactionConflict"
_HELD = "TransactionConflictException"  # the same, outside of transactions
_AGAIN = {_CONFLICT, "ThrottlingError", "ProvisionedThroughputExceeded"}


class Failed(Exception):
    """Conditions did not hold: ``(position of the Write, the item as it stood)``, in the order of the Writes."""

    def __init__(self, failures: list[tuple[int, Item | None]]) -> None:
        super().__init__(f"{len(failures)} conditions failed")
        self.failures = failures


def commit(writes: Sequence[Write]) -> None:
    """All of ``writes`` or none of them. The first tells whether all was done before (a Record, a mark), if one does.

    Raises Failed where conditions do not hold, Contended where another transaction was in the way (nothing was
    done), Unavailable where it is unknown what happened.
    """
    try:
        client().transact_write_items(TransactItems=[write.request() for write in writes])  # type: ignore[misc]
    except ClientError as error:
        if error.response["Error"]["Code"] != "TransactionCanceledException":
            _raise(error)
        reasons = cast(list[dict[str, Any]], error.response.get("CancellationReasons", []))
        for write, reason in zip(writes, reasons, strict=False):
            if reason.get("Code") == _CONFLICT:
                write.held()
        raise _cancelled(reasons) from error
    except BotoCoreError as error:
        raise Unavailable() from error


def write_alone(write: Write) -> bool:
    """One update outside of any transaction, for half its units: only where doing it again changes nothing.

    False where its condition does not hold. Raises Contended, Unavailable.
    """
    request = write.request()["Update"]
    del request["ReturnValuesOnConditionCheckFailure"]  # policies let such an update see nothing else of the item
    try:
        client().update_item(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            _raise(error)
        return False
    except BotoCoreError as error:
        raise Unavailable() from error
    return True


def _raise(error: ClientError) -> NoReturn:
    """What DynamoDB's error means that no condition caused; the error itself where it is a fault of ours."""
    if error.response["Error"]["Code"] in {*BUSY, _HELD}:
        raise Contended() from error
    if error.response["ResponseMetadata"].get("HTTPStatusCode", 500) >= 500:
        raise Unavailable() from error
    raise error


def _cancelled(reasons: list[dict[str, Any]]) -> Exception:
    """What a cancelled transaction means. Each item is judged by itself, at a moment of its own.

    So a condition that failed beside an item that another transaction held, or that was throttled, proves nothing:
    the other one may be this very change, seen half done. It is asked again. Only the first Write's own condition is
    certain in any company: what it puts stands for ever.
    """
    codes = {reason.get("Code", "None") for reason in reasons}
    failures = [
        (position, decode(reason.get("Item")))
        for position, reason in enumerate(reasons)
        if reason.get("Code") == "ConditionalCheckFailed"
    ]
    if failures and (failures[0][0] == 0 or not codes & _AGAIN):
        return Failed(failures)
    if failures or codes <= _AGAIN | {"None"}:
        return Contended()
    return RuntimeError(f"transaction refused: {reasons}")  # a fault of ours: a validation error, an oversized item
