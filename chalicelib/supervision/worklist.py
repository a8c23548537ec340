"""What waits, since when, and for whom: the first of each list that the rooms keep. No list is walked to its end."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Any, NamedTuple

from chalicelib.buyback import queries as buyback
from chalicelib.disputes.items import ANSWER_DAYS
from chalicelib.kernel.fields import stamp
from chalicelib.merchants.model import SUBJECTS, Subject
from chalicelib.partners import queries as partners
from chalicelib.renewals.model import SOON
from chalicelib.settings import settings
from chalicelib.supervision.model import Actor, Kind, WorkAnswer, WorklistAnswer, WorkParams
from chalicelib.table import lists, read
from chalicelib.table.lists import Budget, Lanes, Place
from chalicelib.table.write import Attr

EACH_MAX = 50  # of one list
TOTALS_DAYS = 7  # an operator has so long to settle a difference
PARTNERS_MAX = 200  # merchants' systems that are looked at
_AT = len("2026-01-31T08:00:00.000Z")

# Who rules disputes, and who answers them before.
DISPUTES: dict[Actor, Actor] = {"exchange": "institution", "bureau": "scenario_operator"}

# Who has to act on an application, by its state.
APPLICATIONS: dict[str, Actor] = {
    "with_operator": "institution",
    "submitted": "exchange",
    "returned": "institution",
    "reviewed": "exchange",
    "opinion_filed": "bureau",
    "acknowledged": "institution",
    "agreement_signed": "institution",
}


class Waits(NamedTuple):
    """One thing that waits."""

    kind: Kind
    id: str
    state: str
    actor: Actor
    since: str

    def passed_on(self, actor: Actor, days: float, now: datetime) -> "Waits":
        """The same, for somebody else to act once it has waited so long."""
        return self._replace(actor=actor) if self.since <= stamp(now - timedelta(days=days)) else self

    def to_answer(self, now: datetime) -> WorkAnswer:
        age = max(0, int((now - datetime.fromisoformat(self.since)).total_seconds()))
        return WorkAnswer(**self._asdict(), age_seconds=age, path=PATHS[self.kind].format(id=self.id))


PATHS: dict[Kind, str] = {
    "application": "/v1/applications/{id}",
    "reduction": "/v1/reductions/{id}",
    "campaign": "/v1/campaigns/{id}",
    "order": "/v1/redemptions/{id}",
    "webhook": "/v1/webhook-deliveries?merchant={id}",
    "buy_back_run": "/v1/buy-back-runs/{id}",
    "anomaly": "/v1/anomalies/{id}",
    "dispute": "/v1/disputes/{id}",
    "departure": "/v1/merchants/{id}/departure",
    "agreement": "/v1/merchants/{id}/health",
    "licence": "/v1/merchants/{id}/health",
    "operator_totals": "/v1/operator-totals/{id}",
    "duty": "/v1/merchants/{id}/health",
    "renaming": "/v1/procedures/{id}",
    "procedure": "/v1/procedures/{id}",
    "batch": "/v1/reduction-batches/{id}",
}


def worklist(sources: Iterable[Iterable[Waits]], params: WorkParams, now: datetime) -> WorklistAnswer:
    """What waits, the longest first."""
    items: list[Waits] = []
    more: set[Kind] = set()
    for waiting in sources:
        some = list(islice(waiting, EACH_MAX + 1))
        items += [each for each in some[:EACH_MAX] if params.actor in (None, each.actor)]
        more |= {each.kind for each in some[EACH_MAX:] if params.actor in (None, each.actor)}
    oldest = sorted(items, key=lambda each: (each.since, each.id))
    counts = Counter(each.kind for each in oldest)
    return WorklistAnswer(items=[each.to_answer(now) for each in oldest], counts=dict(counts), more=sorted(more))


def sources(until: str, now: datetime) -> Iterator[Iterable[Waits]]:
    """Each list of everybody's, the oldest first, up to what began to wait at ``until``."""
    yield from (_ending(subject, until, now) for subject in SUBJECTS)
    for state, actor in APPLICATIONS.items():
        yield listed(lists.applications(state), until, as_waiting("application", state, actor))
    yield listed(lists.REDUCTIONS_REPORTED, until, as_waiting("reduction", "reported", "bureau"))
    yield listed(lists.anomalies("open"), until, as_waiting("anomaly", "open", "bureau"))
    yield listed(lists.CAMPAIGNS_PROPOSED, until, as_waiting("campaign", "proposed", "exchange"))
    yield listed(lists.DEPARTURES, until, as_waiting("departure", "leaving", "institution"))
    yield listed(lists.RENAMINGS, until, as_waiting("renaming", "proposed", "exchange"))
    yield (each for each in _procedures() if each.since <= until)
    yield listed(lists.DUTIES, until, as_waiting("duty", "unmet", "institution"))
    yield listed(lists.DELISTED, until, _delisted(now))
    yield listed(lists.ORDERS_DUE, until, as_waiting("order", "late", "institution"))
    for judge, other in DISPUTES.items():
        yield listed(lists.disputes(judge, "awaiting_ruling"), until, as_waiting("dispute", "awaiting_ruling", judge))
        yield listed(lists.disputes(judge, "awaiting_answer"), until, unanswered(judge, other, now))
    yield listed(lists.TOTALS_DIFFERING, until, differing(now))
    yield (each for each in _webhooks() if each.since <= until)
    yield (each for each in _runs() if each.since <= until)


