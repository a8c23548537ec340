"""/v1/messages, /v1/message-client"""

from chalice.app import Blueprint

from chalicelib.accounts.queries import own
from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import InvalidState, NotFound
from chalicelib.kernel.caller import EXCHANGE, INDIVIDUAL, INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, Params
from chalicelib.kernel.query import Query
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountClosed, AccountFrozen
from chalicelib.messages import actions, prepare, queries
from chalicelib.messages.model import ClientAnswer, ClientSystem, MessageParams, Messages, ReadAnswer, Reading
from chalicelib.partners.handshake import HandshakeFailed
from chalicelib.partners.queries import partner

room = Blueprint(__name__)
HOLDERS = (INDIVIDUAL, INSTITUTION)


@query(room, "/v1/messages", answer=Messages, allow=HOLDERS, params=MessageParams, refuses=(NotFound,))
def messages(query: Query[MessageParams]) -> Messages:
    """What happened to the caller's orders, points, grants and account, newest first; for two years.

    A conversion makes no message: the statement has a line for each.
    """
    return queries.messages(query)


@command(
    room,
    "POST /v1/messages/read",
    body=Reading,
    answer=ReadAnswer,
    allow=HOLDERS,
    refuses=(NotFound, AccountClosed),
    status=200,
)
def mark_read(command: Command[Reading]) -> Decision:
    """Mark messages as read. What was marked before stays as it was."""
    return actions.mark_read(command, queries.stored(own(command.caller), command.body.messages))


@query(room, "/v1/message-client", answer=ClientAnswer, allow=(EXCHANGE,), refuses=(NotFound,))
def message_client(query: Query[Params]) -> ClientAnswer:
    """The institution whose system is notified of messages to persons."""
    return queries.client_answer()


@command(
    room,
    "POST /v1/message-client",
    body=ClientSystem,
    answer=ClientAnswer,
    allow=(EXCHANGE,),
    refuses=(InvalidState, HandshakeFailed, AccountFrozen, AccountClosed),
    prepare=prepare.prove_client,
)
def register_client(command: Command[ClientSystem], institution: Account) -> Decision:
    """Make a handshake with a client's system, which from now on gets a webhook for each new message to a person.

    There is one. The webhook names the message, its kind and an opaque `recipient`; never what it says.
    """
    known = queries.registered()
    return actions.register_client(command, institution, known, partner(institution.id))


@command(
    room,
    "POST /v1/message-client/end",
    body=Empty,
    answer=ClientAnswer,
    allow=(EXCHANGE,),
    refuses=(NotFound, InvalidState),
    status=200,
)
def end_client(command: Command[Empty]) -> Decision:
    """From now on no system is notified of new messages."""
    known = queries.registered()
    return actions.end_client(command, known, queries.system(known))
