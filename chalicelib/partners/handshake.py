"""The handshake: does who answers at the callback hold the declared key?"""

import hmac
import json
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalicelib import json_input
from chalicelib.errors import Refusal, Text
from chalicelib.kernel.fields import stamp
from chalicelib.outside.addresses import NotReached
from chalicelib.outside.post import Reply, post
from chalicelib.signing import webhooks

if TYPE_CHECKING:
    from Cryptodome.PublicKey.ECC import EccKey

DEADLINE_SECONDS = 5
CHALLENGE = "integration.challenge"

REASONS = {
    "bad_url": Text("callback_url is no plain address in ASCII", "callback_url 不是规范的 ASCII 地址"),
    "not_https": Text("callback_url must begin with https://", "callback_url 必须以 https:// 开头"),
    "credentials_in_url": Text("callback_url must hold no user name", "callback_url 不能包含用户名"),
    "port_not_allowed": Text("Only the ports 443 and 8443 are called", "仅允许 443 和 8443 端口"),
    "unknown_host": Text("The name in callback_url has no address", "callback_url 中的域名无法解析"),
    "private_address": Text("The name leads to an address that is not public", "域名指向非公网地址"),
    "no_answer": Text("Nothing answers there", "该地址没有应答"),
    "late": Text("The answer did not come within 5 seconds", "未在 5 秒内应答"),
    "tls_failed": Text("The certificate was not accepted", "TLS 证书未被接受"),
    "redirected": Text("It redirects, and no redirect is followed", "返回了重定向，平台不跟随重定向"),
    "too_large": Text("The answer is longer than 8 KiB", "应答超过 8 KiB"),
    "status": Text("The answer's status is not 200", "应答状态码不是 200"),
    "malformed": Text('The answer is no JSON object {"challenge": …}', '应答不是 JSON 对象 {"challenge": …}'),
    "other_challenge": Text("The answer is to another challenge", "应答与所发的挑战不符"),
    "bad_key": Text("public_key is no whpk_ and base64 of 32 bytes", "public_key 不是 whpk_ 加 32 字节的 base64"),
    "other_key": Text("The answer is not signed by public_key", "应答不是由 public_key 对应的私钥签名"),
}


class HandshakeFailed(Refusal):
    """``reason`` is one of REASONS."""

    status, code = 409, "handshake_failed"
    title = Text("The handshake failed", "握手失败")
    detail = Text("The system at callback_url did not prove itself.", "callback_url 处的系统未通过验证。")
    remedy = Text(
        "Fix what reason names and send the request again; nothing was changed. docs/partners.md shows a system that"
        " passes.",
        "请按 reason 所示原因修正后重新提交；未做任何变更。docs/partners.md 中有可通过的示例系统。",
    )

    def __init__(self, **facts: Any) -> None:
        super().__init__(**({"reason": "other_key"} | facts))

    def text(self, language: str) -> str:
        why = REASONS[self.facts["reason"]]
        return f"{self.detail.zh}{why.zh}。" if language == "zh" else f"{self.detail.en} {why.en}."


def handshake(*, callback_url: str, public_key: str, merchant: str, now: datetime) -> None:
    """Send a signed challenge to ``callback_url``; return if it comes back signed by ``public_key`` within 5 s.

    Raises HandshakeFailed for anything else. Seconds may pass: look at the state first (``step``).
    """
    id, challenge = f"msg_{secrets.token_hex(16)}", secrets.token_urlsafe(32)
    event = {"type": CHALLENGE, "timestamp": stamp(now), "data": {"merchant": merchant, "challenge": challenge}}
    body = json.dumps(event, separators=(",", ":")).encode()
    try:
        key = webhooks.load(public_key)
        headers = webhooks.sign(merchant, id, datetime.now(UTC), body)
        _check(post(callback_url, body, headers, seconds=DEADLINE_SECONDS), key, id, challenge)
    except NotReached as error:
        raise HandshakeFailed(reason=error.reason) from error
    except webhooks.BadKey as error:
        raise HandshakeFailed(reason="bad_key") from error
    except webhooks.BadSignature as error:
        raise HandshakeFailed(reason="other_key") from error


def _check(reply: Reply, key: "EccKey", id: str, challenge: str) -> None:
    if reply.status != 200:
        raise NotReached("status")
    webhooks.verify(key, reply.headers, reply.body, datetime.now(UTC))
    try:
        answer = json_input.read(reply.body)
    except Refusal as error:
        raise NotReached("malformed") from error
    answered = answer.get("challenge") if isinstance(answer, dict) else None
    if not isinstance(answered, str):
        raise NotReached("malformed")
    if reply.headers.get(webhooks.ID) != id or not hmac.compare_digest(answered.encode(), challenge.encode()):
        raise NotReached("other_challenge")
