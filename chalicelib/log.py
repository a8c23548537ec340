"""What operators see: one JSON line an event, its numbers as CloudWatch metrics too (embedded metric format).

A line holds what the platform's own code names here and nothing that a caller sent: no name, number, token, key, sub or
body, and of an exception its type and place, never its words (docs/adr/0014). Whatever fails is reported by the event
``failed``, which says what was being done: ``route``, ``function`` or ``queue``.
"""

import json
import logging
import os
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from chalicelib.settings import settings

NAMESPACE = "CarbonPoints"
# Unit and dimensions of every metric. A dimension is a field of the line; each value of it costs as one metric more.
METRICS: dict[str, tuple[str, tuple[str, ...]]] = {
    "Refusals": ("Count", ("stage", "code")),  # answered to callers
    "Retries": ("Count", ("stage",)),  # transactions tried again because others were in the way
    "EmptyTills": ("Count", ("stage",)),  # a till that lacked the units asked of it
    "CrowdedOffers": ("Count", ("stage",)),  # requests for more tills: buyers were in each other's way
    "AuthorizerFailures": ("Count", ("stage",)),  # tokens that could not be judged: the issuer is away
    "StreamLag": ("Milliseconds", ("stage",)),  # from a Record's time to its projection, the latest of a batch
    "Projected": ("Count", ("stage",)),  # Records
    "Reacted": ("Count", ("stage",)),  # Records given to the reactions
    "FailedReactions": ("Count", ("stage",)),  # those of them that one failed for: they are retried
    "MessageAge": ("Milliseconds", ("stage", "queue")),  # from sent to handled, the oldest of a batch
    "FailedMessages": ("Count", ("stage", "queue")),
    "Differences": ("Count", ("stage",)),  # between the books and the Records, of a day's reconciliation
    "ExportsFailed": ("Count", ("stage",)),  # of the table, for a day's reconciliation
    "RunsUnfinished": ("Count", ("stage",)),  # buy-back runs, each quarter of an hour
    "RunMerchants": ("Count", ("stage",)),  # the totals of a buy-back run, when it ends
    "RunPoints": ("Count", ("stage",)),
    "RunTonnes": ("Count", ("stage",)),
    "WebhooksFailed": ("Count", ("stage",)),  # tries that a merchant's system did not take
    "WebhooksGivenUp": ("Count", ("stage",)),  # events that wait for a replay now
    "BatchConverted": ("Count", ("stage",)),  # the totals of a batch of reductions, when it ends
    "BatchRefused": ("Count", ("stage",)),
    "BatchPoints": ("Count", ("stage",)),
}
FAILED = "failed"  # the event of every failure, whatever woke the system
_FRAMES_MAX = 12
_log = logging.getLogger("carbon-points")


@dataclass
class LogLine:
    """A line that is being written: ``fields`` say what happened, ``metrics`` how much of it."""

    fields: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)

    def count(self, name: str, amount: float = 1) -> None:
        self.metrics[name] = self.metrics.get(name, 0) + amount


_open: ContextVar[LogLine | None] = ContextVar("line", default=None)


def emit(event: str, level: int = logging.INFO, metrics: Mapping[str, float] | None = None, **fields: Any) -> None:
    """One line, now. An exception that is being handled is reported by its type and place if ``level`` is ERROR."""
    all_fields = {"event": event, "stage": settings().stage, **fields, **(metrics or {})}
    if metrics:
        all_fields["_aws"] = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": _directives(metrics)}
    _log.log(level, event, extra={"fields": all_fields}, exc_info=level >= logging.ERROR)


@contextmanager
def line(event: str, **fields: Any) -> Iterator[LogLine]:
    """One line when the block ends, with its duration and whatever was counted meanwhile in this thread.

    Where the block raises, the line is ``failed`` instead of ``event``, and what was raised is raised on.
    """
    began, one = time.perf_counter(), LogLine(fields)
    before = _open.set(one)
    level = logging.INFO
    try:
        yield one
    except BaseException:
        event, level = FAILED, logging.ERROR
        raise
    finally:
        _open.reset(before)
        emit(event, level, one.metrics, **one.fields, ms=round((time.perf_counter() - began) * 1000, 1))


def annotate(**fields: Any) -> None:
    """Say more in the open line; where there is none, nobody asked."""
    if (one := _open.get()) is not None:
        one.fields |= fields


def count(name: str, amount: float = 1) -> None:
    """Count for the open line; where there is none (a worker's thread), in a line of its own."""
    if (one := _open.get()) is not None:
        one.count(name, amount)
    else:
        emit("counted", metrics={name: amount})


def _directives(metrics: Mapping[str, float]) -> list[dict[str, Any]]:
    groups: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for name in metrics:
        unit, dimensions = METRICS.get(name, ("Count", ("stage",)))
        groups.setdefault(dimensions, []).append({"Name": name, "Unit": unit})
    return [{"Namespace": NAMESPACE, "Dimensions": [[*names]], "Metrics": each} for names, each in groups.items()]


class Json(logging.Formatter):
    """Our lines, and those of libraries, as JSON."""

    def format(self, record: logging.LogRecord) -> str:
        message = {"event": "message", "logger": record.name, "text": record.getMessage()}
        line = {"at": _at(record), "level": record.levelname} | (getattr(record, "fields", None) or message)
        if record.exc_info and record.exc_info[1]:
            line |= fault(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str, separators=(",", ":"))


def _at(record: logging.LogRecord) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    return f"{whole}.{int(record.msecs):03d}Z"


def fault(error: BaseException) -> dict[str, Any]:
    """An exception without its words, which may quote what a caller sent; of an AWS error also its code."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES_MAX:]
    facts: dict[str, Any] = {
        "error": type(error).__name__,
        "where": [f"{os.path.basename(each.filename)}:{each.lineno} {each.name}" for each in frames],
    }
    if answer := getattr(error, "response", None):  # botocore's ClientError, a name that this room does not know
        facts["aws"] = f"{getattr(error, 'operation_name', '?')}: {answer.get('Error', {}).get('Code', '?')}"
    if cause := error.__cause__ or error.__context__:
        facts["cause"] = type(cause).__name__
    return facts


def install() -> None:
    """In Lambda, whose runtime has a handler already, every line becomes JSON. Elsewhere the process decides."""
    _log.setLevel(logging.INFO)
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        for handler in logging.getLogger().handlers:
            handler.setFormatter(Json())
