"""Files of a dispute as they are kept. Pure."""

from dataclasses import dataclass
from typing import Literal

EVIDENCE_MAX = 20  # files of one dispute, those that never came included

By = Literal["person", "other_party"]
EvidenceStatus = Literal["awaiting_upload", "arrived", "refused"]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A file of a dispute. ``by``: the party that sent it, who alone can open it, beside the official that rules.
    ``links``: how often it was opened.
    """

    id: str
    dispute: str
    by: By
    file_name: str
    content_type: str
    bytes: int
    sha256: str
    announced_at: str
    status: EvidenceStatus = "awaiting_upload"
    arrived_at: str | None = None
    reason: str | None = None
    reason_zh: str | None = None
    links: int = 0
