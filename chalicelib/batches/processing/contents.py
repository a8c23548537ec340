"""What a file of lines holds, as exporters write such files: its lines, or the one reason why it holds none."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterator
from typing import IO, NamedTuple

from chalicelib.batches.processing.chunks import Unusable, reader
from chalicelib.errors import Text

RAW_BYTES_MAX = 16_384  # of a line, with all that surrounds it; the rest of a longer one is passed over
NUMBERS_MAX = 200_000_000  # of lines, blank ones included: a minute's reading
BORDER_BYTES = 1 << 20
_HEAD_BYTES = 1 << 16
_ZIP = b"PK\x03\x04"
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


class TextLine(NamedTuple):
    """A line that holds something: its number, as editors count, the byte behind its end, and what it holds.

    ``content`` is without line end, byte order mark and DOS end mark; of a longer line, it is only the beginning.
    """

    number: int
    begin: int
    end: int
    content: bytes


class Border(NamedTuple):
    """Where a line begins, and its number."""

    byte: int
    number: int


class Survey(NamedTuple):
    """What a pass over a text found: how many lines hold something, and borders between lines.

    ``last`` is behind its last line.
    """

    lines: int
    borders: list[Border]
    last: Border


def lines(file: IO[bytes], begin: Border = Border(0, 1)) -> Iterator[TextLine]:  # noqa: B008 (it never changes)
    """The lines of ``file`` that hold something, from ``begin`` on. Raises Unusable for a file of line ends."""
    byte, number = begin
    readline = file.readline
    while raw := readline(RAW_BYTES_MAX):
        end = byte + len(raw)
        if len(raw) == RAW_BYTES_MAX and not raw.endswith(b"\n"):
            end += _passed(readline)
        if content := raw if end - byte > RAW_BYTES_MAX else _clean(raw):
            yield TextLine(number, byte, end, content)
        byte, number = end, number + 1
        if number > NUMBERS_MAX:
            en, zh = f"The file holds more than {NUMBERS_MAX} lines.", f"文件超过 {NUMBERS_MAX} 行。"
            raise Unusable(Text(en, zh))


def _passed(readline: Callable[[int], bytes]) -> int:
    """The bytes of the rest of a line."""
    passed = 0
    while more := readline(RAW_BYTES_MAX):
        passed += len(more)
        if more.endswith(b"\n"):
            break
    return passed


def _clean(raw: bytes) -> bytes:
    line = raw.strip(_EDGES)
    return _LEADING.sub(b"", line, count=1) if line.startswith(BOM_UTF8) else line


def survey(chunks: Iterator[bytes]) -> Survey:
    """Read a text once, in little memory. Raises Unusable, in two languages, for another kind than JSON Lines."""
    file = reader(chunks)
    head = file.peek(_HEAD_BYTES)[:_HEAD_BYTES]
    for name, advice, seems in _CONVERT:
        if seems(head):
            raise _other(name, advice)
    count = foreign = 0
    borders, last = [Border(0, 1)], Border(0, 1)
    for number, begin, end, content in lines(file):
        count += 1
        if end - begin <= RAW_BYTES_MAX and not content.isascii():  # a longer one may be cut within a letter
            foreign += _gbk_only(content)
        if begin - borders[-1].byte >= BORDER_BYTES:
            borders.append(Border(begin, number))
        last = Border(end, number + 1)
    if foreign * 2 > count:  # of fewer, each is refused by itself and the rest is taken
        raise _other(*_GBK)
    return Survey(count, borders, last)


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
