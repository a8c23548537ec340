"""A file that has arrived is read once, and cut into lanes where it is what was announced (docs/adr/0048)."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from chalicelib.batches.actions import refuse, start
from chalicelib.batches.admission import LANES_MAX
from chalicelib.batches.items import Batch, Lane
from chalicelib.batches.model import FILE_BYTES_MAX, NDJSON, file_key, unpacked_key
from chalicelib.batches.processing.chunks import GZIP, Unusable, chunked, hashed, unpacked
from chalicelib.batches.processing.contents import Border, Survey, survey
from chalicelib.errors import Text
from chalicelib.files import store
from chalicelib.files.client import Replaced
from chalicelib.files.parts import Parts
from chalicelib.kernel.settle import derive, perform
from chalicelib.table import keys
from chalicelib.table.write import Attr, update

LANE_LINES_MIN = 10_000  # some twenty seconds' work


def plan(batch: Batch) -> bool:
    """Start the batch, or refuse it; False where its file has not come, or is replaced meanwhile (another event).

    Nothing is kept before the one transaction that does so: a planner that dies has only read.
    """
    found = store.stat(file_key(batch.id))
    if found is None:
        return False
    try:
        checked, text = _checked(replace(batch, etag=found.etag), found.bytes)
    except Replaced:
        return False
    except Unusable as unusable:
        reason = unusable.reason
        perform(keys.part_id(batch.id, "refuse"), lambda command: refuse(command, batch, reason))
        return True
    perform(keys.part_id(batch.id, "start"), lambda command: start(command, checked, cut(text)))
    return True


def follow(batch: Batch) -> None:
    """The file was sent again while its lanes are in work: they continue with the new object if it has the announced
    bytes. Where KMS encrypts, S3 gives the same bytes another ETag. Raises Unusable where the bytes differ; Replaced.
    """
    found, digest = store.stat(file_key(batch.id)), hashlib.sha256()
    etag = found.etag if found else ""
    with store.stream(file_key(batch.id), etag=etag) as file:
        _check_hash(batch, hashed(chunked(file), digest), digest)
    derive(update(keys.batch(batch.id), assign={"etag": etag}, require=Attr("etag").eq(batch.etag)))


def _checked(batch: Batch, size: int) -> tuple[Batch, Survey]:
    """The batch with what its file is. Raises Unusable where it is not what was announced.

    Other bytes are the reason before anything that follows from them.
    """
    if size > FILE_BYTES_MAX:
        en, zh = f"The file has more than {FILE_BYTES_MAX} bytes.", f"文件超过 {FILE_BYTES_MAX} 字节。"
        raise Unusable(Text(en, zh))
    digest = hashlib.sha256()
    with store.stream(file_key(batch.id), etag=batch.etag) as file:
        chunks = hashed(chunked(file), digest)
        try:
            text, plain = _read(batch, chunks, size)
        except Unusable:
            _check_hash(batch, chunks, digest)
            raise
        _check_hash(batch, chunks, digest)
    if text.lines != batch.lines:
        en = f"The file holds {text.lines} lines, {batch.lines} were announced. Blank lines do not count."
        raise Unusable(Text(en, f"文件共 {text.lines} 行（不含空行），登记为 {batch.lines} 行。"))
    if plain:  # not before: the lines of other bytes never stand where a worker reads
        plain.finish()
    return replace(batch, packed=plain is not None), text


def _check_hash(batch: Batch, rest: Iterator[bytes], digest: "hashlib._Hash") -> None:
    """Raises Unusable where the file is not the announced one. S3 has checked this, an emulator may not have."""
    for _ in rest:
        pass
    if digest.hexdigest() != batch.sha256:
        raise Unusable(Text("The file's SHA-256 is not the announced one.", "文件的 SHA-256 与登记的不一致。"))


def _read(batch: Batch, chunks: Iterator[bytes], size: int) -> tuple[Survey, Parts | None]:
    """What the file holds and, where it came packed, its plain lines."""
    head = next(chunks, b"")
    chunks = chain([head] if head else [], chunks)
    if not head.startswith(GZIP):
        return survey(chunks), None
    plain = Parts(unpacked_key(batch.id), NDJSON)
    return survey(_kept(unpacked(chunks, size, FILE_BYTES_MAX), plain)), plain


def _kept(chunks: Iterator[bytes], plain: Parts) -> Iterator[bytes]:
    for chunk in chunks:
        plain.add(chunk)
        yield chunk


def cut(text: Survey) -> list[Lane]:
    """Lanes of about the same number of bytes, between borders of lines: no more than are worth a worker each."""
    count = min(LANES_MAX, -(-text.lines // LANE_LINES_MIN), len(text.borders))
    begins = [text.borders[each * len(text.borders) // count] for each in range(count)]
    return [_lane(number, *ends) for number, ends in enumerate(zip(begins, [*begins[1:], text.last], strict=True))]


def _lane(number: int, begin: Border, end: Border) -> Lane:
    return Lane(
        number=number, at="", byte=begin.byte, end=end.byte, line=begin.number, first=begin.number, until=end.number
    )
