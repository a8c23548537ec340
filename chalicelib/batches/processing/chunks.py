"""A file as a stream of chunks: counted, hashed, unpacked, and read by lines, never more than some MiB in memory."""

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import Any, Protocol

from chalicelib.errors import Text

GZIP = b"\x1f\x8b"
_RATIO_MAX = 100  # of gzip, beyond the first MiB: trips pack to a tenth or twentieth, bombs to a thousandth
_CHUNK_BYTES = 1 << 20


class Unusable(Exception):
    """The whole file is refused; ``reason`` says why."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


class Hash(Protocol):
    """One of hashlib."""

    def update(self, content: bytes, /) -> None: ...


class _Chunks(io.RawIOBase):
    """Reads as much as is asked for, unless the chunks end."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        filled = 0
        while filled < len(buffer):
            if not self._rest:
                self._rest = memoryview(next(self._chunks, b""))
                if not self._rest:
                    break
            some = min(len(buffer) - filled, len(self._rest))
            buffer[filled : filled + some] = self._rest[:some]
            self._rest, filled = self._rest[some:], filled + some
        return filled


def reader(chunks: Iterator[bytes]) -> io.BufferedReader:
    """A file to read from. No chunk is empty."""
    return io.BufferedReader(_Chunks(chunks), _CHUNK_BYTES)


def chunked(file: Any) -> Iterator[bytes]:
    """All that ``file`` holds."""
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk


def hashed(chunks: Iterator[bytes], hash: Hash) -> Iterator[bytes]:
    """The same; ``hash`` is of them all at the end."""
    for chunk in chunks:
        hash.update(chunk)
        yield chunk


def unpacked(chunks: Iterator[bytes], packed: int, bytes_max: int) -> Iterator[bytes]:
    """What a gzip file of ``packed`` bytes holds. Raises Unusable where it is damaged, or a bomb."""
    size = 0
    try:
        for chunk in chunked(gzip.GzipFile(fileobj=reader(chunks))):
            size += len(chunk)
            _bound(size, packed, bytes_max)
            yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise Unusable(Text("The gzip file is damaged or cut off.", "gzip 文件已损坏或不完整。")) from None


def _bound(size: int, packed: int, bytes_max: int) -> None:
    if size > bytes_max:
        en, zh = f"The gzip file unpacks to more than {bytes_max} bytes.", f"gzip 文件解压后超过 {bytes_max} 字节。"
        raise Unusable(Text(en, zh))
    if size > _CHUNK_BYTES + packed * _RATIO_MAX:
        en, zh = f"The gzip file unpacks to more than {_RATIO_MAX} times its size.", "gzip 文件压缩比异常。"
        raise Unusable(Text(en, zh))
