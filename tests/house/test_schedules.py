"""What the jobs of a schedule may take together fits into its function, or the last of them never have their turn."""

import json

import pytest

from chalicelib.batches.processing import worker as batches
from chalicelib.campaigns.closing import worker as closing
from chalicelib.campaigns.refunding import worker as refunding
from chalicelib.departures import worker as departures
from chalicelib.events import worker as events
from chalicelib.holds import worker as holds
from chalicelib.mall.offers import following as shelving
from chalicelib.mall.redemptions import sweeping
from chalicelib.mall.redemptions import worker as redemptions
from chalicelib.mall.tills import following, spreading
from chalicelib.merchants.model import SUBJECTS
from chalicelib.messages import reactions as messages
from chalicelib.partners import worker as partners
from chalicelib.renewals import worker as renewals
from chalicelib.reports.preparing import worker as reports
from chalicelib.supervision.duties import worker as duties
from infra.here import ROOT

FUNCTIONS = json.loads((ROOT / ".chalice" / "config.json").read_text())["lambda_functions"]
SECONDS = {
    "resume": (
        2 * batches.RESUMING_SECONDS_MAX,
        partners.RETRYING_SECONDS_MAX,
        2 * closing.CLOSING_SECONDS_MAX,
        refunding.SECONDS_MAX,
        shelving.SHELVING_SECONDS_MAX + shelving.EACH_SECONDS_MAX,
        following.FOLLOWING_SECONDS_MAX,
        spreading.LEVELLING_SECONDS_MAX,
        redemptions.COMPLETING_SECONDS_MAX,
        redemptions.EXPIRING_SECONDS_MAX,
        events.SECONDS_MAX,
        messages.DONORS_SECONDS_MAX,
        departures.SECONDS_MAX,
        len(SUBJECTS) * renewals.SECONDS_MAX,
        2 * duties.SECONDS_MAX,
    ),
    "retry_webhooks": (holds.SECONDS_MAX, partners.RETRYING_SECONDS_MAX, reports.SECONDS_MAX),
    "sweep": (sweeping.SWEEPING_SECONDS_MAX, sweeping.ROUND_SECONDS_MAX),
}


@pytest.mark.parametrize("schedule", SECONDS)
def test_every_job_has_its_turn_though_all_take_the_time_that_they_may(schedule: str) -> None:
    timeout = FUNCTIONS[schedule]["lambda_timeout"]
    assert sum(SECONDS[schedule]) * 1.25 <= timeout <= 900  # each ends with the item that it was at
