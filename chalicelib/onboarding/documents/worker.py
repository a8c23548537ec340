"""What follows when a document's file arrives in the bucket."""

import hashlib
from typing import IO, NamedTuple

from chalicelib.errors import NotFound, Text
from chalicelib.files import store
from chalicelib.kernel.settle import perform
from chalicelib.onboarding import queries
from chalicelib.onboarding.documents import actions as documents
from chalicelib.onboarding.documents.formats import is_of
from chalicelib.onboarding.documents.uploads import FOLDER, Announced
from chalicelib.table import keys


def arrived(key: str) -> None:
    """The bytes of a document came, at least once: see that they are what was announced, and settle it once."""
    application, _, id = key.removeprefix(FOLDER).partition("/")
    try:
        document = queries.document(application, id)
    except NotFound:
        return
    if document.status != "awaiting_upload" or (came := examined(key, document)) is None:
        return
    perform(
        keys.digest("document", id),
        lambda command: documents.settle(command, queries.application(application), document, *came),
    )


class Examined(NamedTuple):
    """The bytes that came: what names them, and why they are not the announced ones, if they are not."""

    version: str
    fault: Text | None


def examined(key: str, announced: Announced) -> Examined | None:
    """The bytes at ``key``; None where there are none."""
    version = store.version(key)  # before the bytes: if they are replaced in between, this is no version of theirs
    file = store.fetch(key, bytes_max=announced.bytes + 1)
    if version is None or file is None:
        return None
    with file:
        return Examined(version, _fault(announced, file))


def _fault(document: Announced, file: IO[bytes]) -> Text | None:
    """Why the file is not the announced one, if it is not. S3 has checked size and hash; its type is ours to check."""
    content, size, kind = file.read(), document.bytes, document.content_type
    if len(content) != size:
        return Text(f"The file does not hold the announced {size} bytes", f"文件大小不是登记的 {size} 字节")
    if hashlib.sha256(content).hexdigest() != document.sha256:
        return Text("The file's SHA-256 is not the announced one", "文件的 SHA-256 与登记不符")
    if not is_of(kind, content):
        return Text(f"The file is not a whole file of type {kind}", f"文件不是完整的 {kind} 文件")
    return None
