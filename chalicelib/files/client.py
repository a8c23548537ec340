"""One S3 client a process, made when first needed: most requests touch no file, and it costs 50 ms of a cold start."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.deadline import guard
from chalicelib.errors import Unavailable
from chalicelib.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@lru_cache(maxsize=1)
def client() -> "S3Client":
    """Signed addresses name the regional endpoint: the global one redirects, and a signed form cannot follow.

    That needs virtual-host addressing. An emulator is known by one host name only, so there the path names the bucket.
    """
    addressing: Literal["path", "virtual"] = "path" if settings().s3_endpoint else "virtual"
    made = boto3.client(
        "s3",
        config=Config(
            signature_version="s3v4",  # the only one that aws-cn and the newer regions take
            s3={"addressing_style": addressing, "us_east_1_regional_endpoint": "regional"},
            connect_timeout=2,
            read_timeout=10,
            retries={"mode": "standard", "total_max_attempts": 3},
        ),
    )
    guard(made, "s3")
    return made


_BUSY = {"SlowDown", "RequestTimeout", "Throttling", "ThrottlingException"}
_OTHER = {"PreconditionFailed", "412"}


class Replaced(Exception):
    """Another object stands under the key than the one that was asked for by its ETag."""


@contextmanager
def reaching() -> Iterator[None]:
    """What S3 does meanwhile. Raises Replaced; Unavailable where S3 is away, or busy for longer than botocore waits."""
    try:
        yield
    except ClientError as error:
        away = error.response["ResponseMetadata"].get("HTTPStatusCode", 500) >= 500
        if away or error.response["Error"]["Code"] in _BUSY:
            raise Unavailable() from error
        if error.response["Error"]["Code"] in _OTHER:
            raise Replaced() from error
        raise
    except BotoCoreError as error:
        raise Unavailable() from error
