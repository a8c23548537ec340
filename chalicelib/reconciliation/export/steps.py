"""The steps. Each reads what stands and puts what it came to, and keeps nothing else.

*count*: a file of the export goes out as lines of accounts and the rest of its books. *weigh*: the rest of all files
together, less what the stream had not brought at that instant. *judge*: a part of the accounts. *conclude*: all of it.
*trace*: the Records behind what differs, in one file.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from chalicelib.files import store
from chalicelib.kernel.fields import stamp
from chalicelib.reconciliation import flags
from chalicelib.reconciliation.export import objects
from chalicelib.reconciliation.export.objects import Plan
from chalicelib.reconciliation.model import Reconciliation
from chalicelib.reconciliation.tracing import Conclusion, Tracing, result
from chalicelib.supervision.audit.books import Books
from chalicelib.supervision.audit.spread import exported, judged_lines, spreading
from chalicelib.supervision.audit.stored import Raw
from chalicelib.supervision.audit.verdict import Moment, Part, concluded
from chalicelib.table import keys, read

LATE = timedelta(hours=1)  # a Record that no account waits for and that is older must have been projected


def count(day: str, plan: Plan, number: int) -> dict[str, Any]:
    """The rest of the books of a file; its lines are put before."""
    with TemporaryDirectory() as scratch:
        with spreading(Path(scratch), plan.parts) as spread:
            for item in _items(plan, number):
                spread.add(item)
        for part in range(plan.parts):
            if lines := (Path(scratch) / str(part)).read_bytes():
                objects.put_packed(objects.lines_key(day, part, number), lines)
    return spread.books.rest()


def weigh(day: str, plan: Plan) -> None:
    """What the stream had not brought is expected of nothing that it makes, and its accounts' statements wait."""
    books = Books()
    for number in range(len(plan.files)):
        books.absorb(objects.get(objects.done_key(day, "count", number)))
    since = stamp(datetime.fromisoformat(plan.at) - LATE)
    late = sorted(books.waiting | {id for id, at in books.quiet.items() if at >= since})
    unfiled = books.undelivered([*read.stored([keys.record(id) for id in late])])
    objects.put(objects.sums_key(day), {"books": books.rest(), "unfiled": sorted(unfiled)})


def judge(day: str, number: int) -> dict[str, Any]:
    """A part of the accounts."""
    _, moment = _sums(day)
    return judged_lines(objects.lines(day, number), moment).rows()


def conclude(day: str, plan: Plan) -> Conclusion:
    """All parts together. Flags are read from the table, which moves, so what was found first stays."""
    if objects.there(objects.concluded_key(day)):
        return Conclusion.of(objects.get(objects.concluded_key(day)))
    return Conclusion.of(objects.put_first(objects.concluded_key(day), _concluded(day, plan).rows()))


def _concluded(day: str, plan: Plan) -> Conclusion:
    books, moment = _sums(day)
    whole = Part()
    for number in range(plan.parts):
        whole.absorb(objects.get(objects.done_key(day, "judge", number)))
    verdict = concluded(books, whole, moment)
    verdict.findings.add(flags.differences(verdict, moment.unfiled or ()))
    return Conclusion.from_verdict(verdict)


def trace(day: str, plan: Plan, number: int) -> dict[str, Any]:
    """The Records in a file behind what differs."""
    tracing = Tracing({each.account for each in conclude(day, plan).named})
    for item in _items(plan, number):
        if item["sk"]["S"] == "record":
            tracing.add(item)
    return tracing.behind


def made(day: str, plan: Plan) -> Reconciliation:
    """The result, with what was traced."""
    tracing = Tracing(())
    for key in objects.finished(day, "trace"):
        tracing.join(objects.get(key))
    aside = len(_sums(day)[1].unfiled or ())
    return result(day, conclude(day, plan), began_at=plan.at, aside=aside, judged=True, behind=tracing.behind)


def _items(plan: Plan, number: int) -> Iterator[Raw]:
    for file in plan.files[number : number + 1]:  # an empty table may have none
        with store.stream(file) as packed:
            yield from exported(packed)


def _sums(day: str) -> tuple[Books, Moment]:
    kept = objects.get(objects.sums_key(day))
    books = Books()
    books.absorb(kept["books"])
    return books, Moment(unfiled=frozenset(kept["unfiled"]))
