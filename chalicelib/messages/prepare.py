"""Before a client's system is registered: it proves itself."""

from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.kernel.decision import Command
from chalicelib.ledger.account import Account
from chalicelib.merchants import queries as merchants
from chalicelib.messages import actions
from chalicelib.messages.model import ClientSystem
from chalicelib.partners.handshake import handshake


def prove_client(command: Command[ClientSystem]) -> Account:
    """Make a handshake with the system; the account of its institution. Raises HandshakeFailed, InvalidRequest for an
    account that is no institution's, InvalidState for a merchant: nobody is called then.
    """
    body = command.body
    try:
        institution = merchants.institution(body.client)
    except NotFound as error:
        raise InvalidRequest.at("/client", "Is no account of an institution", "不是机构账户") from error
    actions.registrable(institution)
    handshake(callback_url=body.callback_url, public_key=body.public_key, merchant=institution.id, now=command.now)
    return institution
