"""Batches: files of reductions, how they are answered and where their objects lie. Pure (docs/adr/0008)."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.batches.items import Batch, Progress, Status
from chalicelib.kernel.fields import (
    Answer,
    Body,
    Moment,
    Paged,
    Params,
    ScenarioRef,
    Sha256,
    ShortText,
    Size,
    Time,
    example,
)
from chalicelib.reductions.model import ReductionAnswer, Trip

LINES_MAX = 100_000_000  # of fifty bytes each: no file of the bytes below holds more
FILE_BYTES_MAX = 5_000_000_000  # what S3 takes in one piece; of gzip, unpacked too
NDJSON = "application/x-ndjson"
FOLDER = "incoming/batches/"  # of files as they were sent: the bucket forgets them after 30 days
UNPACKED = "unpacked/"  # what gzip files hold: the same


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
    """Lines that became points, that wait for confirmation (manual scenarios), that were refused; points credited.

    ``duplicates`` are those of the refused whose record was reported before, in this file or anywhere.
    """

    converted: int = 0
    reported: int = 0
    refused: int = 0
    duplicates: int = 0
    points: int = 0


class BatchReason(Body):
    """Why the lines of a batch are confirmed, rejected or reversed: it stands on each of their Records."""

    model_config = example(reason="抽查 50 条，均与乘车记录一致")

    reason: ShortText


class BatchJudgementAnswer(Answer):
    """What the bureau ordered for every line in the state for it; ``left`` could not be decided (a frozen account)."""

    action: str
    reason: str
    at: Time
    left: int


class BatchAnswer(Sums):
    """A batch as it stands. Once done, converted + reported + refused = lines; until then they grow.

    ``confirmed`` and ``rejected`` are those of the reported lines that the bureau decided as a batch, ``reversed``
    those that it took back; ``points`` includes what the first brought. While it does so the status is ``confirming``,
    ``rejecting`` or ``reversing``, and then ``done`` again.
    """

    id: str
    status: Status
    confirmed: int = 0
    rejected: int = 0
    reversed: int = 0
    judgement: BatchJudgementAnswer | None = Field(default=None, description="The latest order for all of its lines")
    reason: str | None = Field(description="Why the whole file was refused")
    reason_zh: str | None = Field(description="The same in Chinese")
    scenario: str
    lines: int
    created_at: Time
    finished_at: Time | None
    refused_lines: RefusedLines | None


def total(progress: Progress) -> Sums:
    """The sums of lanes, with the points of what was confirmed since."""
    sums = {name: sum(getattr(each, name) for each in progress.lanes) for name in Sums.model_fields}
    return Sums(**sums | {"points": sums["points"] + sum(each.points for each in progress.judged)})


def to_answer(batch: Batch, progress: Progress, link: RefusedLines | None = None) -> BatchAnswer:
    judgement = batch.judgement and BatchJudgementAnswer(
        action=batch.judgement.action,
        reason=batch.judgement.reason,
        at=batch.judgement.at,
        left=sum(each.left for each in progress.of(batch.judgement)),
    )
    judged = {
        "confirmed": progress.lines("confirm"),
        "rejected": progress.lines("reject"),
        "reversed": progress.lines("reverse"),
        "judgement": judgement,
    }
    return BatchAnswer.model_validate(vars(batch) | total(progress).model_dump() | judged | {"refused_lines": link})


class BatchParams(Paged):
    """Filters of batches; ``from`` (included) and ``until`` (not) bound the time of the announcement."""

    from_: Annotated[Moment | None, Field(alias="from")] = None
    until: Moment | None = None


class SampleParams(Params):
    """How many lines to draw."""

    size: Annotated[Size, Field(description="Lines to draw")] = 20


class SampledLine(Answer):
    """A line of a file and what became of it: a reduction, or the code and the sentence of its refusal."""

    line: int
    record_id: str | None
    status: Literal["reported", "confirmed", "rejected", "reversed", "refused"]
    reduction: ReductionAnswer | None
    code: str | None
    detail: str | None
    detail_zh: str | None


class Sample(Answer):
    """Lines drawn at random, in the order of the file; other ones each time."""

    items: list[SampledLine]


def file_key(id: str) -> str:
    return f"{FOLDER}{id}/lines.jsonl"


def wake_key(id: str) -> str:
    """An empty object; that it is put wakes a worker, as the file itself did."""
    return f"{FOLDER}{id}/wake"


def unpacked_key(id: str) -> str:
    """The lines of a file that came packed."""
    return f"{UNPACKED}{id}.jsonl"


def refused_key(id: str, line: int | None = None) -> str:
    """The refused lines of a slice, by the number of its first line, or of the whole batch."""
    return f"batches/{id}/refused" + (".jsonl" if line is None else f"/{line:010d}.jsonl")
