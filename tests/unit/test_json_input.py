"""JSON that others wrote: one meaning, or a refusal that says where and why, in both languages."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import json_input
from chalicelib.errors import InvalidRequest, MalformedJson
from tests.chinese import CHINESE

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
)


def refused(raw: bytes) -> MalformedJson:
    with pytest.raises(MalformedJson) as malformed:
        json_input.read(raw)
    return malformed.value


def repeated(raw: bytes) -> list[str]:
    with pytest.raises(InvalidRequest) as invalid:
        json_input.read(raw)
    return [fault["pointer"] for fault in invalid.value.facts["errors"]]


@given(VALUES, st.booleans())
def test_what_json_can_say_is_read_as_it_is(value: Any, escaped: bool) -> None:
    assert json_input.read(json.dumps(value, ensure_ascii=escaped).encode()) == value


@pytest.mark.parametrize(
    ("raw", "pointers"),
    [
        (b'{"quantity":"1.5","account":"a","quantity":"1000"}', ["/quantity"]),
        (b'{"a":1,"a":1}', ["/a"]),
        (b'{"a":1,"\\u0061":2}', ["/a"]),
        (b'{"a":1,"a":2,"a":3,"b":4,"b":5}', ["/a", "/b"]),
        (b'{"plan":{"goods":1,"goods":2}}', ["/plan/goods"]),
        (b'[{"x":[0,{"y":1,"y":2}]}]', ["/0/x/1/y"]),
        (b'{"a/b~c":1,"a/b~c":2}', ["/a~1b~0c"]),
        (b'{"":1,"":2}', ["/"]),
        ('{"名":1,"名":2}'.encode(), ["/名"]),
    ],
)
def test_a_name_that_stands_twice_is_refused_by_its_pointer(raw: bytes, pointers: list[str]) -> None:
    assert sorted(repeated(raw)) == pointers


def test_equal_names_in_different_objects_are_fine() -> None:
    assert json_input.read(b'[{"a":{"a":1}},{"a":2}]') == [{"a": {"a": 1}}, {"a": 2}]
    assert json_input.read(b'{"a":1,"A":2}') == {"a": 1, "A": 2}


@pytest.mark.parametrize(
    ("raw", "line", "column", "english", "chinese"),
    [
        (b"", 1, 1, "Expecting value", "应为一个值"),
        (b'{"a":1', 1, 7, "Expecting ',' delimiter", "缺少逗号"),
        (b'{\n "a" 1}', 2, 6, "Expecting ':' delimiter", "缺少冒号"),
        (b'{"a":1,"a":2}}', 1, 14, "Extra data", "结束之后"),
        (b"{'a':1}", 1, 2, "Expecting property name", "字段名"),
        (b'{"a":"b', 1, 6, "Unterminated string", "引号"),
        (b'{"a":"\x01"}', 1, 7, "Invalid control character", "控制字符"),
        (b'"\\x"', 1, 2, "Invalid \\escape", "转义符"),
        ('{"名":\n"'.encode() + b'\xff"}', 2, 2, "not UTF-8", "UTF-8"),
        (b'"\xed\xa0\x80"', 1, 2, "not UTF-8", "UTF-8"),
        (b'"\\ud800"', 1, 2, "surrogate", "代理对"),
        (b'"\\ud83d\\ude00\\ude00"', 1, 14, "surrogate", "代理对"),
        (b'{"\\udc00\\ud800":1}', 1, 3, "surrogate", "代理对"),
        (b'{"a":1,"a":2,"\\ud800":1}', 1, 15, "surrogate", "代理对"),
        (b'{"NaN":NaN}', 1, 8, "no NaN", "NaN"),
        (b"[1,\n-Infinity]", 2, 1, "no Infinity", "Infinity"),
        (b"[" * 65 + b"]" * 65, 1, 65, "64 levels", "64 层"),
        (b'{"a":' * 100_000, 1, 321, "64 levels", "64 层"),
        (b"[" + b"1" * 5000 + b"]", 1, 2, "4300 digits", "4300 位"),
        (b"\xef\xbb\xbf{}", 1, 1, "byte order mark", "BOM"),
        ("{}".encode("utf-16"), 1, 1, "not UTF-8", "UTF-8"),
    ],
)
def test_what_is_no_json_is_told_where_and_why(raw: bytes, line: int, column: int, english: str, chinese: str) -> None:
    reason = refused(raw).facts["reason"]
    assert english in reason.en
    assert reason.en.endswith(f" at line {line} column {column}")
    assert chinese in reason.zh
    assert reason.zh.startswith(f"第 {line} 行第 {column} 列：")
    assert CHINESE.search(reason.zh.partition("：")[2])


def test_escapes_that_are_whole_letters_are_read() -> None:
    raw = rb'["\\ud800", "\ud83d\ude00", "\"\\", "\u4e2d\ufeff"]'
    assert json_input.read(raw) == ["\\ud800", "😀", '"\\', "中\ufeff"]
    assert json_input.read(b"[" * 64 + b"]" * 64)
    assert json_input.read(b'["' + b"[" * 500 + b'", "\\"' + b"{" * 500 + b'"]')


def test_an_answer_does_not_outgrow_a_hostile_request() -> None:
    long = b"x" * 50_000
    nested = b'{"%b":{' % long + b",".join(b'"%d":1,"%d":2' % (each, each) for each in range(500)) + b"}}"
    found = repeated(nested)
    assert len(found) <= 50
    assert all(len(pointer) <= 1000 for pointer in found)
