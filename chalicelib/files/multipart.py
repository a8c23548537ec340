"""Objects that others send part by part (S3 multipart): signed addresses for parts, what arrived, and the whole.

An address lets its holder put one part: this number, so many bytes, this hash. S3 checks all of it.
What asks S3 raises Unavailable where S3 is away.
"""

import base64
from collections.abc import Sequence
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from chalicelib.errors import Contended, Text
from chalicelib.files.client import client, reaching
from chalicelib.settings import settings

PART_BYTES_MIN = 5 << 20  # S3's own, of every part but the last
PARTS_MAX = 1000  # of one object: as many as S3 lists at once
_ABSENT = {"NoSuchUpload", "404"}
_OVERTAKEN = {"InvalidPart", "OperationAborted"}  # a part is not the one that was listed, or another completes it now


class PartReplaced(Contended):
    """Nothing was put together."""

    detail = Text(
        "A part was sent again while the file was being put together. Nothing was done; once no part is on its way,"
        " send the same request again, in {retry_after} s at the earliest.",
        "合并文件时有分片被重新发送，本次未做任何变更；请待分片全部送达后原样重发，至少间隔 {retry_after} 秒。",
    )


class Part(NamedTuple):
    """A part: its number from 1 on, its bytes, and their SHA-256 (hex)."""

    number: int
    bytes: int
    sha256: str


class Arrived(NamedTuple):
    """A part that S3 has; ``etag`` and ``checksum`` (base64) are its names for the content."""

    number: int
    bytes: int
    etag: str
    checksum: str

    @property
    def sha256(self) -> str:
        return base64.b64decode(self.checksum).hex()


class Address(NamedTuple):
    """Where a part may be put for a while, and the headers that its request must have."""

    url: str
    headers: dict[str, str]


@reaching()
def begin(key: str, *, content_type: str) -> str:
    """The id of a new upload. One that is never completed, the bucket forgets after a week."""
    made = client().create_multipart_upload(
        Bucket=settings().documents_bucket, Key=key, ContentType=content_type, ChecksumAlgorithm="SHA256"
    )
    return made["UploadId"]


def address(key: str, upload: str, part: Part, *, seconds: int) -> Address:
    """Where one part may be put until ``seconds`` have passed. Signing is arithmetic: nothing is sent."""
    checksum = base64.b64encode(bytes.fromhex(part.sha256)).decode()
    wanted = {
        "Bucket": settings().documents_bucket,
        "Key": key,
        "UploadId": upload,
        "PartNumber": part.number,
        "ContentLength": part.bytes,
        "ChecksumSHA256": checksum,
    }
    url = client().generate_presigned_url("upload_part", Params=wanted, ExpiresIn=seconds)
    return Address(url, {"x-amz-checksum-sha256": checksum})


@reaching()
def arrived(key: str, upload: str) -> list[Arrived] | None:
    """The parts that S3 has, by their numbers; None where there is no such upload any more."""
    try:
        found = client().list_parts(Bucket=settings().documents_bucket, Key=key, UploadId=upload, MaxParts=PARTS_MAX)
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return None
        raise
    parts = found.get("Parts", ())
    return [Arrived(each["PartNumber"], each["Size"], each["ETag"], each.get("ChecksumSHA256", "")) for each in parts]


@reaching()
def complete(key: str, upload: str, parts: Sequence[Arrived]) -> bool:
    """Make the object of ``parts``; False where the upload is gone, as after it was completed. Raises PartReplaced."""
    named: Any = [
        {"PartNumber": each.number, "ETag": each.etag} | ({"ChecksumSHA256": each.checksum} if each.checksum else {})
        for each in parts
    ]
    try:
        client().complete_multipart_upload(
            Bucket=settings().documents_bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": named}
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return False
        if error.response["Error"]["Code"] in _OVERTAKEN:
            raise PartReplaced() from error
        raise
    return True


def is_of_parts(etag: str) -> bool:
    """Whether an object's ETag says that it was put together of parts."""
    return "-" in etag
