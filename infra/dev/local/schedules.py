"""The clock of one machine: fires the app's schedules as EventBridge does, each in its own thread."""

import logging
import os
import threading
import uuid
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

from chalice.app import Chalice, Rate, ScheduledEventConfig

from chalicelib.settings import settings
from infra.dev.gateway.events import Context
from infra.dev.local import books

_SECONDS = {Rate.MINUTES: 60, Rate.HOURS: 3600, Rate.DAYS: 86400}
_log = logging.getLogger(__name__)


def fire(module: ModuleType, name: str, moment: datetime | None = None) -> Any:
    """Call the scheduled function ``name`` once, as of ``moment`` (now). Raises what it raises."""
    at = (moment or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    if name == "reconcile" and settings().stage == "local":
        return books.scheduled(at)
    region = os.environ["AWS_DEFAULT_REGION"]
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": at,
        "region": region,
        "resources": [f"arn:aws:events:{region}:000000000000:rule/{name}"],
        "detail": {},
    }
    return getattr(module, name)(event, Context())


def start(module: ModuleType, stop: threading.Event) -> None:
    """Fire every schedule with a rate until ``stop``. Those with a cron are fired by hand here (``make``)."""
    for name, seconds in rates(module.app).items():
        threading.Thread(target=_run, args=(module, name, seconds, stop), daemon=True).start()


def rates(app: Chalice) -> dict[str, int]:
    """Seconds between the firings of each schedule that has a rate, by the function's name."""
    scheduled = (source for source in app.event_sources if isinstance(source, ScheduledEventConfig))
    return {
        source.name: rate.value * _SECONDS[rate.unit]
        for source in scheduled
        if isinstance(rate := source.schedule_expression, Rate)
    }


def _run(module: ModuleType, name: str, seconds: int, stop: threading.Event) -> None:
    while not stop.wait(seconds):
        try:
            fire(module, name)
        except Exception as error:  # noqa: BLE001 - the app's own log line has it; as on Lambda, it is retried
            _log.warning("schedule %s: %s: %s; it is retried", name, type(error).__name__, error)
