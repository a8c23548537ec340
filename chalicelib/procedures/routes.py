"""/v1/procedures"""

from chalice.app import Blueprint

from chalicelib.edge.endpoints import command
from chalicelib.edge.identity.authorizer import account_of
from chalicelib.edge.queries import query
from chalicelib.errors import InvalidState, NotFound
from chalicelib.kernel.caller import EXCHANGE
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, Page, Params
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountClosed, AccountFrozen
from chalicelib.procedures import actions, queries
from chalicelib.procedures.items import OFFICIALS
from chalicelib.procedures.model import (
    NewProcedure,
    ProcedureAnswer,
    ProcedureParams,
    ProcedureStepAnswer,
    Rejection,
    to_answer,
)
from chalicelib.procedures.refusals import LoginTaken, SameOfficial

room = Blueprint(__name__)


@command(
    room,
    "POST /v1/procedures",
    body=NewProcedure,
    answer=ProcedureStepAnswer,
    allow=(EXCHANGE,),
    refuses=(InvalidState, AccountClosed, LoginTaken),
)
def propose_procedure(command: Command[NewProcedure]) -> Decision:
    """Propose what another official has to approve: a new login, a freed number, an inheritance, a new name.

    It is refused where it could not be approved as things are. The holder's export shows every step with its reason.
    """
    procedure = actions.drafted(command, account_of)
    return actions.propose(command, procedure, queries.parties(procedure))


@query(room, "/v1/procedures", answer=Page[ProcedureAnswer], allow=OFFICIALS, params=ProcedureParams)
def procedures(query: Query[ProcedureParams]) -> Page[ProcedureAnswer]:
    """Procedures, the latest first. A new one may be missing for a second."""
    return queries.procedures(query)


@query(room, "/v1/procedures/{id}", answer=ProcedureAnswer, allow=OFFICIALS, refuses=(NotFound,))
def one_procedure(query: Query[Params], id: str) -> ProcedureAnswer:
    """One procedure as it stands."""
    return to_answer(queries.procedure(id))


@command(
    room,
    "POST /v1/procedures/{id}/approve",
    body=Empty,
    answer=ProcedureStepAnswer,
    allow=OFFICIALS,
    refuses=(NotFound, InvalidState, SameOfficial, AccountClosed, AccountFrozen, LoginTaken),
    status=200,
)
def approve_procedure(command: Command[Empty], id: str) -> Decision:
    """Approve a procedure that another official proposed; its effect is carried out at once, or nothing is.

    Orders, holds, campaigns, applications and a merchant's duties stand in the way until they are settled.
    """
    procedure = queries.procedure(id)
    return actions.approve(command, procedure, queries.parties(procedure))


@command(
    room,
    "POST /v1/procedures/{id}/reject",
    body=Rejection,
    answer=ProcedureStepAnswer,
    allow=OFFICIALS,
    refuses=(NotFound, InvalidState),
    status=200,
)
def reject_procedure(command: Command[Rejection], id: str) -> Decision:
    """Reject a procedure. Who proposed it may do so, too."""
    return actions.reject(command, queries.procedure(id))
