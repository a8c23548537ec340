"""Refusals that only HTTP knows."""

from typing import Any

from chalicelib.errors import Refusal, Text


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
