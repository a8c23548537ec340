"""Table of contents: the Chalice app, one blueprint a room, and everything that can wake the system."""

from datetime import UTC, datetime
from typing import Any

from chalice.app import (
    AuthRequest,
    AuthResponse,
    Chalice,
    CloudWatchEvent,
    Cron,
    DynamoDBEvent,
    Rate,
    SQSEvent,
)

from chalicelib import log, start
from chalicelib.accounts.routes import room as accounts
from chalicelib.anomalies.reactions import find_anomalies
from chalicelib.anomalies.routes import room as anomalies
from chalicelib.batches import worker as batches_worker
from chalicelib.batches.model import FOLDER as BATCHES
from chalicelib.batches.reactions import wake_judges
from chalicelib.batches.routes import room as batches
from chalicelib.buyback import worker as buyback_worker
from chalicelib.buyback.reactions import plan_runs
from chalicelib.buyback.routes import room as buyback
from chalicelib.campaigns import worker as campaigns_worker
from chalicelib.campaigns.reactions import close_reached
from chalicelib.campaigns.routes import room as campaigns
from chalicelib.cancellation.routes import room as cancellation
from chalicelib.certificates.reactions import sign_issued
from chalicelib.certificates.routes import BINARY
from chalicelib.certificates.routes import room as certificates
from chalicelib.coverage.reactions import flag_uncovered
from chalicelib.coverage.routes import room as coverage
from chalicelib.credit.routes import room as credit
from chalicelib.departures.routes import room as departures
from chalicelib.departures.worker import depart_due
from chalicelib.edge import authorizer, cors, events, problem
from chalicelib.events.routes import room as public_events
from chalicelib.events.worker import draw_due
from chalicelib.grants.routes import room as grants
from chalicelib.holds import worker as holds_worker
from chalicelib.holds.projection import merchant_holds
from chalicelib.holds.routes import room as holds
from chalicelib.ledger.projection import entries
from chalicelib.mall.catalogue.routes import room as catalogue
from chalicelib.mall.following import shelve_due
from chalicelib.mall.projection import sales
from chalicelib.mall.reactions import follow_merchants, note_due
from chalicelib.mall.routes import room as mall
from chalicelib.mall.worker import complete_events, expire_due, sweep_merchant, sweep_tills
from chalicelib.merchants.routes import room as merchants
from chalicelib.onboarding import worker as documents_worker
from chalicelib.onboarding.routes import room as onboarding
from chalicelib.onboarding.uploads import FOLDER as DOCUMENTS
from chalicelib.openness.projection import supply
from chalicelib.openness.routes import room as openness
from chalicelib.partners import worker as partners_worker
from chalicelib.partners.reactions import notify_merchants
from chalicelib.partners.routes import room as partners
from chalicelib.platforms.routes import room as platforms
from chalicelib.procedures.routes import room as procedures
from chalicelib.provenance.projection import colours, uses
from chalicelib.provenance.routes import room as provenance
from chalicelib.reconciliation import worker as reconciliation_worker
from chalicelib.reconciliation.routes import room as reconciliation
from chalicelib.reductions.reactions import file_reported
from chalicelib.reductions.routes import room as reductions
from chalicelib.renewals.routes import room as renewals
from chalicelib.renewals.worker import watch_validity
from chalicelib.reports.routes import room as reports
from chalicelib.scenarios.routes import room as scenarios
from chalicelib.settings import settings
from chalicelib.statistics.projection import months
from chalicelib.statistics.routes import room as statistics
from chalicelib.supervision.projection import orders
from chalicelib.supervision.routes import room as supervision

log.install()
app = Chalice(app_name="carbon-points", configure_logs=False)
app.api.binary_types.extend(BINARY)
app.register_middleware(cors.share, "http")  # the first is the outermost
app.register_middleware(problem.reshape, "http")

_earning = (accounts, procedures, credit, scenarios, grants, reductions, batches)
_spending = (catalogue, mall, holds, cancellation, certificates, coverage, campaigns, buyback)
_watching = (provenance, supervision, anomalies, statistics, reports, reconciliation, openness)
_selling = (onboarding, merchants, renewals, departures, platforms, partners, public_events)
for room in (*_earning, *_spending, *_selling, *_watching):
    app.register_blueprint(room)
