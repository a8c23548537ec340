"""What reaches out of the table before a Decision: files in the bucket, and the applicant's own system.

All of it may happen twice, or be cut off anywhere: the step itself is one transaction that comes after.
"""

import hashlib
from typing import IO

from chalicelib.errors import NotFound, Text
from chalicelib.files import store
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty
from chalicelib.kernel.settle import perform
from chalicelib.onboarding import actions, papers, queries
from chalicelib.onboarding.formats import is_of
from chalicelib.onboarding.model import Integration
from chalicelib.onboarding.papers import FOLDER, file_key, kept_key
from chalicelib.partners.handshake import shake
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


def submit(command: Command[Empty], item: Item, party: str) -> Decision:
    """Copy what counts to where it stays, then submit. What is gone or was replaced since counts no more."""
    actions.submittable(command, item, party)
    counting = [paper["id"] for paper in item["documents"].values()]
    return actions.submit(command, item, party, [id for id in counting if _keep(item, id)])


def _keep(item: Item, document: str) -> bool:
    if document in item["kept"]:
        return True
    version = queries.paper(item["id"], document)["version"]
    return store.copy(file_key(item["id"], document), kept_key(item["id"], document), wanted=version)


def integrate(command: Command[Integration], item: Item, party: str) -> Decision:
    """Shake hands, then take the step. Raises HandshakeFailed, InvalidState, RoleNotAllowed."""
    actions.integrable(item, party)
    body = command.body
    shake(callback_url=body.callback_url, public_key=body.public_key, merchant=item["applicant"], now=command.now)
    return actions.integrate(command, item, party)
