"""Batches as they are kept."""

from typing import Any

from chalicelib.batches.items import Batch
from tests.unit.decisions import AT


def batch(**changes: Any) -> Batch:
    """A batch of the metro that waits for its file."""
    fields: dict[str, Any] = {
        "id": "b", "scenario": "metro", "lines": 3, "sha256": "0" * 64, "operator": "operator",
        "status": "awaiting_upload", "created_at": AT,
    }  # fmt: skip
    return Batch(**fields | changes)
