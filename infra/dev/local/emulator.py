"""Starts the emulator, whose S3 then refuses an upload that is not what was signed: as AWS does, with 400 BadDigest.

The emulator (1.5.33) checks ``x-amz-checksum-…`` of a PUT, and ignores it in a form (POST). It runs in a virtual
environment of its own, so this is started as a script there: ``python -P emulator.py``. It imports nothing of ours.
"""

import contextvars
import importlib
from typing import Any

_sent = contextvars.ContextVar("_sent", default=b"")


def check_forms(s3: Any) -> None:
    """From now on the emulator's module ``s3`` compares a form's checksum with the file, once its policy is right."""
    take, admit = s3._post_object, s3._enforce_signed_post_policy

    def post_object(bucket: str, body: bytes, headers: dict[str, str]) -> Any:
        parts = s3._parse_multipart_form(headers.get("content-type", ""), body)
        _sent.set(next((value for name, _, _, value in parts if name == "file"), b""))
        return take(bucket, body, headers)

    def enforce(fields: dict[str, str], *rest: Any) -> Any:
        return admit(fields, *rest) or s3._resolve_object_checksums(_sent.get(), fields)[1]

    s3._post_object, s3._enforce_signed_post_policy = post_object, enforce


if __name__ == "__main__":
    check_forms(importlib.import_module("ministack.services.s3"))
    importlib.import_module("ministack.app").main()
