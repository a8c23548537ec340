"""/v1/reduction-batches"""

from chalice.app import Blueprint

from chalicelib.batches import actions, queries
from chalicelib.batches.model import BatchAnswer, BatchOpened, NewBatch
from chalicelib.edge.endpoints import command, query
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import BUREAU, SCENARIO_OPERATOR
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Params
from chalicelib.kernel.query import Query
from chalicelib.scenarios.queries import versions

room = Blueprint(__name__)


@command(room, "POST /v1/reduction-batches", body=NewBatch, answer=BatchOpened, allow=(SCENARIO_OPERATOR,))
def announce_batch(command: Command[NewBatch]) -> Decision:
    """Announce a file of reductions and get a form to send it with.

    The file holds JSON Lines in UTF-8, plain or packed with gzip: at most 100 000 lines of at most 4096 bytes, 32 MiB
    in all, unpacked too. A line is one `{record_id, account, quantity, occurred_at}`; `scenario` may stand in it where
    it is the batch's own. Blank lines, byte order marks and a DOS end-of-file mark do not count. `sha256` is that of
    the file as it is sent; S3 takes only these bytes. Each line becomes a reduction or is refused as if it were sent
    to POST /v1/reductions alone; work starts when the file has arrived. A former operator of a scenario may send trips
    of its own time for another year.
    """
    return actions.open_batch(command, versions(command.body.scenario), actions.form(command))


@query(room, "/v1/reduction-batches/{id}", answer=BatchAnswer, allow=(SCENARIO_OPERATOR, BUREAU), refuses=(NotFound,))
def one_batch(query: Query[Params], id: str) -> BatchAnswer:
    """How far a batch is, what it came to and, once done, a link (5 minutes) to the lines that were refused."""
    return queries.view(query.asker, id, query.now)
