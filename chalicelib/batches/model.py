"""Batches: files of reductions, how they are answered and where their objects lie. Pure (docs/adr/0008)."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.batches.items import Batch, Slice
from chalicelib.kernel.fields import Answer, Body, ScenarioRef, Sha256, Time, example
from chalicelib.reductions.model import Trip

LINES_MAX = 100_000  # some four minutes of work: see the ADR before raising it
FILE_BYTES_MAX = 32 * 1024 * 1024
NDJSON = "application/x-ndjson"
FOLDER = "incoming/batches/"  # of files as they were sent: the bucket forgets them after 30 days


class NewBatch(Body):
    """A file of reductions is announced: whose trips, how many lines, and the SHA-256 of its bytes."""

    model_config = example(scenario="metro", lines=50000, sha256="9f86d081884c7d65" * 4)

    scenario: ScenarioRef
    lines: Annotated[int, Field(ge=1, le=LINES_MAX, description="Blank lines do not count")]
    sha256: Sha256


class BatchLine(Trip):
    """One trip, as a line of a file states it. ``scenario`` may be left out: it is the batch's."""

    scenario: ScenarioRef | None = None


class Upload(Answer):
    """A presigned POST (multipart/form-data): every field as given, then the part ``file``."""

    url: str
    fields: dict[str, str]
    expires_at: Time


class BatchOpened(Answer):
    """The batch waits for its file. After ``expires_at`` announce it again, with a new Idempotency-Key."""

    id: str
    status: Literal["awaiting_upload"] = "awaiting_upload"
    scenario: str
    lines: int
    upload: Upload


class RefusedLines(Answer):
    """Where the refused lines are: JSON Lines of ``{line, record_id, code, detail, detail_zh}``."""

    url: str
    expires_at: Time


class Sums(Answer):
    """Lines that became points, that wait for confirmation (manual scenarios), that were refused; points credited."""

    converted: int = 0
    reported: int = 0
    refused: int = 0
    points: int = 0


class BatchAnswer(Sums):
    """A batch as it stands. Once done, converted + reported + refused = lines; until then they grow."""

    id: str
    status: Literal["awaiting_upload", "processing", "done", "refused"]
    reason: str | None = Field(description="Why the whole file was refused")
    reason_zh: str | None = Field(description="The same in Chinese")
    scenario: str
    lines: int
    created_at: Time
    finished_at: Time | None
    refused_lines: RefusedLines | None


def total(slices: Iterable[Slice]) -> Sums:
    """The sums of slices."""
    found = list(slices)
    return Sums(**{name: sum(getattr(each, name) for each in found) for name in Sums.model_fields})


def to_answer(batch: Batch, sums: Sums, link: RefusedLines | None = None) -> BatchAnswer:
    return BatchAnswer.model_validate(vars(batch) | sums.model_dump() | {"refused_lines": link})


def file_key(id: str) -> str:
    return f"{FOLDER}{id}/lines.jsonl"


def wake_key(id: str) -> str:
    """An empty object; that it is put wakes a worker, as the file itself did."""
    return f"{FOLDER}{id}/wake"


def refused_key(id: str, number: int | None = None) -> str:
    """The refused lines of one slice, or of the whole batch."""
    return f"batches/{id}/refused" + (".jsonl" if number is None else f"/{number:04d}.jsonl")
