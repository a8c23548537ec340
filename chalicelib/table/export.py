"""The table at one instant, or what changed in it, put into the bucket by DynamoDB itself (point-in-time export)."""

from datetime import datetime
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from chalicelib.settings import settings
from chalicelib.table.client import ask, client


class Export(NamedTuple):
    """``status``: IN_PROGRESS, COMPLETED or FAILED. ``manifest`` is the key of its summary, once it is there.

    ``at``: its instant, where it is one of changes their end.
    """

    arn: str
    status: str
    at: datetime
    manifest: str = ""
    failure: str = ""


class Refused(Exception):
    """DynamoDB does not make this export."""


def start(*, prefix: str, token: str, at: datetime, since: datetime | None = None) -> str:
    """Begin one under ``prefix`` of the instant ``at`` (whole seconds): of all items, or of those changed ``since``.

    Its ARN. The same for the same ``token``, for 8 hours. An item changes at most once in it: what it was ``since``,
    and what it was before ``at``, whatever came between. Raises Refused.
    """
    try:
        answer = ask(
            client().export_table_to_point_in_time,
            TableArn=settings().stream_arn.partition("/stream/")[0],
            S3Bucket=settings().documents_bucket,
            S3Prefix=prefix,
            ExportFormat="DYNAMODB_JSON",
            S3SseAlgorithm="KMS",  # without a key's id: the key of S3 in this account, as for all of the bucket
            ClientToken=token,
            **({"ExportTime": at} if since is None else _changes(since, at)),
        )
    except ClientError as error:
        raise Refused(str(error)) from error
    return str(answer["ExportDescription"]["ExportArn"])


def _changes(since: datetime, until: datetime) -> dict[str, Any]:
    span = {"ExportFromTime": since, "ExportToTime": until, "ExportViewType": "NEW_AND_OLD_IMAGES"}
    return {"ExportType": "INCREMENTAL_EXPORT", "IncrementalExportSpecification": span}


def export(arn: str) -> Export:
    """How far it is."""
    found = ask(client().describe_export, ExportArn=arn)["ExportDescription"]
    failure = " ".join(str(found[name]) for name in ("FailureCode", "FailureMessage") if found.get(name))
    at = found.get("IncrementalExportSpecification", {}).get("ExportToTime") or found["ExportTime"]
    return Export(arn, found["ExportStatus"], at, found.get("ExportManifest") or "", failure)
