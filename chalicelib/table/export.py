"""The table at one instant, put into the bucket by DynamoDB itself (point-in-time export)."""

from datetime import datetime
from typing import NamedTuple

from chalicelib.settings import settings
from chalicelib.table.client import ask, client


class Export(NamedTuple):
    """``status``: IN_PROGRESS, COMPLETED or FAILED. ``manifest`` is the key of its summary, once it is there."""

    arn: str
    status: str
    at: datetime
    manifest: str = ""
    failure: str = ""


def start(*, prefix: str, token: str) -> str:
    """Begin one of this moment under ``prefix``; its ARN. The same for the same ``token``, for 8 hours."""
    answer = ask(
        client().export_table_to_point_in_time,
        TableArn=settings().stream_arn.partition("/stream/")[0],
        S3Bucket=settings().documents_bucket,
        S3Prefix=prefix,
        ExportFormat="DYNAMODB_JSON",
        S3SseAlgorithm="KMS",  # without a key's id: the key of S3 in this account, as for all of the bucket
        ClientToken=token,
    )
    return str(answer["ExportDescription"]["ExportArn"])


def export(arn: str) -> Export:
    """How far it is."""
    found = ask(client().describe_export, ExportArn=arn)["ExportDescription"]
    failure = " ".join(str(found[name]) for name in ("FailureCode", "FailureMessage") if found.get(name))
    return Export(arn, found["ExportStatus"], found["ExportTime"], found.get("ExportManifest") or "", failure)
