"""Scenarios as they are kept."""

from typing import Any

from chalicelib.scenarios.items import Methodology, Scenario


def methodology(**changes: Any) -> Methodology:
    """A methodology without an end."""
    fields: dict[str, Any] = {
        "code": "SHCER-01",
        "version": 1,
        "title": "碳普惠方法学",
        "kind": "scenario",
        "document_sha256": "0" * 64,
        "valid_from": "2020-01-01T00:00:00.000Z",
        "published_at": "2020-01-01T00:00:00.000Z",
    }
    return Methodology(**fields | changes)


def scenario(**changes: Any) -> Scenario:
    """The metro: 71 g a kilometre, confirmed at once, without bounds."""
    fields: dict[str, Any] = {
        "code": "metro",
        "version": 1,
        "name": "轨道交通出行",
        "methodology": "SHCER-01",
        "operator": "operator",
        "unit": "km",
        "grams_per_unit": "71",
        "confirmation": "automatic",
        "valid_from": "2020-01-01T00:00:00.000Z",
        "published_at": "2020-01-01T00:00:00.000Z",
    }
    return Scenario(**fields | changes)
