"""What follows when a document's file arrives in the bucket."""

import hashlib
from typing import IO

from chalicelib.errors import NotFound, Text
from chalicelib.files import store
from chalicelib.kernel.settle import perform
from chalicelib.onboarding import papers, queries
from chalicelib.onboarding.formats import is_of
from chalicelib.onboarding.papers import FOLDER
from chalicelib.table import keys
from chalicelib.table.write import Item


def arrived(key: str) -> None:
    """The bytes of a document came, at least once: see that they are what was announced, and settle it once."""
    application, _, document = key.removeprefix(FOLDER).partition("/")
    try:
        paper = queries.paper(application, document)
    except NotFound:
        return
    if paper["status"] != "awaiting_upload":
        return
    version = store.version(key)  # before the bytes: if they are replaced in between, this is no version of theirs
    file = store.fetch(key, bytes_max=paper["bytes"] + 1)
    if version is None or file is None:
        return
    with file:
        fault = _fault(paper, file)
    name = keys.digest("document", document)
    perform(name, lambda command: papers.settle(command, queries.application(application), paper, version, fault))


def _fault(paper: Item, file: IO[bytes]) -> Text | None:
    """Why the file is not the announced one, if it is not. S3 has checked size and hash; its type is ours to check."""
    content, size, kind = file.read(), paper["bytes"], paper["content_type"]
    if len(content) != size:
        return Text(f"The file does not hold the announced {size} bytes", f"文件大小不是登记的 {size} 字节")
    if hashlib.sha256(content).hexdigest() != paper["sha256"]:
        return Text("The file's SHA-256 is not the announced one", "文件的 SHA-256 与登记不符")
    if not is_of(kind, content):
        return Text(f"The file is not a whole file of type {kind}", f"文件不是完整的 {kind} 文件")
    return None
