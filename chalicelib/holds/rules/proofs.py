"""Whether a merchant's own system signed a request about a hold (RFC 9421; docs/adr/0029)."""

from typing import Any

from chalicelib.errors import Text, Unauthenticated
from chalicelib.kernel.caller import INSTITUTION
from chalicelib.kernel.decision import Command
from chalicelib.partners.items import Partner
from chalicelib.signing import messages
from chalicelib.signing.messages import BadMessage, Proof

REASONS = {
    "malformed": Text(
        "Signature-Input, Signature or Content-Digest is missing or malformed",
        "缺少 Signature-Input、Signature 或 Content-Digest，或其格式有误",
    ),
    "unknown_key": Text("keyid is no key of yours that is valid now", "keyid 不是当前有效的已登记公钥"),
    "not_covered": Text(
        "It must cover @method, @path, content-digest and idempotency-key",
        "签名须覆盖 @method、@path、content-digest 和 idempotency-key",
    ),
    "other_algorithm": Text("alg must be ed25519", "alg 必须为 ed25519"),
    "stale": Text(
        "created is more than 5 minutes from now, or expires is over",
        "created 与当前时间相差超过 5 分钟，或已过 expires",
    ),
    "other_body": Text("Content-Digest is not that of the body", "Content-Digest 与请求体不符"),
    "unknown_component": Text(
        "It covers a component that is absent or not supported", "签名覆盖了不存在或不支持的组件"
    ),
    "bad_signature": Text("It is the signature of another request, or by another key", "签名与请求或公钥不符"),
}


class SignatureInvalid(Unauthenticated):
    """``reason`` is one of REASONS."""

    status, code = 401, "signature_invalid"
    title = Text("The signature does not prove the request", "请求签名无效")
    detail = Text("The request is signed, but not validly.", "请求签名未通过验证。")
    remedy = Text(
        "Fix what reason names and sign again, with the same Idempotency-Key. docs/partners.md shows how to sign.",
        "请按 reason 所示原因修正后重新签名，Idempotency-Key 保持不变。签名方法见 docs/partners.md。",
    )

    def __init__(self, **facts: Any) -> None:
        super().__init__(**({"reason": "bad_signature"} | facts))

    def text(self, language: str) -> str:
        why = REASONS[self.facts["reason"]]
        return f"{self.detail.zh}{why.zh}。" if language == "zh" else f"{self.detail.en} {why.en}."


class SignatureRequired(Unauthenticated):
    status, code = 401, "signature_required"
    title = Text("The request must be signed", "请求须签名")
    detail = Text(
        "Your integration says that requests about holds are signed (RFC 9421). This one is not.",
        "贵方系统对接时已设定预授权请求须签名（RFC 9421），本次请求未签名。",
    )
    remedy = Text(
        "Sign it with the registered key, as docs/partners.md shows. Another integration can make signatures optional.",
        "请按 docs/partners.md 使用已登记的密钥签名；重新对接时可改为无须签名。",
    )


UNPROVEN = (SignatureInvalid, SignatureRequired)


def proven(command: Command[Any], system: Partner | None) -> Proof | None:
    """The signature of a merchant's request, None where there is none and none is needed.

    Raises SignatureInvalid, SignatureRequired. Others sign nothing: they have no registered key.
    """
    message = command.message
    if command.caller.role != INSTITUTION:
        return None
    if message is None or not message.is_signed:
        if system and system.signatures == "required":
            raise SignatureRequired()
        return None
    try:
        return messages.verify(message, system.public_keys(command.at) if system else (), command.now)
    except BadMessage as error:
        raise SignatureInvalid(reason=error.reason) from error
