"""Results of days, as they were kept."""

from chalicelib.errors import NotFound
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query
from chalicelib.reconciliation.model import Reconciliation, ReconciliationAnswer, ReconciliationParams, to_answer
from chalicelib.table import keys, lists, read


def reconciliation(day: str) -> Reconciliation | None:
    """What was found on a day, if it is known."""
    return read.get(keys.reconciliation(day), Reconciliation)


def known(day: str) -> Reconciliation:
    """The same. Raises NotFound."""
    found = reconciliation(day)
    if found is None:
        raise NotFound()
    return found


def reconciliations(query: Query[ReconciliationParams]) -> Page[ReconciliationAnswer]:
    """All of them, newest first."""
    limit = query.params.limit + 1
    places = read.first(read.places(lists.RECONCILIATIONS, after=query.position, chunk=limit), limit)
    position = {place.listing.rank.partition(":")[0]: place.position for place in places}
    kept = read.many([place.key for place in places], Reconciliation)
    answers = [to_answer(kept[place.key]) for place in places if place.key in kept]
    return query.page(answers, lambda each: dict(position[each.id]))
