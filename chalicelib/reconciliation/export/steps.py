"""The steps. Each reads what stands and puts what it came to, and keeps nothing else.

*count*: a file of the export goes out as lines of accounts and the rest of its books. *weigh*: the rest of all files
together, less what the stream had not brought at that instant. *judge*: a part of the accounts. *conclude*: all of it.
*trace*: the Records behind what differs, in one file. In a run over changes, *weigh* and *judge* begin with what the
run before it kept; each run keeps its own for the next.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from chalicelib.files import store
from chalicelib.kernel.fields import stamp
from chalicelib.reconciliation import flags
from chalicelib.reconciliation.export import objects
from chalicelib.reconciliation.export.plans import Plan
from chalicelib.reconciliation.model import Reconciliation
from chalicelib.reconciliation.tracing import Conclusion, Tracing, result
from chalicelib.supervision.audit.books import Books
from chalicelib.supervision.audit.spread import changed, exported, judged_lines, spreading
from chalicelib.supervision.audit.stored import Raw
from chalicelib.supervision.audit.verdict import Moment, Part, concluded
from chalicelib.table import keys, read

LATE = timedelta(hours=1)  # a Record that no account waits for and that is older must have been projected


def count(run: str, plan: Plan, number: int) -> dict[str, Any]:
    """The rest of the books of a file: what came, and what is gone. Its lines are put before."""
    with TemporaryDirectory() as scratch:
        with spreading(Path(scratch), plan.parts) as spread:
            for old, new in _changes(plan, number):
                spread.change(old, new)
        for part in range(plan.parts):
            if lines := (Path(scratch) / str(part)).read_bytes():
                objects.put_packed(objects.lines_key(run, part, number), lines)
    return {"came": spread.books.rest(), "gone": spread.gone.rest()}


def weigh(run: str, plan: Plan) -> None:
    """What the stream had not brought is expected of nothing that it makes, and its accounts' statements wait."""
    books = Books()
    if plan.base:
        books.absorb(objects.get(objects.rest_key(plan.base)))
    for number in range(len(plan.files)):
        counted = objects.get(objects.done_key(run, "count", number))
        books.lose(counted["gone"])
        books.absorb(counted["came"])
    objects.put(objects.rest_key(run), books.rest())
    since = stamp(datetime.fromisoformat(plan.at) - LATE)
    late = sorted(books.waiting.keys() | {id for id, at in books.quiet.items() if at >= since})
    unfiled = books.undelivered([*read.stored([keys.record(id) for id in late])])
    objects.put(objects.sums_key(run), {"books": books.rest(), "unfiled": sorted(unfiled)})


def judge(run: str, plan: Plan, number: int) -> dict[str, Any]:
    """A part of the accounts, all of which are kept for the next day."""
    _, moment = _sums(run)
    before = objects.accounts(plan.base, number) if plan.base else ()
    lines = chain(before, objects.lines(run, number))
    return judged_lines(lines, moment, partial(objects.put_accounts, run, number)).rows()


def conclude(run: str, plan: Plan) -> Conclusion:
    """All parts together. Flags are read from the table, which moves, so what was found first stays."""
    if objects.there(objects.concluded_key(run)):
        return Conclusion.of(objects.get(objects.concluded_key(run)))
    return Conclusion.of(objects.put_first(objects.concluded_key(run), _concluded(run, plan).rows()))


def _concluded(run: str, plan: Plan) -> Conclusion:
    books, moment = _sums(run)
    whole = Part()
    for number in range(plan.parts):
        whole.absorb(objects.get(objects.done_key(run, "judge", number)))
    verdict = concluded(books, whole, moment)
    verdict.findings.add(flags.differences(verdict, moment.unfiled or ()))
    return Conclusion.from_verdict(verdict)


def trace(run: str, plan: Plan, number: int) -> dict[str, Any]:
    """The Records in a file behind what differs."""
    tracing = Tracing({each.account for each in conclude(run, plan).named})
    for _, item in _changes(plan, number):
        if item and item["sk"]["S"] == "record":
            tracing.add(item)
    return tracing.behind


def made(run: str, plan: Plan) -> Reconciliation:
    """The result, with what was traced."""
    tracing = Tracing(())
    for key in objects.finished(run, "trace"):
        tracing.join(objects.get(key))
    aside = len(_sums(run)[1].unfiled or ())
    day, concluded = objects.day_of(run), conclude(run, plan)
    return result(day, concluded, began_at=plan.at, aside=aside, judged=True, behind=tracing.behind)


def _changes(plan: Plan, number: int) -> Iterator[tuple[Raw | None, Raw | None]]:
    """What a file brings. In an export of the table there is all that is, and nothing that was."""
    for file in plan.files[number : number + 1]:  # an empty table may have none
        with store.stream(file) as packed:
            yield from changed(packed) if plan.base else ((None, item) for item in exported(packed))


def _sums(run: str) -> tuple[Books, Moment]:
    kept = objects.get(objects.sums_key(run))
    books = Books()
    books.absorb(kept["books"])
    return books, Moment(unfiled=frozenset(kept["unfiled"]))
