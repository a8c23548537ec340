"""Effects before a Decision: documents are copied to where they stay, and the applicant's system proves itself.

All of it may happen twice, or be cut off anywhere: the step itself is one transaction that comes after.
"""

from collections.abc import Mapping

from chalicelib.edge.identity import budgets
from chalicelib.files import store
from chalicelib.kernel.decision import Command
from chalicelib.kernel.fields import Empty
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountFrozen
from chalicelib.merchants import queries as merchants
from chalicelib.onboarding import actions, queries
from chalicelib.onboarding.documents.uploads import file_key, kept_key
from chalicelib.onboarding.items import Application
from chalicelib.onboarding.model import Integration
from chalicelib.outside import redirects
from chalicelib.partners.handshake import handshake


def keep_documents(command: Command[Empty], id: str) -> Mapping[str, bool]:
    """Copy each document that counts to where it stays: whether it is there now, by its id.

    Raises NotFound, and what ``actions.submittable`` raises: nothing is copied for what cannot be submitted.
    """
    application, party = queries.visible(command.caller, id)
    actions.submittable(command, application, party)
    return {document.id: _keep(application, document.id) for document in application.documents.values()}


def _keep(application: Application, id: str) -> bool:
    if id in application.kept:
        return True
    version = queries.document(application.id, id).version or ""
    return store.copy(file_key(application.id, id), kept_key(application.id, id), wanted=version)


def prove_system(command: Command[Integration], id: str) -> None:
    """Make a handshake with the applicant's system. Raises HandshakeFailed, NotFound, AccountFrozen, and what
    ``actions.integrable`` raises: a step that cannot be taken calls nobody.
    """
    application, party = queries.visible(command.caller, id)
    actions.integrable(application, party)
    prove(command, merchants.institution(application.applicant))


def prove(command: Command[Integration], account: Account) -> None:
    """Make a handshake with the system of an institution. Raises HandshakeFailed, AccountFrozen, BudgetSpent;
    InvalidRequest for an address that no code of consent may be sent to.
    """
    if account.status == "frozen":
        raise AccountFrozen()
    body = command.body
    redirects.registrable(body.consent_redirects or ())
    budgets.attempt(budgets.INTEGRATIONS, command)
    handshake(callback_url=body.callback_url, public_key=body.public_key, merchant=account.id, now=command.now)
