"""What files of lines hold, as exporters of every kind write them."""

import gzip
import io
import json
import os
import random
import time
import tracemalloc
import zipfile

import pytest

from chalicelib.batches.processing.contents import Unusable, counted, lines, unpacked
from tests.chinese import CHINESE

MIB = 1 << 20
BOM = b"\xef\xbb\xbf"
TRIPS = [{"record_id": f"r{number}", "名称": "地铁"} for number in range(3)]
PLAIN = "".join(json.dumps(trip, ensure_ascii=False) + "\n" for trip in TRIPS)


def found(content: bytes) -> list[tuple[int, bytes]]:
    return list(lines(io.BytesIO(content)))


def reason(content: bytes) -> tuple[str, str]:
    with pytest.raises(Unusable) as unusable:
        counted(io.BytesIO(content))
    assert CHINESE.search(unusable.value.reason.zh)
    return unusable.value.reason


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"\n\r\n \t\n", []),
        (b"a\nb", [(1, b"a"), (2, b"b")]),
        (b"a\r\n\r\nb\r\n\r\n", [(1, b"a"), (3, b"b")]),
        (b"a\n\n\n", [(1, b"a")]),
        (b"a\nb\n\x1a", [(1, b"a"), (2, b"b")]),
        (b"a\r\n\x1a\r\n", [(1, b"a")]),
        (b"a\x1ab\n", [(1, b"a\x1ab")]),
        (BOM + b"a\n" + BOM + b"b\n", [(1, b"a"), (2, b"b")]),
        (b"a\n\x1a" + BOM + BOM + b" b\n", [(1, b"a"), (2, b"b")]),
        (BOM + b"\n" + BOM, []),
        (b"a" + BOM + b"\n", [(1, b"a" + BOM)]),
    ],
)
def test_lines_that_hold_nothing_do_not_count(content: bytes, expected: list[tuple[int, bytes]]) -> None:
    assert found(content) == expected
    assert counted(io.BytesIO(content)) == len(expected)


def _workbook() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("xl/workbook.xml", "")
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "seems", "cure"),
    [
        (PLAIN.encode("utf-16"), "UTF-16", "iconv -f UTF-16"),
        (PLAIN.encode("utf-16-le"), "UTF-16", "iconv -f UTF-16"),
        (PLAIN.encode("utf-16-be"), "UTF-16", "iconv -f UTF-16"),
        (PLAIN.encode("gbk"), "GBK", "iconv -f GB18030"),
        (PLAIN.replace("\n", "\r").encode(), "CR", "tr '\\r' '\\n'"),
        (json.dumps(TRIPS).encode(), "array", "jq -c '.[]'"),
        (BOM + b"\n" + json.dumps(TRIPS, indent=2).encode(), "array", "jq -c '.[]'"),
        ("\n".join(json.dumps(trip, indent=4) for trip in TRIPS).encode(), "pretty-printed", "jq -c ."),
        ("\r\n".join(json.dumps(trip, indent="\t") for trip in TRIPS).encode(), "pretty-printed", "jq -c ."),
        (_workbook(), "Excel", "export JSON Lines"),
        (b"record_id,account,quantity\nr1,a,1\n", "CSV", "JSON object a line"),
    ],
)
def test_a_file_of_another_kind_is_named_and_the_cure_too(content: bytes, seems: str, cure: str) -> None:
    english, chinese = reason(content)
    assert seems in english
    assert cure in english
    assert cure in chinese or not cure.startswith(("iconv", "jq", "tr"))


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        b'{"a": 1}\r',
        b"{\n{}\n",
        b'{}\n["a"]\n',
        b'{"a":1}\n\xff\xfe\n',
        b'{"a":1}\n{"b":2}\n' + '{"名":1}\n'.encode("gbk"),
        b"{}\n" + '{"é":1}\n'.encode("latin-1"),
    ],
)
def test_a_file_with_a_few_bad_lines_is_a_file_of_lines(content: bytes) -> None:
    assert counted(io.BytesIO(content)) == content.count(b"\n") + (not content.endswith(b"\n"))


@pytest.mark.parametrize("content", [BOM * MIB, b"{" + b"\n" * MIB + b"x", b"\x1a " * MIB, b"{ " + b" " * MIB + b"x"])
def test_a_hostile_file_takes_no_more_time_than_its_bytes(content: bytes) -> None:
    started = time.process_time()
    counted(io.BytesIO(content))
    assert time.process_time() - started < 1  # backtracking takes seconds, or hours


@pytest.mark.parametrize("content", [PLAIN.encode(), b"", b"\n" * 1000, os.urandom(3 * MIB)])
def test_gzip_is_unpacked(content: bytes) -> None:
    with unpacked(io.BytesIO(gzip.compress(content, mtime=0)), 4 * MIB) as file:
        file.seek(0)
        assert file.read() == content


def test_joined_gzip_files_are_one_and_other_files_stay_themselves() -> None:
    with unpacked(io.BytesIO(gzip.compress(b"a\n", mtime=0) + gzip.compress(b"b\n", mtime=0)), MIB) as file:
        assert list(lines(file)) == [(1, b"a"), (2, b"b")]
    plain = io.BytesIO(b"a\n")
    assert unpacked(plain, MIB) is plain


@pytest.mark.parametrize(
    ("content", "english"),
    [
        (gzip.compress(PLAIN.encode() * 100, mtime=0)[:-9], "damaged or cut off"),
        (gzip.compress(b"a\n", mtime=0) + b"more", "damaged or cut off"),
        (b"\x1f\x8b", "damaged or cut off"),
        (b"\x1f\x8bnonsense, and not a little of it", "damaged or cut off"),
        (gzip.compress(random.Random(1).randbytes(2 * MIB + 1), mtime=0), "more than 2097152 bytes"),
        (gzip.compress(bytes(2 * MIB), mtime=0), "more than 100 times"),
    ],
)
def test_gzip_that_is_broken_or_a_bomb_is_refused(content: bytes, english: str) -> None:
    with pytest.raises(Unusable) as unusable:
        unpacked(io.BytesIO(content), 2 * MIB)
    assert english in unusable.value.reason.en
    assert CHINESE.search(unusable.value.reason.zh)


def test_a_bomb_takes_little_memory() -> None:
    bomb = io.BytesIO(gzip.compress(bytes(64 * MIB), mtime=0))
    tracemalloc.start()
    with pytest.raises(Unusable):
        unpacked(bomb, 32 * MIB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * MIB
