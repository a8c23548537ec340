"""Both sides of operators' days."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from heapq import merge
from itertools import groupby
from typing import NamedTuple

from chalicelib import shanghai
from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.kernel.caller import BUREAU, EXCHANGE, Caller
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query
from chalicelib.scenarios import queries as scenarios
from chalicelib.scenarios.items import Scenario
from chalicelib.table import keys, read
from chalicelib.table.row import Row
from chalicelib.totals import model
from chalicelib.totals.items import Compared, DaySums, OperatorTotals, Ours, Uploaded, together
from chalicelib.totals.model import FullTotalsAnswer, TotalsAnswer, TotalsParams

DAYS, DAYS_MAX = 31, 366
LOOKED_AT_MAX = 110  # days of operators a page, of about 9 items each; a search that found too few continues behind
VERSIONS_MAX = 100  # of one day in an answer

Asked = Query[TotalsParams]


class Place(NamedTuple):
    """What an id names."""

    scenario: str
    day: str
    operator: str


def place(id: str) -> Place:
    """Raises NotFound for what is no id."""
    parts = id.split(".")
    if len(parts) != len(Place._fields) or not shanghai.is_month(parts[1][:7]):
        raise NotFound()
    return Place(*parts)


def of_operator(caller: Caller, scenario: str, day: str) -> Compared:
    """Both sides of the caller's own day."""
    versions = scenarios.versions(scenario)
    found = (each for each in _compared(scenario, day, _rows(scenario, day, day), versions) if caller.operates(each))
    return next(found, Compared(keys.scenario_code(scenario), day, caller.sub, Ours(), None))


def uploaded_among(places: Iterable[Place]) -> list[tuple[str, str]]:
    """Scenarios and days of those places for which totals were uploaded, each once."""
    items = {keys.operator_totals(*each): each[:2] for each in places}
    found = read.many(list(items)) if items else {}
    return list(dict.fromkeys(items[key] for key in found))


def uploaded(scenario: str, day: str) -> list[Compared]:
    """Both sides of a day for the operators that uploaded totals."""
    days = _compared(scenario, day, _rows(scenario, day, day), scenarios.versions(scenario))
    return [each for each in days if each.theirs]


def one(caller: Caller, id: str, before: int | None = None) -> FullTotalsAnswer:
    """A day with its latest versions (those ``before`` one), for its operator and for officials. Raises NotFound."""
    scenario, day, operator = place(id)
    versions = scenarios.versions(scenario)
    days = _compared(scenario, day, _rows(scenario, day, day), versions)
    found = next((each for each in days if each.id == id and _sees(caller, each)), None)
    if found is None:
        raise NotFound()
    bounds = (0, min(before or 10**6, 10**6) - 1)
    first, last = (keys.totals_version(scenario, day, operator, number) for number in bounds)
    history = read.query(first.pk, first.sk, last.sk, Uploaded, descending=True)
    versions_answered = [model.theirs(each) for each in read.first(history, VERSIONS_MAX)]
    return FullTotalsAnswer(**dict(model.to_answer(found)), versions=versions_answered)


def listed(query: Asked) -> Page[TotalsAnswer]:
    """The latest day first; at most LOOKED_AT_MAX are looked at. Raises InvalidRequest."""
    since, until = _period(query)
    if query.position:
        until = min(until, query.position["behind"][0])
    limit, found, stopped = query.params.limit, list[Compared](), None
    for number, each in enumerate(_merged(query, since, until), start=1):
        if _sees(query.asker, each) and (query.params.differing is None or each.status == "differs"):
            found.append(each)
        if len(found) > limit or number >= LOOKED_AT_MAX:
            stopped = _position(each) if len(found) <= limit else None
            break
    positions = {each.id: _position(each) for each in found}
    return query.page([model.to_answer(each) for each in found], lambda each: positions[each.id], stopped=stopped)


def _period(query: Asked) -> tuple[str, str]:
    """The first and the last day. Raises InvalidRequest."""
    params = query.params
    over = f"{shanghai.clock(query.now) - timedelta(days=1):%Y-%m-%d}"
    until = min(params.until or over, over)
    last = date.fromisoformat(until)
    since = params.from_ or date.fromordinal(max(1, last.toordinal() - DAYS + 1)).isoformat()
    if since > until:
        raise InvalidRequest.at("/until", "Must not be earlier than from", "不能早于 from")
    if last - date.fromisoformat(since) >= timedelta(days=DAYS_MAX):
        raise InvalidRequest.at("/from", f"At most {DAYS_MAX} days at once", f"每次最多 {DAYS_MAX} 天")
    return since, until


def _merged(query: Asked, since: str, until: str) -> Iterator[Compared]:
    """The days of all scenarios of which the caller sees some, behind the page before."""
    asked = query.params.scenario
    known = [scenarios.versions(asked)] if asked else scenarios.everything()
    officially, behind = query.asker.reads_as(BUREAU, EXCHANGE), query.position
    walks = [
        _days(keys.scenario_code(versions[0].code), since, until, versions)
        for versions in known
        if versions and (officially or any(map(query.asker.operates, versions)))
    ]
    for each in merge(*walks, key=_order, reverse=True):
        if behind is None or list(_order(each)) < behind["behind"]:
            yield each


def _order(each: Compared) -> Place:
    return Place(each.day, each.scenario, keys.operator_id(each.operator))


def _position(each: Compared) -> dict[str, list[str]]:
    return {"behind": list(_order(each))}


def _sees(caller: Caller, each: Compared) -> bool:
    return caller.reads_as(BUREAU, EXCHANGE) or caller.operates(each)


def _days(scenario: str, since: str, until: str, versions: Sequence[Scenario]) -> Iterator[Compared]:
    """A scenario's days, the latest first."""
    for day, rows in groupby(_rows(scenario, since, until), key=lambda row: row.key.sk.partition(":")[0]):
        yield from reversed(_compared(scenario, day, rows, versions))


def _rows(scenario: str, since: str, until: str) -> Iterator[Row]:
    """What is kept of the days, the latest first, month by month."""
    for number in range(shanghai.number(until[:7]), shanghai.number(since[:7]) - 1, -1):
        month = keys.totals_in(scenario, shanghai.named(number))
        yield from read.partition(month, since, f"{until}:~", descending=True)


def _compared(scenario: str, day: str, rows: Iterable[Row], versions: Sequence[Scenario]) -> list[Compared]:
    """Both sides of a day for each operator of it, by its id."""
    sums: dict[str, list[DaySums]] = {}
    theirs: dict[str, OperatorTotals] = {}
    operators = {each.version: each.operator for each in versions}
    for row in rows:
        if keys.is_uploaded(row.key.sk):
            kept = row.load(OperatorTotals)
            theirs[kept.operator] = kept
        else:
            lane = row.load(DaySums)
            sums.setdefault(operators[lane.version], []).append(lane)
    code = keys.scenario_code(scenario)
    found = [
        Compared(code, day, each, together(sums.get(each, ())), theirs.get(each))
        for each in sums.keys() | theirs.keys()
    ]
    return sorted(found, key=_order)
