"""Objects of any size, put part by part."""

from typing import Any

from chalicelib.files.client import client, reaching
from chalicelib.files.store import put
from chalicelib.settings import settings

PART_BYTES = 8 << 20  # S3 takes no smaller part but the last, and no more than 10,000


class Parts:
    """An object as it grows: it is there, whole, once it is finished, and not at all before.

    What is never finished, the bucket forgets after a week.
    """

    def __init__(self, key: str, content_type: str) -> None:
        self._key, self._content_type = key, content_type
        self._upload, self._rest = "", bytearray()
        self._etags: list[str] = []

    def add(self, content: bytes) -> None:
        """More of the content."""
        self._rest += content
        if len(self._rest) >= PART_BYTES:
            self._send()

    @reaching()
    def finish(self) -> None:
        """Make the object, in place of one that stands there."""
        if not self._upload:
            put(self._key, bytes(self._rest), content_type=self._content_type)
            return
        if self._rest:
            self._send()
        parts: Any = [{"ETag": etag, "PartNumber": number} for number, etag in enumerate(self._etags, start=1)]
        client().complete_multipart_upload(
            Bucket=settings().documents_bucket,
            Key=self._key,
            UploadId=self._upload,
            MultipartUpload={"Parts": parts},
        )

    @reaching()
    def _send(self) -> None:
        bucket = settings().documents_bucket
        if not self._upload:
            made = client().create_multipart_upload(Bucket=bucket, Key=self._key, ContentType=self._content_type)
            self._upload = made["UploadId"]
        sent = client().upload_part(
            Bucket=bucket,
            Key=self._key,
            UploadId=self._upload,
            PartNumber=len(self._etags) + 1,
            Body=bytes(self._rest),
        )
        self._etags.append(sent["ETag"])
        self._rest.clear()
