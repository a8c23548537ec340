"""/v1/holds"""

from chalice.app import Blueprint

from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import AlreadyRefunded, InvalidState, LimitReached, NotFound, Refusal
from chalicelib.holds import actions, queries, refunds
from chalicelib.holds.model import Capture, HoldAnswer, HoldParams, HoldRefund, NewHold, to_answer
from chalicelib.holds.rules.proofs import UNPROVEN, proven
from chalicelib.holds.rules.refusals import GrantInactive, MerchantSuspended, OrderReferenceUsed
from chalicelib.kernel.caller import EXCHANGE, INDIVIDUAL, INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, Page, Params
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountFrozen, InsufficientPoints
from chalicelib.ledger.refunds import PayeeClosed

room = Blueprint(__name__)
READERS = (INDIVIDUAL, INSTITUTION, EXCHANGE)


@command(
    room,
    "POST /v1/holds",
    body=NewHold,
    answer=HoldAnswer,
    allow=(INSTITUTION,),
    refuses=(
        InsufficientPoints,
        GrantInactive,
        LimitReached,
        AccountFrozen,
        MerchantSuspended,
        OrderReferenceUsed,
        *UNPROVEN,
    ),
)
def hold_points(command: Command[NewHold]) -> Decision:
    """Reserve points of a person for an order in the merchant's own mall, under her grant.

    ``order_reference`` names one hold for ever: an order is never held twice, whatever the key.
    """
    grant, seller, system = queries.parties(command.caller, command.body.grant)
    proof = proven(command, system)
    try:
        return actions.place(command, grant, seller, queries.above(seller)).proven_by(proof)
    except Refusal:
        if earlier := queries.find(actions.hold_id(command)):  # refused before the transaction looks
            raise OrderReferenceUsed(hold=earlier.id) from None
        raise


@query(room, "/v1/holds", answer=Page[HoldAnswer], allow=READERS, params=HoldParams, refuses=(NotFound,))
def holds(query: Query[HoldParams]) -> Page[HoldAnswer]:
    """The caller's holds, newest first; a merchant's may lag by seconds."""
    return queries.holds(query)


@query(room, "/v1/holds/{id}", answer=HoldAnswer, allow=READERS, refuses=(NotFound,))
def one_hold(query: Query[Params], id: str) -> HoldAnswer:
    """One hold."""
    return to_answer(queries.own(query.asker, id))


@command(
    room,
    "POST /v1/holds/{id}/capture",
    body=Capture,
    answer=HoldAnswer,
    allow=(INSTITUTION,),
    refuses=(NotFound, InvalidState, AccountFrozen, *UNPROVEN),
    status=200,
)
def capture_hold(command: Command[Capture], id: str) -> Decision:
    """Take what is held, or a part of it, once; the rest goes back to the person."""
    hold, system = queries.with_system(command.caller, id)
    proof = proven(command, system)
    return actions.capture(command, hold).proven_by(proof)


@command(
    room,
    "POST /v1/holds/{id}/release",
    body=Empty,
    answer=HoldAnswer,
    allow=(INSTITUTION, INDIVIDUAL),
    refuses=(NotFound, InvalidState, *UNPROVEN),
    status=200,
)
def release_hold(command: Command[Empty], id: str) -> Decision:
    """Give the points back. A hold expires by itself; where that fails for 24 hours, the person can release it."""
    hold, system = queries.with_system(command.caller, id)
    proof = proven(command, system)
    return actions.release(command, hold).proven_by(proof)


@command(
    room,
    "POST /v1/holds/{id}/refund",
    body=HoldRefund,
    answer=HoldAnswer,
    allow=(INSTITUTION, EXCHANGE),
    refuses=(NotFound, InvalidState, AlreadyRefunded, InsufficientPoints, PayeeClosed, AccountFrozen, *UNPROVEN),
    status=200,
)
def refund_hold(command: Command[HoldRefund], id: str) -> Decision:
    """Give captured points back to the person, in one or several parts."""
    hold, system = queries.with_system(command.caller, id)
    proof = proven(command, system)
    return refunds.refund(command, hold, *queries.paying_back(hold)).proven_by(proof)
