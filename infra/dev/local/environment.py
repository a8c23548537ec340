"""The environment variables that make the deployed code run here, and the file that tells others about this run."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from infra.dev import issuer
from infra.dev.local.settings import Local
from infra.here import CREDENTIALS

_MISLEADING = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_ENDPOINT_URL_S3")
_DYNAMODB, _STREAMS = "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_DYNAMODB_STREAMS"


def point_at(local: Local, *, dynamodb: str, aws: str) -> None:
    """Send this process and its children to the engines.

    Credentials of the user are kept only if she brings an engine of her own, which may want them.
    """
    own = bool(local.dynamodb or local.aws)
    if own:
        os.environ.update({name: value for name, value in CREDENTIALS.items() if not _has_credentials(name)})
        os.environ.setdefault(_STREAMS, dynamodb)
    else:
        for name in _MISLEADING:
            os.environ.pop(name, None)
        os.environ.update(CREDENTIALS | {_STREAMS: dynamodb})
    os.environ.update({"AWS_ENDPOINT_URL": aws, _DYNAMODB: dynamodb})


def _has_credentials(name: str) -> bool:
    return name in os.environ or ("KEY" in name and "AWS_PROFILE" in os.environ)


def describe(local: Local, *, url: str, table: str, stream_arn: str, bucket: str) -> dict[str, str]:
    """What chalicelib/settings.py reads, beside the AWS variables."""
    return {
        "STAGE": "local",
        "TABLE_NAME": table,
        "STREAM_ARN": stream_arn,
        "DOCUMENTS_BUCKET": bucket,
        "OIDC_ISSUER": issuer.NAME,
        "OIDC_AUDIENCE": issuer.AUDIENCE,
        "OIDC_JWKS_URL": (local.keys / "jwks.json").as_uri(),
        "SECRETS_FILE": str(local.keys / "secrets.json"),
        "SIGNING_KEYS_DIR": str(local.keys / "signing"),
        "PUBLIC_URL": url,
        "ALLOW_LOCAL_PARTNERS": "1",
        "SILENT_SECONDS": "0",  # the emulator's queues end with it: what they held is sent again at once
        "APP_MODULE": local.app_module,
    }


def write_run(path: Path, url: str, described: Mapping[str, str]) -> None:
    """Write run.json, whole: the handle and the benchmarks find the run by it. Credentials stay out."""
    endpoints = {name: value for name, value in os.environ.items() if name.startswith("AWS_ENDPOINT_URL")}
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps({"pid": os.getpid(), "url": url, "env": dict(described) | endpoints}, indent=1))
    draft.rename(path)
