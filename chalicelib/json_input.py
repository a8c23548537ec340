"""JSON that others wrote, read by one strict parser: a text means one thing or is refused.

RFC 8259 leaves open what a name that stands twice means (section 4); I-JSON (RFC 7493) forbids it, and lone surrogates
too. Every JSON that comes from outside passes here: bodies, lines of files, tokens, key sets, answers of partners.
"""

import json
import re
from collections import Counter
from typing import Any

from chalicelib.errors import InvalidRequest, MalformedJson, Text

DEPTH_MAX = 64  # objects and arrays within each other; no body of ours needs ten
_DUPLICATES_MAX, _POINTER_MAX = 50, 1000  # an answer must not outgrow its request
_STRING = r'"(?:[^"\\]|\\.)*+"?'
_BRACKETS = re.compile(_STRING + r"|([\[{])|([\]}])", re.DOTALL)
_NOT_A_NUMBER = re.compile(_STRING + r"|(-?(?:NaN|Infinity))", re.DOTALL)
_LONG_NUMBER = re.compile(_STRING + r"|([0-9]{4301,})", re.DOTALL)
_HIGH = "[dD][89abAB][0-9a-fA-F]{2}"
_LOW = "[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPES = re.compile(rf"\\(?:[^u]|u(?!{_HIGH}|{_LOW})|u{_HIGH}\\u{_LOW})|(\\u)", re.DOTALL)

# What Python's parser finds, in Chinese; English is its own words.
_SYNTAX_ZH = {
    "Expecting value": "此处应为一个值",
    "Expecting property name enclosed in double quotes": "此处应为双引号括起的字段名",
    "Expecting ':' delimiter": "此处缺少冒号",
    "Expecting ',' delimiter": "此处缺少逗号",
    "Illegal trailing comma before end of object": "对象末尾多了一个逗号",
    "Illegal trailing comma before end of array": "数组末尾多了一个逗号",
    "Extra data": "JSON 结束之后还有其他内容",
    "Unterminated string starting": "字符串没有结束的引号",
    "Invalid control character": "字符串中含有未转义的控制字符",
    "Invalid \\escape": "字符串中的转义符无效",
    "Invalid \\uXXXX escape": "字符串中的 \\u 转义无效",
}


class _Twice(Exception):
    """An object has a name twice."""


class _NotANumber(Exception):
    """NaN or Infinity, which Python would take."""


class _Pairs(list[tuple[str, Any]]):
    """An object as it is written, every name kept."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Twice
    return found


def _no_number(_: str) -> Any:
    raise _NotANumber


_STRICT = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number)
_VERBATIM = json.JSONDecoder(object_pairs_hook=_Pairs, parse_constant=_no_number)


def read(raw: bytes) -> Any:
    """The value that ``raw`` holds. Raises MalformedJson with line and column, InvalidRequest by the repeated names.

    Beyond RFC 8259 it refuses what readers would understand in different ways: a name that stands twice in an object,
    at any depth; half a surrogate pair; NaN; more than 64 levels; a number of more than 4300 digits.
    """
    text, repeated = _decoded(raw), False
    if text.count("[") + text.count("{") > DEPTH_MAX:
        _measure(text)
    try:
        value = _parsed(text, _STRICT)
    except _Twice:
        value, repeated = _parsed(text, _VERBATIM), True
    if "\\u" in text:
        _whole(text)
    if repeated:
        raise InvalidRequest(errors=_duplicates(value))
    return value


def _parsed(text: str, decoder: json.JSONDecoder) -> Any:
    try:
        return decoder.decode(text)
    except json.JSONDecodeError as error:
        english = error.msg.removesuffix(" at")
        raise _at(text, error.pos, Text(english, _SYNTAX_ZH.get(english, "JSON 语法错误"))) from None
    except _NotANumber:
        raise _found(
            text, _NOT_A_NUMBER, Text("JSON has no NaN and no Infinity", "JSON 没有 NaN 和 Infinity")
        ) from None
    except ValueError:  # Python's own limit (sys.set_int_max_str_digits)
        raise _found(text, _LONG_NUMBER, Text("A number has more than 4300 digits", "数字超过 4300 位")) from None


def _decoded(raw: bytes) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode()
        raise _at(before, len(before), Text("The bytes are not UTF-8", "字节不是有效的 UTF-8 编码")) from None
    if text.startswith("\ufeff"):
        reason = Text(
            "A byte order mark stands before the JSON; leave it out", "JSON 之前有字节顺序标记（BOM），请去掉"
        )
        raise _at(text, 0, reason)
    return text


def _measure(text: str) -> None:
    depth = 0
    for token in _BRACKETS.finditer(text):
        depth += bool(token[1]) - bool(token[2])
        if depth > DEPTH_MAX:
            en, zh = f"Nested deeper than {DEPTH_MAX} levels", f"嵌套超过 {DEPTH_MAX} 层"
            raise _at(text, token.start(), Text(en, zh))


def _whole(text: str) -> None:
    """An escape such as \\ud83d stands for half a character: alone it is none (RFC 8259, 8.2)."""
    for escape in _ESCAPES.finditer(text):
        if escape[1]:
            reason = Text("Half a surrogate pair stands alone", "代理对（surrogate）不完整")
            raise _at(text, escape.start(), reason)


def _found(text: str, token: re.Pattern[str], reason: Text) -> MalformedJson:
    return _at(text, next((each.start(1) for each in token.finditer(text) if each[1]), 0), reason)


def _at(text: str, position: int, reason: Text) -> MalformedJson:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return MalformedJson(
        reason=Text(f"{reason.en} at line {line} column {column}", f"第 {line} 行第 {column} 列：{reason.zh}")
    )


def _duplicates(value: Any) -> list[dict[str, Any]]:
    """Each name that stands twice, as a fault by its JSON Pointer (RFC 6901)."""
    found: list[str] = []
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting and len(found) < _DUPLICATES_MAX:
        place, value = waiting.pop()
        if isinstance(value, _Pairs):
            inner = [(f"{place}/{name.replace('~', '~0').replace('/', '~1')}", each) for name, each in value]
            found += [name for name, count in Counter(name for name, _ in inner).items() if count > 1]
        elif isinstance(value, list):
            inner = [(f"{place}/{number}", each) for number, each in enumerate(value)]
        else:
            continue
        waiting += ((name[:_POINTER_MAX], each) for name, each in inner)
    detail = Text("Appears more than once; send it once", "该字段重复出现，只能出现一次")
    pointers = dict.fromkeys(name[:_POINTER_MAX] for name in found)
    return [{"pointer": pointer, "detail": detail} for pointer in list(pointers)[:_DUPLICATES_MAX]]
