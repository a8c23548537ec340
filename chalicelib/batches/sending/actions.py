"""Parts of a batch's file: where they may be sent, and that they are all there. Each is one Decision."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from chalicelib.batches.actions import FORM_SECONDS, STEPS
from chalicelib.batches.items import Batch, Progress
from chalicelib.batches.model import FILE_BYTES_MAX, file_key, to_answer
from chalicelib.batches.sending.model import AllParts, NewPart, NewParts, PartAddress, PartsOpened
from chalicelib.errors import InvalidRequest, InvalidState, Refusal, Text
from chalicelib.files import multipart
from chalicelib.files.multipart import PART_BYTES_MIN, Arrived, Part
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import stamp
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.table.write import Attr, Write, update
from chalicelib.transitions import step

MISSING_NAMED_MAX = 50


class PartsMissing(Refusal):
    """``missing_parts`` names the first of them."""

    status, code = 409, "parts_missing"
    title = Text("Parts of the file are missing", "文件分片缺失")
    detail = Text(
        "Of the file's {parts} parts, {arrived} have arrived. missing_parts names some that have not.",
        "文件共 {parts} 片，已送达 {arrived} 片；missing_parts 中列出部分尚未送达的分片。",
    )
    remedy = Text(
        "Ask for addresses of the missing parts, send them, then complete the file again. Parts are kept for a week.",
        "请为所缺分片获取上传地址并发送，然后再次合并文件。未合并的分片保留一周。",
    )


class FileComplete(InvalidState):
    detail = Text("The file has been put together; it takes no more parts.", "文件已合并，不再接收分片。")
    remedy = Text(
        "Nothing to fix: GET /v1/reduction-batches/{id} shows what becomes of it.",
        "无需处理：可通过 GET /v1/reduction-batches/{id} 查询处理结果。",
    )


class Sending(NamedTuple):
    """An upload in parts, what of it has arrived, and the one that the batch named before it (None: none)."""

    upload: str
    arrived: tuple[Arrived, ...]
    before: str | None


def open_parts(command: Command[NewParts], batch: Batch, sending: Sending) -> Decision:
    """Addresses for some parts. The batch names its upload: of two that are begun at once, the first that is named.

    Raises InvalidState once the file has come, InvalidRequest where it would have too many bytes.
    """
    step(STEPS, batch.status, "parts", command.caller.role)
    _bound(command.body.parts, sending.arrived)
    new = batch.upload == sending.before != sending.upload
    upload = sending.upload if new else str(batch.upload)
    answer = PartsOpened(
        id=batch.id,
        parts=[_address(batch, upload, each) for each in command.body.parts],
        expires_at=stamp(command.now + timedelta(seconds=FORM_SECONDS)),
    )
    return Decision("batch_parts_opened", answer, (_named(batch, upload),) if new else ())


def _bound(parts: Sequence[NewPart], arrived: Sequence[Arrived]) -> None:
    again = {each.number for each in parts}
    total = sum(each.bytes for each in parts) + sum(each.bytes for each in arrived if each.number not in again)
    if total > FILE_BYTES_MAX:
        en = f"The file would have {total} bytes, with what has arrived; at most {FILE_BYTES_MAX} are allowed"
        raise InvalidRequest.at("/parts", en, f"连同已送达的分片共 {total} 字节，超过 {FILE_BYTES_MAX} 字节")


def _address(batch: Batch, upload: str, part: NewPart) -> PartAddress:
    wanted = Part(part.number, part.bytes, part.sha256)
    made = multipart.address(file_key(batch.id), upload, wanted, seconds=FORM_SECONDS)
    return PartAddress(number=part.number, url=made.url, headers=made.headers)


def _named(batch: Batch, upload: str) -> Write:
    as_read = Attr("upload").eq(batch.upload) if batch.upload else Attr("upload").not_exists()
    require = Attr("status").eq(batch.status) & as_read
    return update(keys.batch(batch.id), assign={"upload": upload}, require=require)


def whole(body: AllParts, arrived: Sequence[Arrived]) -> list[Arrived]:
    """The parts that make the file. Raises PartsMissing; InvalidRequest where there are more, one is too small, or
    they are too large together: addresses that were asked for at once know nothing of each other.
    """
    there = {each.number: each for each in arrived}
    if missing := [number for number in range(1, body.parts + 1) if number not in there]:
        named = missing[:MISSING_NAMED_MAX]
        raise PartsMissing(parts=body.parts, arrived=body.parts - len(missing), missing_parts=named)
    if len(there) > body.parts:
        last = max(there)
        en = f"Part {last} has arrived, too. Cut the file as before, or announce it again with a new Idempotency-Key"
        zh = f"第 {last} 片也已送达。请沿用原来的分片方式，或使用新的 Idempotency-Key 重新登记该文件"
        raise InvalidRequest.at("/parts", en, zh)
    _bound((), arrived)
    parts = [there[number] for number in sorted(there)]
    for each in parts[:-1]:
        if each.bytes < PART_BYTES_MIN:
            en = f"Part {each.number} has {each.bytes} bytes; only the last may have fewer than {PART_BYTES_MIN}"
            zh = f"第 {each.number} 片为 {each.bytes} 字节；除最后一片外不得少于 {PART_BYTES_MIN} 字节"
            raise InvalidRequest.at("/parts", en, zh)
    return parts


def completable(batch: Batch, role: str) -> bool:
    """Whether the file of parts can still be put together; False where it was. Raises InvalidState where the file came
    as one.
    """
    if batch.upload is None or batch.status == "awaiting_upload":
        step(STEPS, batch.status, "complete", role)
        return True
    return False


def complete(command: Command[AllParts], batch: Batch, progress: Progress) -> Decision:
    """The file is there. Who asks again gets the batch as it stands. From now on the schedule looks after the batch
    if the bucket's event is lost.
    """
    answer = to_answer(batch, progress)
    if not completable(batch, command.caller.role):
        return Decision("batch_completed", answer)
    listed = Listing(lists.batches_open(command.now), f"{command.at}:{batch.id}")
    write = update(keys.batch(batch.id), listed=listed, require=Attr("status").eq(batch.status))
    return Decision("batch_completed", answer, (write,))
