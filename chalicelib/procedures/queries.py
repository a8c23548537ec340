"""Procedures, and the accounts that they are about."""

from chalicelib.accounts import queries as accounts
from chalicelib.accounts.model import Claim
from chalicelib.errors import NotFound
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query
from chalicelib.ledger.account import Account
from chalicelib.procedures.effects import Parties
from chalicelib.procedures.items import Procedure
from chalicelib.procedures.model import ProcedureAnswer, ProcedureParams, to_answer
from chalicelib.table import keys, lists, read
from chalicelib.table.lists import Budget
from chalicelib.table.write import Attr


def procedure(id: str) -> Procedure:
    """A procedure as it stands. Raises NotFound."""
    found = read.get(keys.procedure(id), Procedure)
    if found is None:
        raise NotFound()
    return found


def parties(procedure: Procedure) -> Parties | None:
    """Whom it is about, as of now; None where there is no such account."""
    places = [keys.account(keys.holder(id)) for id in (procedure.account, procedure.other) if id]
    found = read.many(places, Account)
    if (account := found.get(places[0])) is None:
        return None
    claim = read.get(keys.identity(account.identity), Claim) if account.identity else None
    other = found.get(places[1]) if procedure.other else None
    return Parties(account, other, claim, promised=accounts.promises(account))


def procedures(query: Query[ProcedureParams]) -> Page[ProcedureAnswer]:
    """Procedures, the latest first."""
    status, limit = query.params.status, query.params.limit
    where = Attr("status").eq(status) if status else None
    budget = Budget()
    walk = read.places(lists.PROCEDURES, after=query.position, where=where, budget=budget)
    places = read.first(walk, limit + 1)
    by_key = {place.key: place for place in places}
    found = read.many(list(by_key), Procedure)
    answers = [to_answer(found[key]) for key in by_key]
    position = {key.pk: dict(place.position) for key, place in by_key.items()}
    return query.page(answers, lambda each: position[keys.procedure(each.id).pk], stopped=budget.stopped)
