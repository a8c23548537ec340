"""Runs, their lanes and parts, lots, and who may be due."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from chalicelib.accounts import queries as accounts
from chalicelib.accounts.model import EntryAnswer
from chalicelib.buyback.model import LANES, TONNE, Lot, LotParams, Retirement, Run, RunParams, shown, total
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import Caller
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query
from chalicelib.kernel.record import Record
from chalicelib.ledger.account import Account
from chalicelib.table import keys, lists, read
from chalicelib.table.write import Attr, Item


def run_item(id: str) -> Item:
    """A run's item. Raises NotFound."""
    found = read.get(keys.run(id))
    if found is None:
        raise NotFound()
    return found


def lanes(id: str) -> list[Item]:
    """The sums of a run, as of now."""
    found = read.many([keys.run_lane(id, lane) for lane in range(LANES)])
    return list(found.values())


def run(id: str) -> Run:
    """A run as it stands. Raises NotFound."""
    return shown(run_item(id), total(lanes(id)))


def runs(query: Query[RunParams]) -> Page[Run]:
    """Runs, newest first."""
    limit = query.params.limit
    found = read.first(read.listed(lists.BUY_BACK_RUNS, after=query.position, chunk=limit + 1), limit + 1)
    places = {each["pk"].removeprefix("run:"): each for each in found}
    return query.page(
        [run(id) for id in places],
        lambda each: {part: places[each.id][part] for part in ("pk", "sk", "list", "rank")},
    )


def unfinished() -> list[str]:
    """Runs that have not ended."""
    waiting = Attr("status").is_in(["planning", "running"])
    found = read.listed(lists.BUY_BACK_RUNS, where=waiting)
    return [each["pk"].removeprefix("run:") for each in found]


def part(run: str, number: int) -> Item | None:
    return read.get(keys.run_part(run, number))


def open_parts(run: str) -> Iterator[int]:
    """The parts of a run that are not done."""
    for item in read.query(keys.run(run).pk, "part:", "part:~"):
        if item["status"] == "planned":
            yield item["number"]


def all_merchants() -> Iterator[str]:
    """Every merchant there is."""
    return (each["pk"].removeprefix("account:") for each in read.listed(lists.MERCHANTS, descending=False))


def due_merchants(now: datetime, days: int) -> Iterable[str]:
    """Merchants that sold something in the last days: a hint, kept by the stream's consumer."""
    found: dict[str, None] = {}
    for back in range(days + 1):
        for each in read.listed(lists.sold_on(now - timedelta(days=back))):
            found[each["pk"].removeprefix("account:")] = None
    return found


def merchant_with_a_tonne(id: str) -> Account | None:
    """The merchant's account as of now, if it holds a tonne and may move it."""
    account = read.get(keys.account(keys.holder(id)), Account)
    return account if account and account.points >= TONNE and account.status == "active" else None


def lots(query: Query[LotParams]) -> Page[Lot]:
    """What the caller was paid, newest first: the lines of its statement that are buy-backs."""
    page = accounts.statement(query, kind="buy_back")
    found = [
        Lot(run=each.reference, points=-each.points, tonnes=each.grams // TONNE, **_same(each)) for each in page.items
    ]
    return Page(items=found, next_cursor=page.next_cursor)


def _same(entry: EntryAnswer) -> Item:
    return {name: getattr(entry, name) for name in ("id", "grams", "at")}


def retirement(caller: Caller, id: str) -> Retirement:
    """The caller's own retirement. Raises NotFound."""
    record = read.get(keys.record(id), Record)
    if record is None or record.kind != "retirement" or not caller.made(record):
        raise NotFound()
    return Retirement.model_validate_json(record.answer)
