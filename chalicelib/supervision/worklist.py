"""What waits, since when, and for whom: the first of each list that the rooms keep. No list is walked to its end."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import NamedTuple

from chalicelib.buyback import queries as buyback
from chalicelib.disputes.items import ANSWER_DAYS
from chalicelib.kernel.fields import stamp
from chalicelib.merchants.model import SUBJECTS, Subject
from chalicelib.partners import queries as partners
from chalicelib.renewals.model import SOON
from chalicelib.settings import settings
from chalicelib.supervision.model import Actor, Kind, WorkAnswer, WorklistAnswer, WorkParams
from chalicelib.table import lists, read
from chalicelib.table.lists import Lanes, Place

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
}


def worklist(params: WorkParams, now: datetime) -> WorklistAnswer:
    """What waits, the longest first."""
    until = stamp(now - timedelta(days=params.older_than_days))
    items: list[Waits] = []
    more: set[Kind] = set()
    for waiting in (*_sources(until, now), *(_ending(subject, until, now) for subject in SUBJECTS)):
        some = list(islice(waiting, EACH_MAX + 1))
        items += [each for each in some[:EACH_MAX] if params.actor in (None, each.actor)]
        more |= {each.kind for each in some[EACH_MAX:] if params.actor in (None, each.actor)}
    oldest = sorted(items, key=lambda each: (each.since, each.id))
    counts = Counter(each.kind for each in oldest)
    return WorklistAnswer(items=[each.to_answer(now) for each in oldest], counts=dict(counts), more=sorted(more))


def _sources(until: str, now: datetime) -> Iterator[Iterable[Waits]]:
    """Each list, the oldest first, up to what began to wait at ``until``."""
    for state, actor in APPLICATIONS.items():
        yield _listed(lists.applications(state), until, _as("application", state, actor))
    yield _listed(lists.REDUCTIONS_REPORTED, until, _as("reduction", "reported", "bureau"))
    yield _listed(lists.anomalies("open"), until, _as("anomaly", "open", "bureau"))
    yield _listed(lists.CAMPAIGNS_PROPOSED, until, _as("campaign", "proposed", "exchange"))
    yield _listed(lists.DEPARTURES, until, _as("departure", "leaving", "institution"))
    yield _listed(lists.RENAMINGS, until, _as("renaming", "proposed", "exchange"))
    yield _listed(lists.DUTIES, until, _as("duty", "unmet", "institution"))
    yield _listed(lists.DELISTED, until, _delisted(now))
    yield _listed(lists.ORDERS_DUE, until, _as("order", "late", "institution"))
    for judge, other in DISPUTES.items():
        yield _listed(lists.disputes(judge, "awaiting_ruling"), until, _as("dispute", "awaiting_ruling", judge))
        yield _listed(lists.disputes(judge, "awaiting_answer"), until, _unanswered(judge, other, now))
    yield _listed(lists.TOTALS_DIFFERING, until, _differing(now))
    yield (each for each in _webhooks() if each.since <= until)
    yield (each for each in _runs() if each.since <= until)


def _as(kind: Kind, state: str, actor: Actor) -> Callable[[Place], Waits]:
    return lambda place: Waits(kind, place.listing.rank[_AT + 1 :], state, actor, place.listing.rank[:_AT])


def _unanswered(judge: Actor, other: Actor, now: datetime) -> Callable[[Place], Waits]:
    """It waits for the other party until its time is over, then for the official."""
    late = stamp(now - timedelta(days=ANSWER_DAYS))

    def waits(place: Place) -> Waits:
        found = _as("dispute", "awaiting_answer", other)(place)
        return found._replace(actor=judge) if found.since <= late else found

    return waits


def _differing(now: datetime) -> Callable[[Place], Waits]:
    """An operator's day waits for the operator first, then for the bureau."""
    late = stamp(now - timedelta(days=TOTALS_DAYS))

    def waits(place: Place) -> Waits:
        found = _as("operator_totals", "differs", "scenario_operator")(place)
        return found._replace(actor="bureau") if found.since <= late else found

    return waits


def _delisted(now: datetime) -> Callable[[Place], Waits]:
    """The merchant has to meet its duty, or its sub-platform to put back what it took down. Where nobody did so for as
    long as a duty may stay unmet, the exchange has to decide: it relists, or terminates.
    """
    late = stamp(now - timedelta(days=settings().delist_days))

    def waits(place: Place) -> Waits:
        found = _as("duty", "delisted", "institution")(place)
        return found._replace(actor="exchange") if found.since <= late else found

    return waits


def _listed(name: str | Lanes, until: str, waits: Callable[[Place], Waits]) -> Iterator[Waits]:
    found = map(waits, read.places(name, descending=False, chunk=EACH_MAX + 1))
    return takewhile(lambda each: each.since <= until, found)


def _ending(subject: Subject, until: str, now: datetime) -> Iterator[Waits]:
    """Agreements or licences that end within 30 days, or have ended: each waits since 30 days before its end."""
    for place in read.places(lists.validity(subject), descending=False, chunk=EACH_MAX + 1):
        ends_at, merchant = place.listing.rank[:_AT], place.listing.rank[_AT + 1 :]
        since = stamp(datetime.fromisoformat(ends_at) - SOON)
        if since > until:
            return
        yield Waits(subject, merchant, "ended" if ends_at <= stamp(now) else "ending", "institution", since)


def _webhooks() -> Iterator[Waits]:
    """Merchants with events that were given up, each since its oldest."""
    for merchant in islice(partners.partners(), PARTNERS_MAX):
        if since := partners.failed_since(merchant):
            yield Waits("webhook", merchant, "failed", "institution", since)


def _runs() -> Iterator[Waits]:
    for id in buyback.unfinished():
        run = buyback.run(id)
        yield Waits("buy_back_run", id, run.status, "platform", run.started_at)
