"""Effects before a Decision: documents are copied to where they stay, and the applicant's system proves itself.

All of it may happen twice, or be cut off anywhere: the step itself is one transaction that comes after.
"""

from collections.abc import Mapping

from chalicelib.files import store
from chalicelib.kernel.decision import Command
from chalicelib.kernel.fields import Empty
from chalicelib.onboarding import actions, queries
from chalicelib.onboarding.model import Integration
from chalicelib.onboarding.papers import file_key, kept_key
from chalicelib.partners.handshake import shake
from chalicelib.table.write import Item


def keep_documents(command: Command[Empty], id: str) -> Mapping[str, bool]:
    """Copy each document that counts to where it stays: whether it is there now, by its id.

    Raises NotFound, and what ``actions.submittable`` raises: nothing is copied for what cannot be submitted.
    """
    item, party = queries.seen(command.caller, id)
    actions.submittable(command, item, party)
    return {document["id"]: _keep(item, document["id"]) for document in item["documents"].values()}


def _keep(item: Item, document: str) -> bool:
    if document in item["kept"]:
        return True
    version = queries.paper(item["id"], document)["version"]
    return store.copy(file_key(item["id"], document), kept_key(item["id"], document), wanted=version)


def prove_system(command: Command[Integration], id: str) -> None:
    """Make a handshake with the applicant's system. Raises HandshakeFailed, NotFound, and what ``actions.integrable``
    raises: a step that cannot be taken calls nobody.
    """
    item, party = queries.seen(command.caller, id)
    actions.integrable(item, party)
    body = command.body
    shake(callback_url=body.callback_url, public_key=body.public_key, merchant=item["applicant"], now=command.now)
