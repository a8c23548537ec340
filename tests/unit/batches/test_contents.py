"""What files of lines hold, as exporters of every kind write them."""

import gzip
import io
import json
import os
import random
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from chalicelib.batches.processing import contents, planning
from chalicelib.batches.processing.chunks import Unusable, chunked, reader, unpacked
from chalicelib.batches.processing.contents import RAW_BYTES_MAX, Border, Survey, lines, survey
from tests.chinese import CHINESE

MIB = 1 << 20
BOM = b"\xef\xbb\xbf"
TRIPS = [{"record_id": f"r{number}", "名称": "地铁"} for number in range(3)]
PLAIN = "".join(json.dumps(trip, ensure_ascii=False) + "\n" for trip in TRIPS)


def found(content: bytes) -> list[tuple[int, bytes]]:
    return [(each.number, each.content) for each in lines(io.BytesIO(content))]


def chunks(content: bytes, size: int = MIB) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


def counted(content: bytes) -> int:
    return survey(chunks(content)).lines


def unpacked_whole(content: bytes, bytes_max: int) -> bytes:
    return b"".join(unpacked(chunks(content), len(content), bytes_max))


def reason(content: bytes) -> tuple[str, str]:
    with pytest.raises(Unusable) as unusable:
        counted(content)
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
    assert counted(content) == len(expected)


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
    assert counted(content) == content.count(b"\n") + (not content.endswith(b"\n"))


@pytest.mark.parametrize("content", [BOM * MIB, b"{" + b"\n" * MIB + b"x", b"\x1a " * MIB, b"{ " + b" " * MIB + b"x"])
def test_a_hostile_file_takes_no_more_time_than_its_bytes(content: bytes) -> None:
    started = time.process_time()
    counted(content)
    assert time.process_time() - started < 1  # backtracking takes seconds, or hours


@pytest.mark.parametrize("content", [PLAIN.encode(), b"", b"\n" * 1000, os.urandom(3 * MIB)])
def test_gzip_is_unpacked(content: bytes) -> None:
    assert unpacked_whole(gzip.compress(content, mtime=0), 4 * MIB) == content


def test_joined_gzip_files_are_one() -> None:
    assert unpacked_whole(gzip.compress(b"a\n", mtime=0) + gzip.compress(b"b\n", mtime=0), MIB) == b"a\nb\n"


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
        unpacked_whole(content, 2 * MIB)
    assert english in unusable.value.reason.en
    assert CHINESE.search(unusable.value.reason.zh)


def peak_of(read: Callable[[], object]) -> int:
    tracemalloc.start()
    read()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_a_bomb_takes_little_memory() -> None:
    bomb = gzip.compress(bytes(64 * MIB), mtime=0)

    def explode() -> None:
        with pytest.raises(Unusable):
            for _ in unpacked(chunks(bomb), len(bomb), 32 * MIB):
                pass

    assert peak_of(explode) < 8 * MIB


def test_a_file_of_any_size_takes_little_memory() -> None:
    """Among its lines are some of 1 MB, and its end is one of 40 MB."""
    line, long = PLAIN.encode(), b"x" * MIB + b"\n"

    def source() -> Iterator[bytes]:
        for _ in range(40):
            yield line * 1000
            yield long
        yield from (b"y" * MIB for _ in range(40))

    made: list[Survey] = []
    assert peak_of(lambda: made.append(survey(source()))) < 8 * MIB
    assert made[0].lines == 40 * (3000 + 1) + 1


@pytest.mark.parametrize("size", [1, 7, 1000, MIB])
def test_lines_know_where_they_are_however_the_file_is_cut(size: int) -> None:
    content = BOM + b"a\r\n\n" + b"b" * 20_000 + b"\r\n c \n" + b" " * 20_000 + b"\n\n\x1ad"
    whole = list(lines(reader(chunks(content, size))))
    begun = [(each.number, each.content[:2]) for each in whole]
    assert begun == [(1, b"a"), (3, b"bb"), (4, b"c"), (5, b"  "), (7, b"d")]
    assert [len(each.content) for each in whole] == [1, RAW_BYTES_MAX, 1, RAW_BYTES_MAX, 1]
    for each in whole:  # from any line on, the rest is the same
        rest = lines(io.BytesIO(content[each.begin :]), Border(each.begin, each.number))
        assert list(rest) == whole[whole.index(each) :]


def test_what_hides_behind_blanks_counts_as_a_line() -> None:
    hidden = b" " * 100_000 + b'{"record_id": "x"}\n'
    assert counted(hidden) == 1
    [line] = lines(io.BytesIO(hidden))
    assert len(line.content) > 4096  # which refuses it


def test_a_file_of_line_ends_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "NUMBERS_MAX", 1000)
    assert counted(b"\n" * 999) == 0
    assert "more than 1000 lines" in reason(b"\n" * 1001)[0]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 20, 200])
def test_lanes_are_cut_between_lines_and_miss_none(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "LANE_LINES_MIN", 3)
    monkeypatch.setattr(contents, "BORDER_BYTES", 50)
    some = random.Random(count)
    parts = [b"\n" * some.randrange(3) + b"%d" % number + b"x" * some.randrange(60) + b"\n" for number in range(count)]
    content = b"".join(parts)
    lanes = planning.cut(survey(chunks(content)))
    assert len(lanes) == min(8, -(-count // 3)) or len(content) < 8 * 100
    assert [each.number for each in lanes] == list(range(len(lanes)))
    assert (lanes[0].byte, lanes[0].line) == (0, 1)
    assert all((one.end, one.until) == (other.byte, other.line) for one, other in pairwise(lanes))
    read = [
        line
        for lane in lanes
        for line in lines(io.BytesIO(content[lane.byte : lane.end]), Border(lane.byte, lane.line))
    ]
    assert read == list(lines(io.BytesIO(content)))
    assert all(lane.first <= line.number < lanes[-1].until for lane in lanes[-1:] for line in read[-1:])


def test_a_file_is_read_in_chunks() -> None:
    assert [len(each) for each in chunked(io.BytesIO(b"x" * (MIB + 1)))] == [MIB, 1]
