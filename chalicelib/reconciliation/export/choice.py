"""Whether a day's books continue those of the day before, or begin with the whole table (docs/adr/0060)."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from functools import cache
from hashlib import blake2b
from pathlib import Path

from chalicelib.kernel.fields import stamp
from chalicelib.reconciliation.export import objects
from chalicelib.reconciliation.export.plans import Base, Plan
from chalicelib.shanghai import SHANGHAI
from chalicelib.supervision import audit
from chalicelib.supervision.audit.spread import parts_for

FOUNDED_DAYS = 7  # what was carried wrongly, and agrees by chance, lasts no longer; a full export costs a seventh
CHANGES_AT = time(2, 50)  # in Shanghai; each day the same, so that two are 24 hours apart however late it is
SETTLED = timedelta(minutes=10)  # DynamoDB's backup may be minutes behind the table
_SHORTEST, _LONGEST = timedelta(minutes=15), timedelta(hours=24)  # what DynamoDB exports of changes
_GROWN = 2  # times as many parts as there are, would be right


def base(day: str, now: datetime) -> Base | None:
    """What the day continues, None where it begins with the whole table. Decided once."""
    key = objects.base_key(day)
    if not objects.there(key):
        found = _base(day, now)
        objects.put_first(key, found and asdict(found))
    kept = objects.get(key)
    return Base(**kept) if kept else None


def _base(day: str, now: datetime) -> Base | None:
    before = str(date.fromisoformat(day) - timedelta(days=1))
    until = min(datetime.combine(date.fromisoformat(day), CHANGES_AT, SHANGHAI), now - SETTLED).replace(microsecond=0)
    for run in _concluded(before):
        plan = objects.plan_of(run)
        if _continues(run, plan) and _SHORTEST <= until - datetime.fromisoformat(plan.at) <= _LONGEST:
            age = date.fromisoformat(day) - date.fromisoformat(plan.founded)
            if age < timedelta(days=FOUNDED_DAYS):
                return Base(run, plan.at, stamp(until), plan.items, plan.parts, plan.founded)
    return None


def _concluded(day: str) -> Iterator[str]:
    """The last run of a day, if it came to its end and found that all agrees."""
    runs = [run for run in (objects.full(day), objects.changes(day)) if objects.there(objects.concluded_key(run))]
    for run in runs[:1]:
        _, differences = objects.get(objects.concluded_key(run))["findings"]
        if not differences:
            yield run


def _continues(run: str, plan: Plan) -> bool:
    """Whether its books are all there, of this engine, and in parts that are not too large."""
    return (
        plan.engine == engine()
        and parts_for(plan.items) <= _GROWN * plan.parts
        and len(objects.finished(run, "accounts")) == plan.parts
        and objects.there(objects.rest_key(run))
    )


@cache
def engine() -> str:
    """What tells the engine of the books from others: what one has counted another cannot take away."""
    files = sorted(Path(audit.__file__).parent.glob("*.py*"))  # a package has bytecode alone
    return blake2b(b"".join(each.read_bytes() for each in files), digest_size=16).hexdigest()
