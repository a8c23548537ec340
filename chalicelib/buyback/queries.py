"""Runs, their lanes and parts, lots, and who may be due."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice

from chalicelib.accounts.statements import queries as statements
from chalicelib.accounts.statements.entries import EntryAnswer
from chalicelib.agenda.notes import noted
from chalicelib.buyback import model
from chalicelib.buyback.items import Ahead, Run, RunLane, RunPart, total
from chalicelib.buyback.model import (
    HINT_DAYS,
    LANES,
    SELLERS,
    TONNE,
    LotAnswer,
    LotParams,
    RetirementAnswer,
    RunAnswer,
    RunParams,
)
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import INSTITUTION, Caller
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query, standing_as
from chalicelib.kernel.record import Record
from chalicelib.ledger.account import Account
from chalicelib.ledger.model import giver
from chalicelib.table import keys, lists, read
from chalicelib.table.write import Attr


def run(id: str) -> Run:
    """A run as kept. Raises NotFound."""
    run = read.get(keys.run(id), Run)
    if run is None:
        raise NotFound()
    return run


def lanes(id: str, count: int = LANES) -> dict[keys.Key, RunLane]:
    """The lanes of a run, or the first of them, as of now."""
    return read.many([keys.run_lane(id, lane) for lane in range(count)], RunLane)


def view(id: str) -> RunAnswer:
    """A run as it stands. Raises NotFound."""
    found = run(id)
    return found.to_answer(found.sums if found.status == "finished" else total(lanes(id).values()))


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


def ahead(run: Run) -> Ahead:
    """The merchants behind a run's cursor, as many as one plan takes: all there are by their admission, or those that
    sold something in the days before the run.

    Neither order shifts: notes never move, and a merchant that is admitted again stands further behind.
    """
    most = model.PART_MERCHANTS * model.PARTS_AT_ONCE
    found = list(islice(_all_merchants(run) if run.full else _sellers(run), most))
    cursor = found[-1][1] if found else run.cursor
    return Ahead([merchant for merchant, _ in found], cursor, complete=len(found) < most)


def _all_merchants(run: Run) -> Iterator[tuple[str, Mapping[str, str]]]:
    places = read.places(lists.MERCHANTS, after=dict(run.cursor) or None, descending=False)
    return ((place.key.pk.removeprefix(keys.holder("")), place.position) for place in places)


def _sellers(run: Run) -> Iterator[tuple[str, Mapping[str, str]]]:
    until = datetime.fromisoformat(run.started_at)
    after = keys.Key(**run.cursor) if run.cursor else None
    return ((key.sk, key.item()) for key in noted(SELLERS, until - timedelta(days=HINT_DAYS), until, after))


def with_a_tonne(ids: Sequence[str]) -> list[Account]:
    """Those of the merchants that hold a tonne and may move it, as of now."""
    accounts = read.many([keys.account(keys.holder(id)) for id in ids], Account).values()
    return [account for account in accounts if _is_due(account)]


def merchant_with_a_tonne(id: str) -> Account | None:
    """The merchant's account as of now, if it holds a tonne and may move it."""
    account = read.get(keys.account(keys.holder(id)), Account)
    return account if account and _is_due(account) else None


def _is_due(account: Account) -> bool:
    return account.points >= TONNE and account.status == "active"


def lots(query: Query[LotParams]) -> Page[LotAnswer]:
    """What the caller was paid, newest first: the lines of its statement that are buy-backs, a final one included."""
    page = statements.statement(query, kind="buy_back")
    return standing_as(page, Page(items=[_lot(entry) for entry in page.items], next_cursor=page.next_cursor))


def _lot(entry: EntryAnswer) -> LotAnswer:
    paid = -entry.points
    return LotAnswer(id=entry.id, run=entry.reference, points=paid, tonnes=paid // TONNE, grams=paid, at=entry.at)


def _own(caller: Caller, record: Record) -> bool:
    """Whether it was the caller's institution, by whichever of its logins."""
    return caller.holds(INSTITUTION, giver(record))


def retirement(caller: Caller, id: str) -> RetirementAnswer:
    """The caller's own retirement. Raises NotFound."""
    record = read.get(keys.record(id), Record)
    if record is None or record.kind != "retirement" or not _own(caller, record):
        raise NotFound()
    return RetirementAnswer.model_validate_json(record.answer)