cors.answer_preflights(app)


@app.authorizer(name="authenticate", ttl_seconds=60)
def authenticate(request: AuthRequest) -> AuthResponse:
    """Every request with a token: who is it?"""
    return authorizer.authorize(request)


authorizer.authenticate.config = authenticate.config


@app.on_dynamodb_record(stream_arn=settings().stream_arn, batch_size=100, name="project")
def project(event: DynamoDBEvent) -> dict[str, Any]:
    """Every Record that moved value, at least once: statement lines, totals, stock and supply, exactly once."""
    return events.project(event, (entries, sales, supply, colours, uses, merchant_holds, months, orders))


@app.on_dynamodb_record(stream_arn=settings().stream_arn, batch_size=100, name="react")
def react(event: DynamoDBEvent) -> dict[str, Any]:
    """The same Records and those published, on their own way: what follows from them. One that fails stops no other."""
    quick = (plan_runs, file_reported, wake_judges, notify_merchants)
    slow = (close_reached, sign_issued, note_due, flag_uncovered, find_anomalies, follow_merchants)  # may take long
    return events.react(event, (*quick, *slow))


@app.on_cw_event(
    {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"object": {"key": [{"prefix": "incoming/"}]}},
    },
    name="upload_arrived",
)
@events.woken
def upload_arrived(event: CloudWatchEvent) -> None:
    """A file has come, at least once: its folder tells whose it is."""
    events.arrived(event, {BATCHES: batches_worker.arrived, DOCUMENTS: documents_worker.arrived})


@app.schedule(Rate(15, unit=Rate.MINUTES), name="resume")
@events.woken
def resume(_: CloudWatchEvent) -> None:
    """Work that lost its worker continues, campaigns past their end are closed, offers follow their merchants, and
    merchants whose event is over may leave once they have served their orders. Orders that nobody fulfilled in time
    are refunded. Draws whose time has come are drawn. Merchants that leave are brought to the end, and those
    whose agreement or licence ends are reminded, and suspended on the day.
    """
    now = datetime.now(UTC)
    events.each(
        lambda: batches_worker.resume(now),
        buyback_worker.resume,
        lambda: partners_worker.resume(now),
        lambda: campaigns_worker.close_due(now),
        shelve_due,
        lambda: complete_events(now),
        lambda: expire_due(now),
        lambda: draw_due(now),
        lambda: depart_due(now),
        lambda: watch_validity(now),
    )


@app.schedule(Cron(0, 18, "*", "*", "?", "*"), name="buy_back")
@events.woken
def buy_back(event: CloudWatchEvent) -> None:
    """At two in the morning in Shanghai, merchants' whole tonnes are bought back."""
    buyback_worker.scheduled(event.time)


@app.schedule(Cron(0, 19, "*", "*", "?", "*"), name="reconcile")
@events.woken
def reconcile(event: CloudWatchEvent) -> None:
    """At three in the morning in Shanghai, the books are recomputed from the Records and compared."""
    reconciliation_worker.scheduled(event.time)


@app.on_sqs_message(queue_arn=settings().buy_back_queue_arn, batch_size=10, name="pay_lots")
def pay_lots(event: SQSEvent) -> dict[str, Any]:
    """A run is planned, or some of its merchants are paid."""
    return events.messages(event, lambda message: buyback_worker.handle(message, sweep_merchant))


@app.schedule(Rate(1, unit=Rate.HOURS), name="sweep")
@events.woken
def sweep(_: CloudWatchEvent) -> None:
    """What tills have earned goes to their merchants."""
    sweep_tills()


@app.on_sqs_message(queue_arn=settings().webhook_queue_arn, batch_size=1, name="send_webhooks")
def send_webhooks(event: SQSEvent) -> dict[str, Any]:
    """An event of an order goes to its merchant's system; one a call, so that a slow one delays no other."""
    return events.messages(event, partners_worker.handle)


@app.schedule(Rate(1, unit=Rate.MINUTES), name="retry_webhooks")
@events.woken
def retry_webhooks(_: CloudWatchEvent) -> None:
    """What has its time to the minute: holds expire, and events that did not arrive are tried again."""
    now = datetime.now(UTC)
    events.each(lambda: holds_worker.expire_due(now), lambda: partners_worker.resume(now))


start.finished()
