"""/v1/reduction-batches"""

from chalice.app import Blueprint

from chalicelib.batches import actions, queries
from chalicelib.batches.model import (
    BatchAnswer,
    BatchOpened,
    BatchParams,
    BatchReason,
    NewBatch,
    Sample,
    SampleParams,
)
from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import InvalidState, NotFound
from chalicelib.kernel.caller import BUREAU, SCENARIO_OPERATOR
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Page, Params
from chalicelib.kernel.query import Query
from chalicelib.scenarios.queries import versions

room = Blueprint(__name__)


@command(room, "POST /v1/reduction-batches", body=NewBatch, answer=BatchOpened, allow=(SCENARIO_OPERATOR,))
def announce_batch(command: Command[NewBatch]) -> Decision:
    """Announce a file of reductions and get a form to send it with.

    The file holds JSON Lines in UTF-8, plain or packed with gzip: lines of at most 4096 bytes, 5 GB in all, unpacked
    too. A line is one `{record_id, account, quantity, occurred_at}`; `scenario` may stand in it where
    it is the batch's own. Blank lines, byte order marks and a DOS end-of-file mark do not count. `sha256` is that of
    the file as it is sent; S3 takes only these bytes. Where the line is bad, send the file in parts instead of by the
    form. Each line becomes a reduction or is refused as if it were sent
    to POST /v1/reductions alone; work starts when the file has arrived. A former operator of a scenario may send trips
    of its own time for another year.
    """
    return actions.open_batch(command, versions(command.body.scenario), actions.form(command))


@query(room, "/v1/reduction-batches/{id}", answer=BatchAnswer, allow=(SCENARIO_OPERATOR, BUREAU), refuses=(NotFound,))
def one_batch(query: Query[Params], id: str) -> BatchAnswer:
    """How far a batch is, what it came to and, once done, a link (5 minutes) to the lines that were refused."""
    return queries.view(query.asker, id, query.now)


@query(
    room,
    "/v1/reduction-batches",
    answer=Page[BatchAnswer],
    allow=(SCENARIO_OPERATOR, BUREAU),
    params=BatchParams,
)
def batches(query: Query[BatchParams]) -> Page[BatchAnswer]:
    """An operator's batches, or all of them for the bureau, newest first."""
    return queries.listed(query)


@query(
    room,
    "/v1/reduction-batches/{id}/sample",
    answer=Sample,
    allow=(SCENARIO_OPERATOR, BUREAU),
    params=SampleParams,
    refuses=(NotFound,),
)
def sampled_lines(query: Query[SampleParams], id: str) -> Sample:
    """Lines of a batch drawn at random, with what became of each: to look at before its lines are confirmed.

    Other lines are drawn each time. Blank and unreadable lines are never among them.
    """
    return queries.sample(query.asker, id, query.params.size)


@command(
    room,
    "POST /v1/reduction-batches/{id}/confirm",
    body=BatchReason,
    answer=BatchAnswer,
    allow=(BUREAU,),
    refuses=(NotFound, InvalidState),
    status=202,
)
def confirm_batch(command: Command[BatchReason], id: str) -> Decision:
    """Confirm every line of a batch that waits for it.

    The work begins within seconds; `GET /v1/reduction-batches/{id}` shows how far it is. Lines that were confirmed or
    rejected by themselves stay as they are; lines of a frozen account are left, and a later order reaches them.
    """
    return _judge(command, id, "confirm")


@command(
    room,
    "POST /v1/reduction-batches/{id}/reject",
    body=BatchReason,
    answer=BatchAnswer,
    allow=(BUREAU,),
    refuses=(NotFound, InvalidState),
    status=202,
)
def reject_batch(command: Command[BatchReason], id: str) -> Decision:
    """Reject every line of a batch that waits for confirmation, for good. The same holds as for `confirm`."""
    return _judge(command, id, "reject")


@command(
    room,
    "POST /v1/reduction-batches/{id}/reverse",
    body=BatchReason,
    answer=BatchAnswer,
    allow=(BUREAU,),
    refuses=(NotFound, InvalidState),
    status=202,
)
def reverse_batch(command: Command[BatchReason], id: str) -> Decision:
    """Take back every confirmed line of a batch, each as `POST /v1/reductions/{id}/reverse` does.

    The evidence of each is the file of the batch itself.
    """
    return _judge(command, id, "reverse")


def _judge(command: Command[BatchReason], id: str, action: str) -> Decision:
    return actions.judge(command, queries.batch(command.caller, id), queries.progress(id), action)
