"""Runs as their merchant and the exchange see them."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice, takewhile

from chalicelib.conformance.checks import NAMES
from chalicelib.conformance.items import Head, Pointer, Run, Verdict
from chalicelib.conformance.model import RunAnswer, RunParams, RunSummary, summary, to_answer
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import EXCHANGE, INSTITUTION, Caller
from chalicelib.kernel.fields import Page, stamp
from chalicelib.kernel.query import Query
from chalicelib.merchants import queries as merchants
from chalicelib.table import keys, lists, read

DUE_MAX = 500  # in one firing of the schedule


def merchant(caller: Caller, id: str) -> str:
    """The merchant ``id``, for itself and the exchange. Raises NotFound."""
    return merchants.item(_own(caller, id)).id


def _own(caller: Caller, id: str) -> str:
    if not caller.holds(INSTITUTION, id) and not caller.reads_as(EXCHANGE):
        raise NotFound()
    return id


def head(merchant: str) -> Head | None:
    """The merchant's latest run."""
    return read.get(keys.conformance_head(merchant), Head)


def run(id: str) -> Run | None:
    """One run."""
    return read.get(keys.conformance(id), Run)


def verdicts(run: str) -> dict[str, Verdict]:
    """What the steps of a run came to, by step."""
    wanted = {keys.conformance_verdict(run, name): name for name in NAMES}
    return {wanted[key]: found for key, found in read.many(list(wanted), Verdict).items()}


def visible(query: Query[RunParams], merchant: str, id: str) -> RunAnswer:
    """One run of a merchant, for itself and the exchange. Raises NotFound."""
    found = run(id)
    if found is None or found.merchant != _own(query.asker, merchant):
        raise NotFound()
    return to_answer(found, verdicts(id), query.now)


def listed(query: Query[RunParams], id: str) -> Page[RunSummary]:
    """A merchant's runs, newest first. Raises NotFound."""
    owner, limit = merchants.institution(_own(query.asker, id)).id, query.params.limit
    low, high = keys.conformance_of(owner, ""), keys.conformance_of(owner, "~")
    before = query.position["sk"] if query.position else None
    found = read.query(low.pk, low.sk, high.sk, Pointer, before=before, descending=True, chunk=limit + 1)
    runs = read.many([keys.conformance(each.run) for each in read.first(found, limit + 1)], Run).values()
    newest = sorted(runs, key=lambda each: each.started_at, reverse=True)
    page = [summary(each, verdicts(each.id), query.now) for each in newest]
    return query.page(page, lambda each: {"sk": keys.conformance_of("", f"{each.started_at}:{each.id}").sk})


def due(now: datetime) -> Iterator[tuple[str, str]]:
    """Runs that are to continue, and holds of their sandbox that expire; a run stands alone before an empty text."""
    waiting = read.places(lists.CONFORMANCE, descending=False)
    in_time = takewhile(lambda place: place.listing.rank <= stamp(now) + ":~", waiting)
    for place in islice(in_time, DUE_MAX):
        _, run, hold = place.listing.rank.rsplit(":", 2)
        yield run, hold
