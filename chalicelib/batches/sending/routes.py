"""/v1/reduction-batches/{id}/parts: a batch's file in parts."""

from chalice.app import Blueprint

from chalicelib.batches import queries
from chalicelib.batches.model import BatchAnswer
from chalicelib.batches.sending import actions, prepare
from chalicelib.batches.sending.actions import PartsMissing, Sending
from chalicelib.batches.sending.model import AllParts, ArrivedParts, NewParts, PartsOpened
from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import InvalidState, NotFound
from chalicelib.kernel.caller import SCENARIO_OPERATOR
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Params
from chalicelib.kernel.query import Query

room = Blueprint(__name__)


@command(
    room,
    "POST /v1/reduction-batches/{id}/parts",
    body=NewParts,
    answer=PartsOpened,
    allow=(SCENARIO_OPERATOR,),
    refuses=(NotFound, InvalidState),
    prepare=prepare.begin,
)
def open_parts(command: Command[NewParts], sending: Sending, id: str) -> Decision:
    """Get addresses to send parts of a batch's file to, in place of the form: a line that breaks costs one part.

    Send each part by PUT to its `url`, with its `headers`. S3 takes only the bytes that were named. Parts may be sent
    in any order, side by side, and again; each has 5 MiB or more, but for the last. An address ends after an hour: ask
    for it again, with a new Idempotency-Key. Parts that are not put together within a week are forgotten.
    """
    return actions.open_parts(command, queries.batch(command.caller, id), sending)


@query(
    room,
    "/v1/reduction-batches/{id}/parts",
    answer=ArrivedParts,
    allow=(SCENARIO_OPERATOR,),
    refuses=(NotFound,),
)
def arrived_parts(query: Query[Params], id: str) -> ArrivedParts:
    """The parts of a batch's file that have arrived: what a sender that was interrupted need not send again."""
    return prepare.arrived(query.asker, id)


@command(
    room,
    "POST /v1/reduction-batches/{id}/parts/complete",
    body=AllParts,
    answer=BatchAnswer,
    allow=(SCENARIO_OPERATOR,),
    refuses=(NotFound, InvalidState, PartsMissing),
    status=200,
    prepare=prepare.put_together,
)
def complete_parts(command: Command[AllParts], _: None, id: str) -> Decision:
    """Put the file together of its parts, in the order of their numbers. What follows is as with the form: the whole
    file's SHA-256 must be the announced one.

    Once the file was put together, this answers the batch as it stands.
    """
    return actions.complete(command, queries.batch(command.caller, id), queries.progress(id))
