"""/v1/institutions/me/logins"""

from chalice.app import Blueprint

from chalicelib.edge.endpoints import command
from chalicelib.edge.identity.authorizer import account_of
from chalicelib.edge.identity.logins import AuthorityTooLow, LoginTaken
from chalicelib.edge.queries import query
from chalicelib.errors import InvalidState, NotFound
from chalicelib.kernel.caller import INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountClosed, AccountFrozen, AccountNotOpen
from chalicelib.logins import actions, queries
from chalicelib.logins.model import (
    LastOwner,
    LoginAnswer,
    LoginParams,
    NewAuthority,
    NewLogin,
    Removal,
)

room = Blueprint(__name__)
CLOSED = (AccountNotOpen, AccountFrozen, AccountClosed)


@command(
    room,
    "POST /v1/institutions/me/logins",
    body=NewLogin,
    answer=LoginAnswer,
    allow=(INSTITUTION,),
    refuses=(*CLOSED, LoginTaken, AuthorityTooLow),
)
def add_login(command: Command[NewLogin]) -> Decision:
    """Let another login act for the institution: a person's, or a system's.

    `owner` may do everything; `operator` works with offers, orders and holds; `finance` retires grams; `read_only`
    changes nothing. All of them read what the institution may read. A login stands for one party only.
    """
    own = account_of(command.caller.sub)
    return actions.add(command, queries.institution(command.caller), account_of(command.body.sub), by=own)


@query(
    room,
    "/v1/institutions/me/logins",
    answer=Page[LoginAnswer],
    allow=(INSTITUTION,),
    params=LoginParams,
    refuses=(AccountNotOpen,),
)
def own_logins(query: Query[LoginParams]) -> Page[LoginAnswer]:
    """Every login that acts, or acted, for the institution."""
    return queries.logins(query)


@command(
    room,
    "PATCH /v1/institutions/me/logins/{id}",
    body=NewAuthority,
    answer=LoginAnswer,
    allow=(INSTITUTION,),
    refuses=(*CLOSED, NotFound, InvalidState, LastOwner, AuthorityTooLow),
    status=200,
)
def change_login(command: Command[NewAuthority], id: str) -> Decision:
    """Give a login another authority. It has effect within a minute. The last owner stays one."""
    account = queries.institution(command.caller)
    return actions.change(command, account, queries.login(account, id), by=account_of(command.caller.sub))


@command(
    room,
    "POST /v1/institutions/me/logins/{id}/remove",
    body=Removal,
    answer=LoginAnswer,
    allow=(INSTITUTION,),
    refuses=(*CLOSED, NotFound, InvalidState, LastOwner, AuthorityTooLow),
    status=200,
)
def remove_login(command: Command[Removal], id: str) -> Decision:
    """Remove a login. It has effect within a minute. The last owner cannot be removed."""
    account = queries.institution(command.caller)
    return actions.remove(command, account, queries.login(account, id), by=account_of(command.caller.sub))
