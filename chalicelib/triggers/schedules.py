"""What is done by the clock."""

from datetime import UTC, datetime

from chalicelib.agenda.attempts import each
from chalicelib.batches.processing import worker as batches
from chalicelib.buyback import worker as buyback
from chalicelib.campaigns.closing import worker as campaigns
from chalicelib.campaigns.refunding.worker import refund_due
from chalicelib.conformance import worker as conformance
from chalicelib.departures.worker import depart_due
from chalicelib.events.worker import draw_due
from chalicelib.holds import worker as holds
from chalicelib.mall.offers.following import shelve_due
from chalicelib.mall.redemptions.sweeping import sweep_tills
from chalicelib.mall.redemptions.worker import complete_events, expire_due
from chalicelib.mall.tills.following import follow_due
from chalicelib.mall.tills.spreading import level_due
from chalicelib.messages.reactions import notify_donors
from chalicelib.partners import worker as partners
from chalicelib.reconciliation import worker as reconciliation
from chalicelib.renewals.worker import watch_validity
from chalicelib.reports.preparing.worker import prepare_due
from chalicelib.statistics.worker import keep_supply
from chalicelib.supervision.duties import worker as duties

buy_back = buyback.scheduled
reconcile = reconciliation.scheduled
sweep = sweep_tills


def resume() -> None:
    """Every 15 minutes; each job though others fail."""
    now = datetime.now(UTC)
    each(
        lambda: batches.resume(now),
        lambda: buyback.resume(now),
        lambda: reconciliation.resume(now),
        lambda: partners.resume(now),
        lambda: campaigns.close_due(now),
        lambda: refund_due(now),
        shelve_due,
        follow_due,
        level_due,
        lambda: complete_events(now),
        lambda: expire_due(now),
        lambda: draw_due(now),
        notify_donors,
        lambda: depart_due(now),
        lambda: watch_validity(now),
        lambda: duties.look_daily(now),
        lambda: duties.delist_due(now),
    )


def retry_webhooks() -> None:
    """Every minute; each job though others fail."""
    now = datetime.now(UTC)
    each(
        lambda: holds.expire_due(now),
        lambda: partners.retry_due(now),
        lambda: conformance.resume(now),
        lambda: keep_supply(now),
        prepare_due,
    )
