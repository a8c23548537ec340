"""What is kept of a batch. Pure."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A file of reductions and how far it is."""

    id: str
    scenario: str
    lines: int
    sha256: str
    operator: str
    status: Literal["awaiting_upload", "processing", "done", "refused"]
    created_at: str
    finished_at: str | None = None
    reason: str | None = None
    reason_zh: str | None = None


@dataclass(frozen=True, kw_only=True)
class Slice:
    """What became of one slice of a batch's lines."""

    number: int
    at: str
    converted: int = 0
    reported: int = 0
    refused: int = 0
    points: int = 0
