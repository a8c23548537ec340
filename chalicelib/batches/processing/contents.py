"""What a file of lines holds, as exporters write such files: its lines, or the one reason why it holds none."""

import gzip
import re
import tempfile
import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from typing import IO

from chalicelib.errors import Text

_RATIO_MAX = 100  # of gzip, beyond the first MiB: trips pack to a tenth or twentieth, bombs to a thousandth
_CHUNK_BYTES, _HEAD_BYTES = 1 << 20, 1 << 16
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_EDGES = b" \t\r\n\v\f\x1a"  # 0x1A: the end of a file as DOS marks it, also in the middle of joined files
_LEADING = re.compile(rb"\A(?:\xef\xbb\xbf|[ \t\r\n\v\f\x1a])*+")  # a byte order mark, also of a file joined behind

_CONVERT = (
    (
        Text("an Excel workbook or ZIP archive", "Excel 工作簿或 ZIP 压缩包"),
        Text(
            "export JSON Lines in UTF-8, and pack with gzip if at all",
            "请导出 UTF-8 编码的 JSON Lines；如需压缩请用 gzip",
        ),
        lambda head: head.startswith(_ZIP),
    ),
    (
        Text("UTF-16", "UTF-16 编码"),
        Text("convert with: iconv -f UTF-16 -t UTF-8", "请转换为 UTF-8：iconv -f UTF-16 -t UTF-8"),
        lambda head: head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) or head.count(0) * 3 > len(head),
    ),
    (
        Text("a JSON array", "JSON 数组"),
        Text("write one object a line, with: jq -c '.[]'", "请改为每行一个对象：jq -c '.[]'"),
        lambda head: _clean(head).startswith(b"["),
    ),
    (
        Text("pretty-printed JSON", "分行缩进的 JSON"),
        Text("write one object a line, with: jq -c .", "请改为每行一个对象：jq -c ."),
        lambda head: re.match(rb'\{[ \t]*+[\r\n]\s*+"', _clean(head)) is not None,
    ),
    (
        Text("lines that end in CR alone", "仅以 CR 换行的文本"),
        Text("end lines with LF, with: tr '\\r' '\\n'", "请改用 LF 换行：tr '\\r' '\\n'"),
        lambda head: b"\n" not in head and b"\r" in _clean(head),
    ),
    (
        Text("a CSV table", "CSV 表格"),
        Text("write one JSON object a line", "请改为每行一个 JSON 对象"),
        lambda head: re.match(rb'"?[A-Za-z_]+"?[,;\t]', _clean(head)) is not None,
    ),
)
_GBK = (
    Text("GBK or GB 18030", "GBK 或 GB 18030 编码"),
    Text("convert with: iconv -f GB18030 -t UTF-8", "请转换为 UTF-8：iconv -f GB18030 -t UTF-8"),
)


class Unusable(Exception):
    """The whole file is refused; ``reason`` says why."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


def unpacked(file: IO[bytes], bytes_max: int) -> IO[bytes]:
    """The file, or what it holds if it is gzip, as a temporary file. Raises Unusable. The caller closes it.

    Never more than a MiB is in memory, nor more than ``bytes_max`` on disk.
    """
    file.seek(0)
    if file.read(2) != _GZIP:
        return file
    packed = file.seek(0, 2)
    file.seek(0)
    target = tempfile.TemporaryFile()  # noqa: SIM115 (the caller's)
    try:
        with gzip.GzipFile(fileobj=file) as source:
            while chunk := source.read(_CHUNK_BYTES):
                target.write(chunk)
                _bounded(target.tell(), packed, bytes_max)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        target.close()
        raise Unusable(Text("The gzip file is damaged or cut off.", "gzip 文件已损坏或不完整。")) from None
    except BaseException:
        target.close()
        raise
    return target


def _bounded(size: int, packed: int, bytes_max: int) -> None:
    if size > bytes_max:
        en, zh = f"The gzip file unpacks to more than {bytes_max} bytes.", f"gzip 文件解压后超过 {bytes_max} 字节。"
        raise Unusable(Text(en, zh))
    if size > _CHUNK_BYTES + packed * _RATIO_MAX:
        en, zh = f"The gzip file unpacks to more than {_RATIO_MAX} times its size.", "gzip 文件压缩比异常。"
        raise Unusable(Text(en, zh))


def lines(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """The lines that hold something, numbered as editors do, without line end, byte order mark and DOS end mark."""
    file.seek(0)
    for number, raw in enumerate(file, start=1):
        if line := _clean(raw):
            yield number, line


def _clean(raw: bytes) -> bytes:
    line = raw.strip(_EDGES)
    return _LEADING.sub(b"", line, count=1) if line.startswith(BOM_UTF8) else line


def counted(file: IO[bytes]) -> int:
    """How many lines hold something. Raises Unusable, in two languages, for a file of another kind than JSON Lines."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    for name, advice, seems in _CONVERT:
        if seems(head):
            raise _other(name, advice)
    count = foreign = 0
    for _, line in lines(file):
        count += 1
        foreign += not line.isascii() and _gbk_only(line)
    if foreign * 2 > count:  # of fewer, each is refused by itself and the rest is taken
        raise _other(*_GBK)
    return count


def _gbk_only(line: bytes) -> bool:
    return not _decodes(line, "utf-8") and _decodes(line, "gb18030")


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _other(name: Text, advice: Text) -> Unusable:
    return Unusable(
        Text(
            f"The file seems to be {name.en}, not JSON Lines in UTF-8: {advice.en}. Then announce the new file.",
            f"文件疑似{name.zh}，不是 UTF-8 编码的 JSON Lines：{advice.zh}，然后重新登记该文件。",
        )
    )
