"""Runs, their lanes and parts, lots, and who may be due."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from chalicelib.accounts.statements import queries as statements
from chalicelib.accounts.statements.entries import EntryAnswer
from chalicelib.buyback.items import Run, RunLane, RunPart, total
from chalicelib.buyback.model import LANES, TONNE, LotAnswer, LotParams, RetirementAnswer, RunAnswer, RunParams
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import INSTITUTION, Caller
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query
from chalicelib.kernel.record import Record
from chalicelib.ledger.account import Account
from chalicelib.table import keys, lists, read
from chalicelib.table.write import Attr


def run(id: str) -> Run:
    """A run as kept. Raises NotFound."""
    run = read.get(keys.run(id), Run)
    if run is None:
        raise NotFound()
    return run


def lanes(id: str) -> dict[keys.Key, RunLane]:
    """The lanes of a run, as of now."""
    return read.many([keys.run_lane(id, lane) for lane in range(LANES)], RunLane)


def view(id: str) -> RunAnswer:
    """A run as it stands. Raises NotFound."""
    return run(id).to_answer(total(lanes(id).values()))


def runs(query: Query[RunParams]) -> Page[RunAnswer]:
    """Runs, newest first."""
    limit = query.params.limit
    listed = read.first(read.places(lists.BUY_BACK_RUNS, after=query.position, chunk=limit + 1), limit + 1)
    places = {each.key.pk.removeprefix(keys.run("").pk): each for each in listed}
    return query.page([view(id) for id in places], lambda run: dict(places[run.id].position))


def unfinished() -> list[str]:
    """Runs that have not ended."""
    waiting = Attr("status").is_in(["planning", "running"])
    listed = read.places(lists.BUY_BACK_RUNS, where=waiting)
    return [each.key.pk.removeprefix(keys.run("").pk) for each in listed]


def part(run: str, number: int) -> RunPart | None:
    return read.get(keys.run_part(run, number), RunPart)


def open_parts(run: str) -> Iterator[int]:
    """The parts of a run that are not done."""
    parts = read.query(keys.run(run).pk, "part:", "part:~", RunPart)
    return (part.number for part in parts if part.status == "planned")


def all_merchants() -> Iterator[str]:
    """Every merchant there is."""
    return map(_merchant, read.places(lists.MERCHANTS, descending=False))


def due_merchants(now: datetime, days: int) -> Iterable[str]:
    """Merchants that sold something in the last days: a hint, kept by the stream's consumer."""
    days_back = (now - timedelta(days=back) for back in range(days + 1))
    return dict.fromkeys(_merchant(place) for day in days_back for place in read.places(lists.sold_on(day)))


def _merchant(place: lists.Place) -> str:
    return place.key.pk.removeprefix(keys.holder(""))


def merchant_with_a_tonne(id: str) -> Account | None:
    """The merchant's account as of now, if it holds a tonne and may move it."""
    account = read.get(keys.account(keys.holder(id)), Account)
    return account if account and account.points >= TONNE and account.status == "active" else None


def lots(query: Query[LotParams]) -> Page[LotAnswer]:
    """What the caller was paid, newest first: the lines of its statement that are buy-backs, a final one included."""
    page = statements.statement(query, kind="buy_back")
    return Page(items=[_lot(entry) for entry in page.items], next_cursor=page.next_cursor)


def _lot(entry: EntryAnswer) -> LotAnswer:
    paid = -entry.points
    return LotAnswer(id=entry.id, run=entry.reference, points=paid, tonnes=paid // TONNE, grams=paid, at=entry.at)


def _own(caller: Caller, record: Record) -> bool:
    """Whether it was the caller's institution, by whichever of its logins."""
    return caller.holds(INSTITUTION, record.postings[0].source.removeprefix(keys.holder("")))


def retirement(caller: Caller, id: str) -> RetirementAnswer:
    """The caller's own retirement. Raises NotFound."""
    record = read.get(keys.record(id), Record)
    if record is None or record.kind != "retirement" or not _own(caller, record):
        raise NotFound()
    return RetirementAnswer.model_validate_json(record.answer)
