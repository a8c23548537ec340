"""What waits that concerns a party: a scenario operator, or an institution. What is read is its own alone, but for days
that differ, of which there are few.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from chalicelib.batches.items import Batch, BatchPointer
from chalicelib.departures.items import Departure
from chalicelib.kernel.caller import SCENARIO_OPERATOR, Caller
from chalicelib.kernel.fields import stamp
from chalicelib.merchants.model import SUBJECTS
from chalicelib.merchants.validity import Validity
from chalicelib.onboarding.items import Application, Applied
from chalicelib.partners import queries as partners
from chalicelib.settings import settings
from chalicelib.supervision.duties.items import Duties
from chalicelib.supervision.duties.model import DELISTS
from chalicelib.supervision.model import Actor
from chalicelib.supervision.worklist import (
    APPLICATIONS,
    DISPUTES,
    EACH_MAX,
    Waits,
    as_waiting,
    differing,
    ending,
    listed,
    unanswered,
)
from chalicelib.table import keys, lists, read
from chalicelib.table.lists import Budget
from chalicelib.table.write import Attr

FILE_DAYS = 7  # a file that was refused, or never came: one that is sent in its place has another id
_FILES = ("awaiting_upload", "refused")


def sources(caller: Caller, until: str, now: datetime) -> Iterator[Iterable[Waits]]:
    """Each list of the caller's own, up to what began to wait at ``until``."""
    if caller.role == SCENARIO_OPERATOR:
        yield _disputes("bureau", keys.operator_disputes(caller.sub), until, now)
        yield _days(keys.operator_id(caller.sub), until, now)
        yield (each for each in _files(caller.sub, now) if each.since <= until)
        return
    merchant = caller.account
    yield _disputes("exchange", keys.merchant_disputes(merchant), until, now)
    late = as_waiting("order", "late", "institution")
    yield listed(lists.ORDERS_DUE, until, late, where=Attr("merchant").eq(merchant), budget=Budget())
    for some in (_applications(merchant), _as_merchant(merchant, now)):
        yield (each for each in some if each.since <= until)


def _disputes(judge: Actor, side: keys.Key, until: str, now: datetime) -> Iterator[Waits]:
    """Those that the party has to answer, then those that are ruled."""
    for status in ("awaiting_answer", "awaiting_ruling"):
        ruled = as_waiting("dispute", status, judge)
        waits = unanswered(judge, DISPUTES[judge], now) if status == "awaiting_answer" else ruled
        yield from listed(lists.disputes_of(side, status), until, waits)


def _days(operator: str, until: str, now: datetime) -> Iterator[Waits]:
    found = listed(lists.TOTALS_DIFFERING, until, differing(now), budget=Budget())
    return (each for each in found if each.id.endswith(f".{operator}"))


def _files(operator: str, now: datetime) -> Iterator[Waits]:
    """The operator announces another file, or sends the one that was announced."""
    low = keys.sent(operator, stamp(now - timedelta(days=FILE_DAYS)))
    pointers = read.query(low.pk, low.sk, "~", BatchPointer, descending=True, chunk=EACH_MAX)
    some = read.first(pointers, EACH_MAX)
    for batch in read.many([keys.batch(each.batch) for each in some], Batch).values():
        if batch.status in _FILES:
            yield Waits("batch", batch.id, batch.status, "scenario_operator", batch.finished_at or batch.created_at)


def _applications(applicant: str) -> Iterator[Waits]:
    """The newest: one at a time is open."""
    first, last = keys.applied(applicant, "", "").sk[:-1], keys.applied(applicant, "~", "").sk
    pointers = read.query(keys.holder(applicant), first, last, Applied, descending=True, chunk=EACH_MAX)
    named = [keys.application(each.application) for each in read.first(pointers, EACH_MAX)]
    for each in read.many(named, Application).values():
        if actor := APPLICATIONS.get(each.status):
            yield Waits("application", each.id, each.status, actor, each.since)


def _as_merchant(merchant: str, now: datetime) -> Iterator[Waits]:
    """What a merchant keeps, or does not: its system, its duties, its documents, and how it leaves."""
    if since := partners.failed_since(merchant):
        yield Waits("webhook", merchant, "failed", "institution", since)
    duties, departure = read.get(keys.duties(merchant), Duties), read.get(keys.departure(merchant), Departure)
    if duties and duties.delisted_at:
        waits = Waits("duty", merchant, "delisted", "institution", duties.delisted_at)
        yield waits.passed_on("exchange", settings().delist_days, now)
    elif duties and (unmet := [since for code, since in duties.since.items() if code in DELISTS]):
        yield Waits("duty", merchant, "unmet", "institution", min(unmet))
    if departure and departure.status == "leaving":
        yield Waits("departure", merchant, "leaving", "institution", departure.since)
    found = read.many([keys.validity(merchant, subject) for subject in SUBJECTS], Validity).values()
    for each in found:
        if each.ends_at and (waits := ending(each.subject, merchant, each.ends_at, now)).since <= stamp(now):
            yield waits
