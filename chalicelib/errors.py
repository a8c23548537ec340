"""Refusals: every anticipated "no" of the platform.

A Refusal is raised where the rule stands. Its class fixes the code and the status that clients rely on; its text says,
in English and Chinese, what is wrong and how to fix it. The edge makes it an RFC 9457 problem.
"""

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple, Self

from chalicelib import states


class Text(NamedTuple):
    """One sentence in the two languages of the scheme."""

    en: str
    zh: str


def in_words(fact: Any, language: str) -> Any:
    """A Text's sentence in ``language`` ("en" or "zh"); anything else as it is."""
    if isinstance(fact, Text):
        return fact.zh if language == "zh" else fact.en
    return fact


class Refusal(Exception):
    """An anticipated no.

    ``facts`` fill the placeholders of ``detail`` and travel as extension members of the problem. ``remedy`` says how to
    fix it, where the detail does not.
    """

    status: ClassVar[int]
    code: ClassVar[str]
    title: ClassVar[Text]
    detail: ClassVar[Text]
    remedy: ClassVar[Text | None] = None
    reveals: ClassVar[bool] = False  # something about others: so many a day (edge/identity/budgets.py)
    coded: ClassVar[bool] = False  # its facts are codes of states, steps or roles: a Chinese text says them in words
    registry: ClassVar[dict[str, type["Refusal"]]] = {}

    @classmethod
    def at(cls, pointer: str, en: str, zh: str) -> Self:
        """One fault at one place of the body."""
        return cls(errors=[{"pointer": pointer, "detail": Text(en, zh)}])

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.code)
        self.facts = facts

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        Refusal.registry.setdefault(cls.code, cls)

    def __str__(self) -> str:
        return f"{self.code}: {self.text('en')}"

    def text(self, language: str) -> str:
        """The detail in ``language`` ("en" or "zh"), its placeholders filled."""
        template = self.detail.zh if language == "zh" else self.detail.en
        return template.format_map(_Facts(self.wording(language)))

    def wording(self, language: str) -> dict[str, Any]:
        """What fills the placeholders: the facts, in words where a class has words for them."""
        facts, worded = self.in_language(language), self.coded and language == "zh"
        return {name: states.in_chinese(str(code)) for name, code in facts.items()} if worded else facts

    def in_language(self, language: str) -> dict[str, Any]:
        """The facts; those that are a Text in ``language``."""
        return {name: in_words(fact, language) for name, fact in self.facts.items()}


class _Facts(dict[str, Any]):
    def __missing__(self, key: str) -> str:  # a text never fails because a fact is missing
        return "?"


class MalformedJson(Refusal):
    status, code = 400, "malformed_json"
    title = Text("The body is not JSON", "请求体不是有效的 JSON")
    detail = Text(
        "Send one JSON object in UTF-8 (RFC 8259). The parser says: {reason}",
        "请发送一个 UTF-8 编码的 JSON 对象（RFC 8259）。解析结果：{reason}",
    )


class Unauthenticated(Refusal):
    status, code = 401, "unauthenticated"
    title = Text("The caller is not authenticated", "身份未经验证")
    detail = Text(
        "Send Authorization: Bearer <token> with a token that is valid now and issued for this service.",
        "请发送 Authorization: Bearer <令牌>，令牌须在有效期内且签发给本服务。",
    )


class RoleNotAllowed(Refusal):
    status, code = 403, "role_not_allowed"
    title = Text("This role may not do this", "该角色无权执行此操作")
    detail = Text("Allowed here: {allowed}. The caller's role is {role}.", "允许的角色：{allowed}。当前角色：{role}。")
    remedy = Text(
        "Call with a token of an allowed role, or let the holder of that role do it.",
        "请使用具有所需角色的令牌，或由该角色的持有者操作。",
    )
    coded = True


class NotFound(Refusal):
    status, code = 404, "not_found"
    title = Text("Not found", "未找到")
    detail = Text(
        "There is nothing at this address that the caller may see. Check the path and the id.",
        "此地址下没有调用方可见的内容。请检查路径和编号。",
    )


class InvalidState(Refusal):
    status, code = 409, "invalid_state"
    title = Text("Not possible in the present state", "当前状态不允许此操作")
    detail = Text("The state is {state}; {action} is not a step from it.", "当前状态为“{state}”，不能执行“{action}”。")
    remedy = Text(
        "Read the resource again and offer only the steps that its state allows.",
        "请重新读取该资源，仅执行其当前状态允许的操作。",
    )
    coded = True


class LimitReached(Refusal):
    """A limit that somebody set; who sets it says which one."""

    status, code = 409, "limit_reached"
    title = Text("A limit is reached", "已达上限")
    detail = Text("At most {limit} are allowed; {held} are taken already.", "上限为 {limit}，已使用 {held}。")
    remedy = Text("Ask for less, or wait until the limit allows more.", "请减少数量，或等待额度恢复。")


class AlreadyRefunded(Refusal):
    status, code = 409, "already_refunded"
    title = Text("Refunded already", "已退还")
    detail = Text("All points went back before; nothing was done again.", "碳积分此前已全部退还，本次未重复执行。")
    remedy = Text("Nothing to fix: read it again.", "无需处理：请重新查询。")


class Contended(Refusal):
    """Nothing was changed; the same request may be sent again. The edge itself retries first, where ``again``."""

    again: ClassVar[bool] = True
    status, code = 409, "contended"
    title = Text("Too many changes at once", "并发变更过多")
    detail = Text(
        "Others are changing the same balance. Nothing was done; send the same request again in {retry_after} s.",
        "其他请求正在修改同一余额。本次未做任何变更；请在 {retry_after} 秒后原样重发。",
    )

    def __init__(self, **facts: Any) -> None:
        super().__init__(**({"retry_after": 1} | facts))


class BodyTooLarge(Refusal):
    status, code = 413, "body_too_large"
    title = Text("The body is too large", "请求体过大")
    detail = Text("A body holds at most {limit} bytes.", "请求体最多 {limit} 字节。")
    remedy = Text("Split the request, or shorten its texts.", "请拆分请求或缩短文本。")


class InvalidRequest(Refusal):
    """``errors`` is ``[{"pointer": JSON pointer, "detail": Text | str}]``, one a fault."""

    status, code = 422, "invalid_request"
    title = Text("Some fields cannot be accepted", "部分字段无法接受")
    detail = Text(
        "Correct the fields named in errors and send the request again.", "请按 errors 中列出的字段修改后重新发送。"
    )


class IdempotencyKeyReused(Refusal):
    status, code = 422, "idempotency_key_reused"
    title = Text("This Idempotency-Key stands for another request", "该 Idempotency-Key 已用于另一请求")
    detail = Text(
        "The key was used for another path or body, or in another role. Use a new key for a new change.",
        "该键已用于其他路径、请求体或角色。新的变更请使用新的键。",
    )


class Unavailable(Refusal):
    status, code = 503, "unavailable"
    title = Text("The store does not answer", "存储暂不可用")
    detail = Text(
        "It is not known whether the change was made. Send the same request with the same Idempotency-Key again:"
        " it is done once.",
        "暂无法确认变更是否完成。请使用相同的 Idempotency-Key 重发同一请求：变更只会执行一次。",
    )

    def __init__(self, **facts: Any) -> None:
        super().__init__(**({"retry_after": 1} | facts))


def unprocessable(pointer: str, en: str, zh: str) -> Callable[[Any], Refusal]:
    """A Write's refusal that names the field of the body which the stored item contradicts."""
    return lambda _: InvalidRequest.at(pointer, en, zh)
