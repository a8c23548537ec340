"""RFC 9457 problems: how every refusal is answered, the framework's own included."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from chalice.app import Request, Response
from pydantic import BaseModel, RootModel, ValidationError

from chalicelib import errors, json_input
from chalicelib.errors import InvalidRequest, MalformedJson, Refusal, Text

M = TypeVar("M", bound=BaseModel)

CONTENT_TYPE = "application/problem+json"
_WEIGHT = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")

# pydantic's fault types in Chinese; English is pydantic's own sentence.
_FAULTS_ZH = {
    "missing": "缺少该字段",
    "extra_forbidden": "不认识的字段",
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
    "time_range": "年份应在 1971 至 9998 之间",
    "blank": "不能全为空白",
    "control_character": "不能含控制字符或不可见字符",
    "union_tag_invalid": "应为 {expected_tags}",
    "union_tag_not_found": "缺少 {discriminator}",
    "identity_number": "不是有效的公民身份号码（GB 11643）",
    "number_or_words": "应为正整数或文字说明",
    "period_ends": "应晚于 starts_at",
    "period_opens": "应早于 ends_at",
    "day": "应为日期，例如 2030-12-31",
    "credit_code": "不是有效的统一社会信用代码（GB 32100）",
}

_FRAMEWORK: dict[int, type[Refusal]] = {
    400: MalformedJson,
    401: errors.Unauthenticated,
    403: errors.RoleNotAllowed,
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    413: errors.BodyTooLarge,
    415: errors.UnsupportedMediaType,
    429: errors.TooManyRequests,
}


def weights(header: str) -> Iterator[tuple[str, float]]:
    """What an Accept or Accept-Language header names, in lower case, each with its weight (RFC 9110, 12.4.2)."""
    for part in header.lower().split(","):
        name, *parameters = (each.strip() for each in part.split(";"))
        quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        yield name, float(quality) if _WEIGHT.fullmatch(quality) else 0.0


def language(headers: Mapping[str, str]) -> str:
    """ "zh" where the caller prefers Chinese to English, else "en" (RFC 9110, 12.5.4)."""
    best, best_weight = "en", 0.0
    for tag, weight in weights(headers.get("accept-language", "")):
        primary = tag.split("-")[0]
        if primary in {"en", "zh"} and weight > best_weight:
            best, best_weight = primary, weight
    return best


def response(
    refusal: Refusal, *, language: str = "en", instance: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """The refusal as a problem in ``language``. ``instance`` is the path that was called."""
    facts = {name: value for name, value in refusal.told(language).items() if name != "errors"}
    body: dict[str, Any] = {
        "type": f"/problems/{refusal.code}",
        "title": refusal.title.zh if language == "zh" else refusal.title.en,
        "status": refusal.status,
        "detail": refusal.text(language),
        "instance": instance,
        "code": refusal.code,
    } | facts
    if "errors" in refusal.facts:
        body["errors"] = [_fault(each, language) for each in refusal.facts["errors"]]
    sent: dict[str, Any] = {
        "Content-Type": CONTENT_TYPE,
        "Content-Language": "zh-CN" if language == "zh" else "en",
        "Cache-Control": "no-store",
    }
    if "retry_after" in refusal.facts:
        sent["Retry-After"] = str(refusal.facts["retry_after"])
    if refusal.status == 401:
        sent["WWW-Authenticate"] = "Bearer"
    return Response(json.dumps(body, ensure_ascii=False), sent | dict(headers or {}), refusal.status)


def _fault(fault: dict[str, Any], language: str) -> dict[str, Any]:
    return fault | {"detail": errors.in_words(fault["detail"], language)}


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
        template = _FAULTS_ZH.get(fault["type"], fault["msg"])
        context = {name: str(value) for name, value in fault.get("ctx", {}).items()}
        try:
            chinese = template.format(**context)
        except (KeyError, IndexError, ValueError):
            chinese = template
        named.append({"pointer": pointer, "detail": Text(fault["msg"], chinese)})
    return InvalidRequest(errors=named)


def reshape(event: Request, get_response: Callable[[Any], Response]) -> Response:
    """HTTP middleware: the framework's ``{"Code", "Message"}`` becomes a problem like every other refusal."""
    answered = get_response(event)
    if answered.status_code < 400 or answered.headers.get("Content-Type") == CONTENT_TYPE:
        return answered
    kind = _FRAMEWORK.get(answered.status_code, errors.InternalError)
    message = answered.body.get("Message", "") if isinstance(answered.body, dict) else ""
    allow = {"Allow": str(answered.headers["Allow"])} if "Allow" in answered.headers else None
    refusal = kind(reason=Text(message, "请求无法读取")) if kind is MalformedJson else kind()
    return response(refusal, language=language(event.headers), instance=path_of(event), headers=allow)


def path_of(request: Request) -> str:
    """The path as called (chalice's ``request.path`` is the route's template)."""
    return str(request.context.get("path") or request.path)