def as_waiting(kind: Kind, state: str, actor: Actor) -> Callable[[Place], Waits]:
    """What stands at a place whose rank is the time since when, and the id."""
    return lambda place: Waits(kind, place.listing.rank[_AT + 1 :], state, actor, place.listing.rank[:_AT])


def unanswered(judge: Actor, other: Actor, now: datetime) -> Callable[[Place], Waits]:
    """It waits for the other party until its time is over, then for the official."""
    waits = as_waiting("dispute", "awaiting_answer", other)
    return lambda place: waits(place).passed_on(judge, ANSWER_DAYS, now)


def differing(now: datetime) -> Callable[[Place], Waits]:
    """An operator's day waits for the operator first, then for the bureau."""
    waits = as_waiting("operator_totals", "differs", "scenario_operator")
    return lambda place: waits(place).passed_on("bureau", TOTALS_DAYS, now)


def _delisted(now: datetime) -> Callable[[Place], Waits]:
    waits, days = as_waiting("duty", "delisted", "institution"), settings().delist_days
    return lambda place: waits(place).passed_on("exchange", days, now)


def listed(name: str | Lanes, until: str, waits: Callable[[Place], Waits], **options: Any) -> Iterator[Waits]:
    """What a list holds, the oldest first, up to what began to wait at ``until``; ``options``: see ``read.places``."""
    found = map(waits, read.places(name, descending=False, chunk=EACH_MAX + 1, **options))
    return takewhile(lambda each: each.since <= until, found)


def _ending(subject: Subject, until: str, now: datetime) -> Iterator[Waits]:
    for place in read.places(lists.validity(subject), descending=False, chunk=EACH_MAX + 1):
        waits = ending(subject, place.listing.rank[_AT + 1 :], place.listing.rank[:_AT], now)
        if waits.since > until:
            return
        yield waits


def ending(subject: Subject, merchant: str, ends_at: str, now: datetime) -> Waits:
    """An agreement or licence that ends within 30 days, or has ended, waits since 30 days before its end."""
    since = stamp(datetime.fromisoformat(ends_at) - SOON)
    return Waits(subject, merchant, "ended" if ends_at <= stamp(now) else "ending", "institution", since)


def _procedures() -> Iterator[Waits]:
    """What one official has proposed, among the newest: another one of either authority decides."""
    proposed = Attr("status").eq("proposed")
    found = read.places(lists.PROCEDURES, where=proposed, chunk=2 * EACH_MAX, budget=Budget())
    return map(as_waiting("procedure", "proposed", "exchange"), found)


def _webhooks() -> Iterator[Waits]:
    """Merchants with events that were given up, each since its oldest."""
    for merchant in islice(partners.partners(), PARTNERS_MAX):
        if since := partners.failed_since(merchant):
            yield Waits("webhook", merchant, "failed", "institution", since)


def _runs() -> Iterator[Waits]:
    for id in buyback.unfinished():
        run = buyback.run(id)
        yield Waits("buy_back_run", id, run.status, "platform", run.started_at)
