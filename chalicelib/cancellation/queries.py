"""A person's cancellations."""

from chalicelib.accounts import queries as accounts
from chalicelib.accounts.statements import queries as statements
from chalicelib.cancellation.model import CancellationAnswer, CancellationParams
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import Caller
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query, standing_as
from chalicelib.kernel.record import Record
from chalicelib.ledger.model import giver
from chalicelib.table import keys, read


def own(caller: Caller, id: str) -> CancellationAnswer:
    """One of the caller's cancellations. Raises NotFound."""
    record = read.get(keys.record(id), Record)
    if record is None or record.kind != "cancellation" or not accounts.is_of(caller, giver(record)):
        raise NotFound()
    return CancellationAnswer.model_validate_json(record.answer)


def mine(query: Query[CancellationParams]) -> Page[CancellationAnswer]:
    """The caller's cancellations, newest first: the lines of her statement that are cancellations."""
    page = statements.statement(query, kind="cancellation")
    records = read.many([keys.record(entry.id) for entry in page.items], Record)
    items = [CancellationAnswer.model_validate_json(records[keys.record(entry.id)].answer) for entry in page.items]
    return standing_as(page, Page(items=items, next_cursor=page.next_cursor))
