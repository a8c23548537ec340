"""Trips and anomalies as they are kept."""

from datetime import datetime, timedelta
from typing import Any

from chalicelib.anomalies.items import Anomaly, Finding, Trip
from chalicelib.kernel.fields import stamp
from chalicelib.table import keys
from tests.unit.decisions import AT

DAY = "2026-01-31"
ID = keys.anomaly_id("alice", DAY, "overlap")


def at(clock: str, day: str = DAY) -> str:
    """A time of a day in Shanghai, in UTC: ``at("08:00")``."""
    hour, minute = map(int, clock.split(":"))
    return stamp(datetime.fromisoformat(f"{day}T00:00:00+08:00") + timedelta(hours=hour, minutes=minute))


def trip(
    reduction: str = "a", scenario: str = "metro", since: str = "08:00", until: str = "09:00", **more: Any
) -> Trip:
    """An hour in the metro."""
    fields: dict[str, Any] = {
        "reduction": reduction,
        "record": f"record-{reduction}",
        "scenario": scenario,
        "starts_at": at(since),
        "ends_at": at(until),
        "grams": 1000,
        "reported_at": AT,
        "expires_at": 1,
    }
    return Trip(**fields | more)


def bicycle(reduction: str = "b", **more: Any) -> Trip:
    """An hour on a bicycle, which excludes the metro."""
    return trip(reduction, "bicycle", **{"excludes": ("metro",)} | more)


def finding(*reductions: str, kind: Any = "overlap", found_at: str = AT) -> Finding:
    return Finding(kind, frozenset(reductions), frozenset({"metro", "bicycle"}), found_at)


def anomaly(**changes: Any) -> Anomaly:
    """An open one of two trips."""
    fields: dict[str, Any] = {
        "id": ID,
        "kind": "overlap",
        "day": DAY,
        "found_at": AT,
        "reductions": frozenset({"a", "b"}),
        "scenarios": frozenset({"metro", "bicycle"}),
    }
    return Anomaly(**fields | changes)
