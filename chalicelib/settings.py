"""The environment, read once into one frozen Settings."""

import base64
import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

env = os.environ.get
VERSION = "0.1.0"
_PAUSES = "5 300 1800 7200 18000 36000 50400"  # between the tries of a webhook, as Standard Webhooks proposes: 33 hours

_NUMBERS = {
    "busy_stripes": 16,
    "batch_threads": 16,
    "veto_days": 5,
    "serve_days": 30,
    "delist_days": 14,
    "promised_days": 20,
    "silent_seconds": 900,
    "record_form": 2,
}


class Settings(NamedTuple):
    """What differs between stages. Every name is an environment variable in upper case."""

    stage: str
    table_name: str
    documents_bucket: str
    stream_arn: str
    oidc_issuer: str
    oidc_audience: str
    oidc_jwks_url: str
    secrets_id: str
    secrets_file: str
    signing_keys: tuple[str, ...]
    signing_keys_dir: str
    public_url: str
    cors_origins: tuple[str, ...]
    busy_stripes: int
    batch_threads: int
    s3_endpoint: str
    buy_back_queue_arn: str
    buy_back_queue_url: str
    webhook_queue_arn: str
    webhook_queue_url: str
    books_queue_arn: str
    books_queue_url: str
    batch_queue_arn: str
    batch_queue_url: str
    webhook_pauses_seconds: tuple[int, ...]
    veto_days: int
    serve_days: int
    delist_days: int
    promised_days: int
    silent_seconds: int  # a run of which nothing was heard for so long has lost a message
    record_form: int  # of new Records of trips, for an older version beside this one: 0 (ADR 56) or 1 (ADR 62)
    allow_local_partners: bool  # on one machine only: in Lambda, 127.0.0.1 is the runtime's own interface


def _numbers() -> dict[str, Any]:
    return {name: int(env(name.upper(), number)) for name, number in _NUMBERS.items()}


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process. Defaults let app.py be imported by tools that deploy nothing."""
    return Settings(
        stage=env("STAGE", "local"),
        table_name=env("TABLE_NAME", "carbon-points"),
        documents_bucket=env("DOCUMENTS_BUCKET", "carbon-points-documents"),
        stream_arn=env("STREAM_ARN", "arn:aws:dynamodb:us-east-1:000000000000:table/placeholder/stream/placeholder"),
        oidc_issuer=env("OIDC_ISSUER", "carbon-points-local"),
        oidc_audience=env("OIDC_AUDIENCE", "carbon-points"),
        oidc_jwks_url=env("OIDC_JWKS_URL", ""),
        secrets_id=env("SECRETS_ID", ""),
        secrets_file=env("SECRETS_FILE", ""),
        signing_keys=tuple(env("SIGNING_KEYS", "").split()),
        signing_keys_dir=env("SIGNING_KEYS_DIR", ""),
        public_url=env("PUBLIC_URL", "http://127.0.0.1:8000"),
        cors_origins=tuple(filter(None, env("CORS_ORIGINS", "").split(","))),
        s3_endpoint=env("AWS_ENDPOINT_URL_S3") or env("AWS_ENDPOINT_URL", ""),
        buy_back_queue_arn=env("BUY_BACK_QUEUE_ARN", "arn:aws:sqs:us-east-1:000000000000:buy-back"),
        buy_back_queue_url=env("BUY_BACK_QUEUE_URL", ""),
        webhook_queue_arn=env("WEBHOOK_QUEUE_ARN", "arn:aws:sqs:us-east-1:000000000000:webhooks"),
        webhook_queue_url=env("WEBHOOK_QUEUE_URL", ""),
        books_queue_arn=env("BOOKS_QUEUE_ARN", "arn:aws:sqs:us-east-1:000000000000:books"),
        books_queue_url=env("BOOKS_QUEUE_URL", ""),
        batch_queue_arn=env("BATCH_QUEUE_ARN", "arn:aws:sqs:us-east-1:000000000000:batches"),
        batch_queue_url=env("BATCH_QUEUE_URL", ""),
        webhook_pauses_seconds=tuple(map(int, env("WEBHOOK_PAUSES_SECONDS", _PAUSES).split())),
        **_numbers(),
        allow_local_partners=env("ALLOW_LOCAL_PARTNERS") == "1",
    )


@lru_cache(maxsize=1)
def _secrets() -> dict[str, bytes]:
    if settings().secrets_id:
        import boto3  # only the functions that need a secret pay for this client

        client = boto3.client("secretsmanager")
        text = client.get_secret_value(SecretId=settings().secrets_id)["SecretString"]
    else:
        text = Path(settings().secrets_file).read_text()
    return {name: base64.b64decode(value) for name, value in json.loads(text).items()}


def secret(name: str) -> bytes:
    """A secret key: ``identity_key`` (hashes of identity numbers), ``cursor_key`` (signs page cursors),
    ``serial_key`` (makes serials of certificates unguessable), ``webhook_key`` (signs webhooks), ``grant_key`` (names
    grants and makes their codes) or ``draw_key`` (makes seeds of draws, and names their entries)."""
    return _secrets()[name]


def account_key() -> bytes:
    """The key of ids that follow from a login. Empty in a stage that is older than it: the ids that it gave stay."""
    return _secrets().get("account_key", b"")
