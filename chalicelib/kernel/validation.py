"""What pydantic finds wrong with a request, as a Refusal in both languages."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, RootModel, ValidationError

from chalicelib import json_input
from chalicelib.errors import InvalidRequest, MalformedJson, Refusal, Text, in_words
from chalicelib.formats import FORMATS

M = TypeVar("M", bound=BaseModel)
_FAULTS_MAX, _LETTERS_MAX = 5, 300  # a line of nonsense must not make a page of reasons

# pydantic's fault types in Chinese; English is pydantic's own sentence.
_FAULTS_ZH = {
    "missing": "缺少该字段",
    "extra_forbidden": "不支持的字段",
    "string_type": "应为字符串",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "最多 {max_length} 个字符",
    "string_pattern_mismatch": "不符合格式 {pattern}",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "int_parsing_size": "整数过大",
    "bool_type": "应为 true 或 false",
    "list_type": "应为数组",
    "dict_type": "应为对象",
    "model_type": "应为 JSON 对象",
    "model_attributes_type": "应为 JSON 对象",
    "literal_error": "应为 {expected}",
    "greater_than_equal": "应大于或等于 {ge}",
    "less_than_equal": "应小于或等于 {le}",
    "too_short": "至少 {min_length} 项",
    "too_long": "最多 {max_length} 项",
    "datetime_type": "应为 RFC 3339 时间，例如 2026-01-31T08:00:00Z",
    "datetime_parsing": "应为 RFC 3339 时间，例如 2026-01-31T08:00:00Z",
    "datetime_from_date_parsing": "应为 RFC 3339 时间，例如 2026-01-31T08:00:00Z",
    "timezone_aware": "时间须带时区，例如 2026-01-31T08:00:00Z",
    "time_range": "按 UTC 计，年份应在 1971 至 9998 之间",
    "blank": "不能全为空白",
    "control_character": "不能含控制字符",
    "one_line": "应为一行，不能换行",
    "union_tag_invalid": "应为 {expected_tags}",
    "union_tag_not_found": "缺少 {discriminator}",
    "identity_number": "不是有效的公民身份号码（GB 11643）",
    "number_or_words": "应为正整数或文字说明",
    "period_ends": "应晚于 starts_at",
    "period_opens": "应早于 ends_at",
    "draws_at": "allocation 为 draw 时须填写 draws_at，否则不得填写",
    "draws_begin": "应晚于 starts_at 和 opens_at",
    "draws_end": "不得晚于 ends_at",
    "day": "应为日期，例如 2030-12-31",
    "category": "应为以下类别之一：{allowed}",
    "levels": "名称不得重复，score_min 应依次递增",
    "scenario_twice": "场景编码不区分大小写：{scenario} 有两个权重",
    "sku_twice": "有两行的 sku 均为 {sku}，请只保留一行",
    "part_twice": "分片 {number} 出现两次，请只保留一个",
    "credit_code": "不是有效的统一社会信用代码（GB 32100）",
}


def parsed(model: type[M], raw: bytes) -> M:
    """The body, or the line, that ``raw`` says: read strictly, then judged by ``model``.

    Raises MalformedJson, InvalidRequest.
    """
    json_input.read(raw)  # pydantic would keep the last of two equal names
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise invalid(error, tagged=issubclass(model, RootModel)) from None


def invalid(error: ValidationError, *, prefix: str = "", tagged: bool = False) -> Refusal:
    """What pydantic found wrong: fields named by JSON pointers.

    ``tagged``: the model is a choice of several, and pydantic's places begin with the name of the choice.
    """
    faults = error.errors(include_url=False, include_input=False)
    if faults[0]["type"] == "json_invalid":  # what only the second parser minds: none is known
        reason = faults[0]["msg"].removeprefix("Invalid JSON: ")
        return MalformedJson(reason=Text(reason, "JSON 无法解析"))
    named = []
    for fault in faults[:50]:
        place = fault["loc"][1:] if tagged else fault["loc"]
        if fault["type"].startswith("union_tag"):  # the choice itself is wrong
            place += (fault["ctx"]["discriminator"].strip("'"),)
        pointer = prefix + "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in place)
        named.append({"pointer": pointer, "detail": _worded(fault)})
    return InvalidRequest(errors=named)


def _worded(fault: Mapping[str, Any]) -> Text:
    """A fault of pydantic's in both languages. Nobody is shown the pattern that a text must match."""
    context = {name: str(value) for name, value in fault.get("ctx", {}).items()}
    if written := FORMATS.get(context.get("pattern", "")):
        return written
    template: str = _FAULTS_ZH.get(fault["type"], fault["msg"])
    try:
        chinese = template.format(**context | {"expected": context.get("expected", "").replace(" or ", " 或 ")})
    except (KeyError, IndexError, ValueError):
        chinese = template
    return Text(fault["msg"], chinese)


def explained(refusal: Refusal, language: str) -> str:
    """Why one of many lines was refused, in ``language`` ("en" or "zh"): its faults by field, else the detail."""
    faults = [(fault["pointer"], fault["detail"]) for fault in refusal.facts.get("errors", ())[:_FAULTS_MAX]]
    by_field = [f"{at}: {in_words(what, language)}" for at, what in faults]
    return ("; ".join(by_field) or refusal.text(language))[:_LETTERS_MAX]
