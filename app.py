"""Table of contents: the Chalice app, its rooms, and everything that can wake the system.

Nothing here imports a room: a function loads what its event needs (edge/rooms.py).
"""

from typing import Any

from chalice.app import AuthRequest, AuthResponse, CloudWatchEvent, Cron, DynamoDBEvent, Rate, SQSEvent

from chalicelib import log, start
from chalicelib.edge import cors, events, problem
from chalicelib.edge.identity import authorizer
from chalicelib.edge.pages import BINARY
from chalicelib.edge.rooms import App
from chalicelib.settings import settings

_EARNING = (
    "accounts",
    "logins",
    "procedures",
    "procedures.renaming",
    "credit",
    "scenarios",
    "grants",
    "reductions",
    "batches",
    "batches.sending",
)
_SPENDING = (
    "mall.catalogue",
    "mall.offers",
    "mall.redemptions",
    "holds",
    "disputes",
    "cancellation",
    "certificates",
    "coverage",
    "campaigns",
    "buyback",
)
_JOINING = (
    "onboarding",
    "onboarding.systems",
    "merchants",
    "renewals",
    "departures",
    "platforms",
    "partners",
    "conformance",
    "conformance.sandbox",
    "conformance.goods",
    "events",
    "messages",
)
_WATCHING = (
    "provenance",
    "supervision",
    "supervision.duties",
    "anomalies",
    "totals",
    "statistics",
    "reports",
    "reconciliation",
    "openness",
)

log.install()
app = App("carbon-points", (*_EARNING, *_SPENDING, *_JOINING, *_WATCHING))
app.api.binary_types.extend(BINARY)
app.register_middleware(cors.share, "http")  # the first is the outermost
app.register_middleware(problem.reshape, "http")
app.open()


@app.authorizer(name="authenticate", ttl_seconds=60)
def authenticate(request: AuthRequest) -> AuthResponse:
    """Every request with a token: who is it?"""
    return authorizer.authorize(request)


authorizer.authenticate.config = authenticate.config


# Trips that come together share their sums (docs/adr/0061-batches-of-the-stream.md). Statements wait for it as well.
@app.on_dynamodb_record(
    stream_arn=settings().stream_arn, batch_size=500, maximum_batching_window_in_seconds=2, name="project"
)
def project(event: DynamoDBEvent) -> dict[str, Any]:
    """Every Record that moved value, at least once: statement lines, totals, stock and supply, exactly once."""
    from chalicelib.triggers import stream

    return events.project(event, stream.PROJECTIONS, stream.CLEARING)


@app.on_dynamodb_record(stream_arn=settings().stream_arn, batch_size=100, name="react")
def react(event: DynamoDBEvent) -> dict[str, Any]:
    """The same Records and those published, on their own way: what follows from them. One that fails stops no other."""
    from chalicelib.triggers import stream

    return events.react(event, stream.REACTIONS)


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
    from chalicelib.triggers import uploads

    events.arrived(event, uploads.RECEIVERS)


@app.schedule(Rate(15, unit=Rate.MINUTES), name="resume")
@events.woken
def resume(_: CloudWatchEvent) -> None:
    """Work that lost its worker continues, campaigns past their end are closed, offers follow their merchants, and
    merchants whose event is over may leave once they have served their orders. Orders that nobody fulfilled in time
    are refunded. Draws whose time has come are drawn. Donors of closed campaigns are notified. Merchants that leave are
    brought to the end, and those whose agreement or licence ends are reminded, and suspended on the day.
    """
    from chalicelib.triggers import schedules

    schedules.resume()


@app.schedule(Cron(0, 18, "*", "*", "?", "*"), name="buy_back")
@events.woken
def buy_back(event: CloudWatchEvent) -> None:
    """At two in the morning in Shanghai, merchants' whole tonnes are bought back."""
    from chalicelib.triggers import schedules

    schedules.buy_back(event.time)


@app.schedule(Cron(0, 19, "*", "*", "?", "*"), name="reconcile")
@events.woken
def reconcile(event: CloudWatchEvent) -> None:
    """At three in the morning in Shanghai, the books are recomputed from the Records and compared."""
    from chalicelib.triggers import schedules

    schedules.reconcile(event.time)


@app.on_sqs_message(queue_arn=settings().buy_back_queue_arn, batch_size=10, name="pay_lots")
def pay_lots(event: SQSEvent) -> dict[str, Any]:
    """A run is planned, or some of its merchants are paid."""
    from chalicelib.triggers import queues

    return events.messages(event, queues.pay_lots)


@app.on_sqs_message(queue_arn=settings().books_queue_arn, batch_size=1, name="count_books")
def count_books(event: SQSEvent) -> dict[str, Any]:
    """A step of the day's reconciliation: a file of the table's export is counted, or some accounts are judged."""
    from chalicelib.triggers import queues

    return events.messages(event, queues.count_books)


@app.on_sqs_message(queue_arn=settings().batch_queue_arn, batch_size=1, name="process_lines")
def process_lines(event: SQSEvent) -> dict[str, Any]:
    """Some of a batch's lines get their outcomes, or the bureau's order reaches them."""
    from chalicelib.triggers import queues

    return events.messages(event, queues.process_lines)


@app.schedule(Rate(1, unit=Rate.HOURS), name="sweep")
@events.woken
def sweep(_: CloudWatchEvent) -> None:
    """What tills have earned goes to their merchants."""
    from chalicelib.triggers import schedules

    schedules.sweep()


@app.on_sqs_message(queue_arn=settings().webhook_queue_arn, batch_size=1, name="send_webhooks")
def send_webhooks(event: SQSEvent) -> dict[str, Any]:
    """An event of an order goes to its merchant's system; one a call, so that a slow one delays no other."""
    from chalicelib.triggers import queues

    return events.messages(event, queues.send_webhook)


@app.schedule(Rate(1, unit=Rate.MINUTES), name="retry_webhooks")
@events.woken
def retry_webhooks(_: CloudWatchEvent) -> None:
    """What has its time to the minute: holds expire, events that did not arrive are tried again, the supply is kept."""
    from chalicelib.triggers import schedules

    schedules.retry_webhooks()


start.finished()
