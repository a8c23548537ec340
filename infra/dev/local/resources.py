"""The table and the bucket, made from infra/data.yaml where they are missing."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from infra.dev.local import template

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

_READY_SECONDS = 120.0
_AS_THEY_ARE = (
    "TableName",
    "BillingMode",
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "DeletionProtectionEnabled",
)


@dataclass(frozen=True)
class Table:
    """The table that stands; ``created`` if it did not before."""

    name: str
    stream_arn: str
    created: bool


def positions_name(table: str) -> str:
    """The helper table in which the local pumps note how far they are (Lambda keeps that by itself)."""
    return f"{table}-positions"


def ensure_table(client: "DynamoDBClient") -> Table:
    """The table of the template, and the pumps' helper table."""
    wanted = template.properties("Table")
    name = wanted["TableName"]
    key = {"AttributeName": "pk"}
    _create(
        client,
        {
            "TableName": positions_name(name),
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [key | {"AttributeType": "S"}],
            "KeySchema": [key | {"KeyType": "HASH"}],
        },
    )
    created = _create(client, _request(wanted))
    if created:
        ttl = wanted["TimeToLiveSpecification"]
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
    arn = client.describe_table(TableName=name)["Table"]["LatestStreamArn"]
    return Table(name, arn, created)


def _request(wanted: dict[str, Any]) -> dict[str, Any]:
    """CreateTable's parameters. Point-in-time recovery and encryption at rest are the cloud's own and stay there."""
    stream = {"StreamEnabled": True} | wanted["StreamSpecification"]
    return {name: wanted[name] for name in _AS_THEY_ARE} | {"StreamSpecification": stream}


def _create(client: "DynamoDBClient", request: dict[str, Any]) -> bool:
    try:
        client.create_table(**request)
        created = True
    except client.exceptions.ResourceInUseException:
        created = False
    deadline = time.monotonic() + _READY_SECONDS
    while client.describe_table(TableName=request["TableName"])["Table"]["TableStatus"] != "ACTIVE":
        if time.monotonic() > deadline:
            raise SystemExit(f"Table {request['TableName']} is not ready after {_READY_SECONDS:.0f} s")
        time.sleep(0.1)
    return created


def ensure_bucket(client: "S3Client") -> str:
    """The template's bucket. Its settings are written each time: the emulator forgets them when it is killed.

    The TLS-only policy is left out: on loopback there is only plain HTTP.
    """
    wanted = template.properties("Documents")
    bucket: str = wanted["BucketName"]
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError:
        client.create_bucket(Bucket=bucket)
    for setting in _settings(client, wanted):
        setting(bucket)
    _share(client, bucket, wanted["CorsConfiguration"])
    return bucket


def _share(client: "S3Client", bucket: str, wanted: dict[str, Any] | None) -> None:
    """The bucket's CORS rules, in the API's words; none where no origin is allowed."""
    if wanted is None:
        client.delete_bucket_cors(Bucket=bucket)
        return
    words = {"ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds"}
    rules: Any = [{words.get(name, name): value for name, value in rule.items()} for rule in wanted["CorsRules"]]
    client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": rules})


def _settings(client: "S3Client", wanted: dict[str, Any]) -> list[Callable[[str], Any]]:
    access, ownership = wanted["PublicAccessBlockConfiguration"], wanted["OwnershipControls"]
    rules: Any = [
        {"ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"]}
        for rule in wanted["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    ]
    events: Any = {"EventBridgeConfiguration": {}}
    return [
        lambda name: client.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=access),
        lambda name: client.put_bucket_ownership_controls(Bucket=name, OwnershipControls=ownership),
        lambda name: client.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules}),
        lambda name: client.put_bucket_versioning(
            Bucket=name, VersioningConfiguration=wanted["VersioningConfiguration"]
        ),
        lambda name: client.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=events),
        lambda name: client.put_bucket_lifecycle_configuration(
            Bucket=name, LifecycleConfiguration={"Rules": [_lifecycle(r) for r in _rules(wanted)]}
        ),
    ]


def _rules(wanted: dict[str, Any]) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = wanted["LifecycleConfiguration"]["Rules"]
    return rules


def _lifecycle(rule: dict[str, Any]) -> Any:
    """A rule in the API's words, which are nearly the template's."""
    lifecycle = {"ID": rule["Id"], "Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "ExpirationInDays" in rule:
        lifecycle["Expiration"] = {"Days": rule["ExpirationInDays"]}
    for same in ("AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration"):
        if same in rule:
            lifecycle[same] = rule[same]
    return lifecycle
