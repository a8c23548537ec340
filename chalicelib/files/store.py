"""Objects of the bucket: who may send and fetch them for a while, and reading and putting them here.

What asks S3 raises Unavailable where S3 is away.
"""

import base64
import io
import tempfile
from typing import IO, Any, NamedTuple

from botocore.exceptions import ClientError

from chalicelib.files.client import client, reaching
from chalicelib.settings import settings

_ABSENT = {"NoSuchKey", "404"}
_TAKEN = {"PreconditionFailed", "412", "ConditionalRequestConflict", "409"}  # another stands there, or is being put
_BEHIND_ITS_END = {"InvalidRange", "416"}
_RANGE_BYTES = 8 << 20


class Form(NamedTuple):
    """A presigned POST: the multipart form to send to ``url``, its ``fields`` first and the part ``file`` last."""

    url: str
    fields: dict[str, str]


def form(key: str, *, content_type: str, bytes_max: int, sha256: str, seconds: int) -> Form:
    """A form that lets its holder put one object: this key, this type, 1 to ``bytes_max`` bytes, this hash (hex).

    S3 checks all of it against the signed policy, so the form is worth nothing to anyone who has other bytes.
    It ends after ``seconds``, or with the role's session if that ends sooner.
    """
    fields = {
        "Content-Type": content_type,
        "x-amz-checksum-algorithm": "SHA256",
        "x-amz-checksum-sha256": base64.b64encode(bytes.fromhex(sha256)).decode(),
    }
    conditions = [{name: value} for name, value in fields.items()]
    signed = client().generate_presigned_post(
        settings().documents_bucket,
        key,
        Fields=dict(fields),
        Conditions=[*conditions, ["content-length-range", 1, bytes_max]],
        ExpiresIn=seconds,
    )
    return Form(signed["url"], signed["fields"])


def link(key: str, *, file_name: str, seconds: int) -> str:
    """An address that anyone may fetch the object from for ``seconds``; browsers save it as ``file_name`` (ASCII)."""
    disposition = f'attachment; filename="{file_name}"'
    wanted = {"Bucket": settings().documents_bucket, "Key": key, "ResponseContentDisposition": disposition}
    return client().generate_presigned_url("get_object", Params=wanted, ExpiresIn=seconds)


@reaching()
def fetch(key: str, *, bytes_max: int) -> IO[bytes] | None:
    """The object as a temporary file to read by lines, or None where there is none. The caller closes it.

    A copy, so that what is checked is what is used. Anything over ``bytes_max`` is cut off: its hash is then another.
    """
    try:
        body = client().get_object(Bucket=settings().documents_bucket, Key=key)["Body"]
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return None
        raise
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the caller's)
    with body:
        for chunk in body.iter_chunks(1 << 20):
            file.write(chunk[: bytes_max - file.tell()])
            if file.tell() == bytes_max:
                break
    file.seek(0)
    return file


@reaching()
def read(key: str) -> bytes:
    """The content of an object that we put ourselves."""
    with client().get_object(Bucket=settings().documents_bucket, Key=key)["Body"] as body:
        return body.read()


class Stat(NamedTuple):
    """What an object is now."""

    bytes: int
    etag: str


@reaching()
def stat(key: str) -> Stat | None:
    """The size of an object, and what tells its content from any other; None where there is no object."""
    try:
        found = client().head_object(Bucket=settings().documents_bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return None
        raise
    return Stat(found["ContentLength"], found["ETag"])


class _Ranges(io.RawIOBase):
    """An object of any size, fetched range by range as it is read: a slow reader holds no connection open."""

    def __init__(self, key: str, first: int, until: int | None, etag: str | None) -> None:
        self.key, self.place, self.until = key, first, until
        self.wanted: Any = {"IfMatch": etag} if etag else {}

    def readable(self) -> bool:
        return True

    @reaching()
    def readinto(self, buffer: Any) -> int:
        end = self.place + len(buffer)
        end = end if self.until is None else min(end, self.until)
        if end <= self.place:
            return 0
        wanted = {"Range": f"bytes={self.place}-{end - 1}", **self.wanted}
        try:
            answer = client().get_object(Bucket=settings().documents_bucket, Key=self.key, **wanted)
        except ClientError as error:
            if error.response["Error"]["Code"] in _BEHIND_ITS_END:
                return 0
            raise
        with answer["Body"] as body:
            content = body.read()
        buffer[: len(content)] = content
        self.place += len(content)
        return len(content)


def stream(
    key: str, *, first: int = 0, until: int | None = None, etag: str | None = None, ahead: int = 0
) -> io.BufferedReader:
    """The content of an object of any size, in order, from byte ``first`` to before ``until``, ``ahead`` at a time.

    The caller closes it. Reading raises Replaced where the object is no longer that of ``etag``.
    """
    return io.BufferedReader(_Ranges(key, first, until, etag), ahead or _RANGE_BYTES)


@reaching()
def listed(prefix: str) -> list[str]:
    """The keys of all objects that begin with ``prefix``, as of now."""
    found: list[str] = []
    after = ""
    while True:
        answer = client().list_objects_v2(Bucket=settings().documents_bucket, Prefix=prefix, StartAfter=after)
        found += [each["Key"] for each in answer.get("Contents", ())]
        if not answer["IsTruncated"]:
            return found
        after = found[-1]


@reaching()
def put(key: str, content: bytes, *, content_type: str) -> None:
    """Put an object, in place of one that stands there."""
    client().put_object(Bucket=settings().documents_bucket, Key=key, Body=content, ContentType=content_type)


@reaching()
def put_first(key: str, content: bytes, *, content_type: str) -> bool:
    """Put an object unless one stands there; whether it was put."""
    try:
        client().put_object(
            Bucket=settings().documents_bucket, Key=key, Body=content, ContentType=content_type, IfNoneMatch="*"
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in _TAKEN:
            return False
        raise
    return True


def version(key: str) -> str | None:
    """What tells the present content of an object from any other (its ETag); None where there is no object."""
    found = stat(key)
    return found and found.etag


@reaching()
def copy(source: str, target: str, *, wanted: str) -> bool:
    """Copy an object within the bucket; False, and nothing done, where ``source`` is gone or no longer ``wanted``."""
    bucket = settings().documents_bucket
    if version(source) != wanted:  # an emulator may not heed the condition below
        return False
    try:
        client().copy_object(
            Bucket=bucket, Key=target, CopySource={"Bucket": bucket, "Key": source}, CopySourceIfMatch=wanted
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT | {"PreconditionFailed", "412"}:
            return False
        raise
    return True
