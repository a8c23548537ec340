"""RFC 9457 problems: how every refusal is answered, the framework's own included."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chalice.app import Request, Response

from chalicelib import errors
from chalicelib.errors import MalformedJson, Refusal, Text


class MalformedRequest(Refusal):
    status, code = 400, "malformed_request"
    title = Text("The request is not valid HTTP", "请求不是有效的 HTTP 报文")
    detail = Text("Send a request as in RFC 9112.", "请按 RFC 9112 发送请求。")


class IdempotencyKeyRequired(Refusal):
    status, code = 400, "idempotency_key_required"
    title = Text("An Idempotency-Key is required", "缺少 Idempotency-Key")
    detail = Text(
        "Send the header Idempotency-Key with 1 to 255 visible ASCII characters, a new one for each intended change.",
        "请在请求头 Idempotency-Key 中发送 1 至 255 个可见 ASCII 字符，每次新的变更使用新的值。",
    )


class MethodNotAllowed(Refusal):
    status, code = 405, "method_not_allowed"
    title = Text("This method is not offered here", "不支持该方法")
    detail = Text("Use one of the methods in the Allow header.", "请使用 Allow 响应头中列出的方法。")


class UnsupportedMediaType(Refusal):
    status, code = 415, "unsupported_media_type"
    title = Text("This media type is not understood", "不支持的媒体类型")
    detail = Text("Send Content-Type: application/json.", "请发送 Content-Type: application/json。")


class TooManyRequests(Refusal):
    status, code = 429, "too_many_requests"
    title = Text("Too many requests", "请求过于频繁")
    detail = Text("Slow down and send again after Retry-After.", "请降低频率，并在 Retry-After 之后重试。")

    def __init__(self, **facts: Any) -> None:
        super().__init__(**({"retry_after": 1} | facts))


class InternalError(Refusal):
    status, code = 500, "internal_error"
    title = Text("The platform failed", "平台内部错误")
    detail = Text(
        "The fault is ours and has been logged. The same request with the same Idempotency-Key is safe to send again.",
        "故障在平台一侧，已被记录。可使用相同的 Idempotency-Key 安全地重发同一请求。",
    )


CONTENT_TYPE = "application/problem+json"
_WEIGHT = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")


_FRAMEWORK: dict[int, type[Refusal]] = {
    400: MalformedJson,
    401: errors.Unauthenticated,
    403: errors.RoleNotAllowed,
    404: errors.NotFound,
    405: MethodNotAllowed,
    413: errors.BodyTooLarge,
    415: UnsupportedMediaType,
    429: TooManyRequests,
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
        primary = re.split("[-_]", tag)[0]  # zh_CN, as some devices send it
        if primary in {"en", "zh"} and weight > best_weight:
            best, best_weight = primary, weight
    return best


def response(
    refusal: Refusal, *, language: str = "en", instance: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """The refusal as a problem in ``language``. ``instance`` is the path that was called."""
    facts = {name: value for name, value in refusal.in_language(language).items() if name != "errors"}
    body: dict[str, Any] = {
        "type": f"/problems/{refusal.code}",
        "title": refusal.title.zh if language == "zh" else refusal.title.en,
        "status": refusal.status,
        "detail": refusal.text(language),
        "instance": instance,
        "code": refusal.code,
    } | facts
    if refusal.remedy:
        body["remedy"] = errors.in_words(refusal.remedy, language)
    if "errors" in refusal.facts:
        body["errors"] = [_fault(each, language) for each in refusal.facts["errors"]]
    sent: dict[str, Any] = {
        "Content-Type": CONTENT_TYPE,
        "Content-Language": "zh-CN" if language == "zh" else "en",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    if "retry_after" in refusal.facts:
        sent["Retry-After"] = str(refusal.facts["retry_after"])
    if refusal.status == 401:
        sent["WWW-Authenticate"] = "Bearer"
    return Response(json.dumps(body, ensure_ascii=False), sent | dict(headers or {}), refusal.status)


def _fault(fault: dict[str, Any], language: str) -> dict[str, Any]:
    return fault | {"detail": errors.in_words(fault["detail"], language)}


def reshape(event: Request, get_response: Callable[[Any], Response]) -> Response:
    """HTTP middleware: the framework's ``{"Code", "Message"}`` becomes a problem like every other refusal."""
    answered = get_response(event)
    if answered.status_code < 400 or answered.headers.get("Content-Type") == CONTENT_TYPE:
        return answered
    kind = _FRAMEWORK.get(answered.status_code, InternalError)
    message = answered.body.get("Message", "") if isinstance(answered.body, dict) else ""
    allow = {"Allow": str(answered.headers["Allow"])} if "Allow" in answered.headers else None
    refusal = kind(reason=Text(message, "请求无法读取")) if kind is MalformedJson else kind()
    return response(refusal, language=language(event.headers), instance=path_of(event), headers=allow)


def path_of(request: Request) -> str:
    """The path as called (chalice's ``request.path`` is the route's template)."""
    return str(request.context.get("path") or request.path)
