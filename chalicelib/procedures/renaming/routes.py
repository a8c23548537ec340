"""/v1/institutions/me/renamings"""

from chalice.app import Blueprint

from chalicelib.accounts import queries as accounts
from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import InvalidState
from chalicelib.kernel.caller import INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountClosed, AccountFrozen, AccountNotOpen
from chalicelib.procedures.renaming import actions, queries
from chalicelib.procedures.renaming.model import NewName, RenamingAnswer, RenamingParams

room = Blueprint(__name__)


@command(
    room,
    "POST /v1/institutions/me/renamings",
    body=NewName,
    answer=RenamingAnswer,
    allow=(INSTITUTION,),
    refuses=(AccountNotOpen, AccountFrozen, AccountClosed, InvalidState),
)
def request_renaming(command: Command[NewName]) -> Decision:
    """Ask for a new name of the institution. The exchange confirms or rejects it with a reason, and a message says so.

    Everybody sees the present name until then. Certificates that were issued keep the name that they had.
    """
    return actions.request(command, accounts.own(command.caller))


@query(
    room,
    "/v1/institutions/me/renamings",
    answer=Page[RenamingAnswer],
    allow=(INSTITUTION,),
    params=RenamingParams,
    refuses=(AccountNotOpen,),
)
def own_renamings(query: Query[RenamingParams]) -> Page[RenamingAnswer]:
    """The new names that were asked for, the newest first, and what became of them."""
    accounts.readable(query.asker)
    return queries.renamings(query)
