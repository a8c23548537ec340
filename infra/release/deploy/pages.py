"""The built pages in the stage's bucket, before the API leads there.

Assets are named by their content and stay: a page that somebody opened yesterday may load one today. What is named
otherwise lies under a digest of everything, so the API moves from one deployment's pages to another's in one step.
"""

import hashlib
import json
import re
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from infra.release import faces

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# What a stage's file says of pages alone. OidcOrigins: where the issuer's tokens come from, if not from its own origin.
SETTINGS = {"OidcClientId", "OidcScope", "OidcOrigins"}
_ORIGIN = re.compile(r"https?://[^/,; ']+")
_SUFFIX = {"aws-cn": "amazonaws.com.cn"}
_AT_ONCE = 8


class File(NamedTuple):
    """A file of the pages and what it is sent with."""

    name: str
    content: bytes
    headers: dict[str, str]


def files(folder: Path, stage: Mapping[str, str], documents: str) -> list[File]:
    """The pages in ``folder`` as a ``stage`` serves them, sorted. ``documents`` is the origin of its other bucket.

    Raises SystemExit where a setting of the stage is no origin, or an earlier version has packaged no pages.
    """
    if missing := [face for face in faces.PAGES if not (folder / face / "index.html").is_file()]:
        sys.exit(f"{folder} lacks {', '.join(missing)}: make package first.")
    beside = faces.Beside(files=documents, issuer=_issuer(stage))
    built = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    every = built | {faces.CONFIG: config(stage)}
    return [File(name, content, faces.headers(name, beside)) for name, content in sorted(every.items())]


def config(stage: Mapping[str, str]) -> bytes:
    """faces.json: whom people sign in with. Nothing of it is secret."""
    oidc = {
        "issuer": stage["OidcIssuer"],
        "client_id": stage["OidcClientId"],
        "scope": stage.get("OidcScope") or "openid",
    }
    return json.dumps({"oidc": oidc}).encode()


def _issuer(stage: Mapping[str, str]) -> str:
    own = _ORIGIN.match(stage["OidcIssuer"])
    others = stage.get("OidcOrigins", "").split()
    for each in others:
        if not _ORIGIN.fullmatch(each):
            sys.exit(f"OidcOrigins: {each} is no origin, such as https://tokens.example.org")
    return " ".join([*([own[0]] if own else []), *others])


def senders(stage: Mapping[str, str]) -> str:
    """The origins whose pages may send documents to the bucket: those of the stage, and our own."""
    named = stage.get("CorsOrigins", "")
    own = _ORIGIN.match(stage["PublicUrl"])
    if named == "*" or not own or own[0] in named.split(","):
        return named
    return ",".join(filter(None, (named, own[0])))


def origin(bucket: str, client: "S3Client") -> str:
    """Where a signed form or link to ``bucket`` leads (chalicelib/files/client.py): its own host in its region."""
    suffix = _SUFFIX.get(client.meta.partition, "amazonaws.com")
    return f"https://{bucket}.s3.{client.meta.region_name}.{suffix}"


def upload(client: "S3Client", bucket: str, every: list[File]) -> str:
    """Send what is not there yet; the key under which the pages lie."""
    digest = hashlib.sha256()
    for each in every:
        digest.update(json.dumps([each.name, sorted(each.headers.items()), len(each.content)]).encode() + each.content)
    key = digest.hexdigest()[:32]
    *others, last = sorted(every, key=lambda each: each.name == faces.CONFIG)  # it is there: so is everything
    try:
        client.head_object(Bucket=bucket, Key=_place(last.name, key))
    except ClientError:
        with ThreadPoolExecutor(_AT_ONCE) as sending:
            list(sending.map(lambda each: _send(client, bucket, each, key), others))
        _send(client, bucket, last, key)
        print(f"pages: {sum(len(each.content) for each in every) / 1e6:.2f} MB to {bucket}")
    return key


def _place(name: str, key: str) -> str:
    return name if name.startswith(f"{faces.ASSETS}/") else f"{key}/{name}"


def _send(client: "S3Client", bucket: str, file: File, key: str) -> None:
    kept = {name.lower(): value for name, value in file.headers.items() if name not in faces.OF_S3}
    client.put_object(
        Bucket=bucket,
        Key=_place(file.name, key),
        Body=file.content,
        ContentType=file.headers["Content-Type"],
        CacheControl=file.headers["Cache-Control"],
        Metadata=kept,
    )
