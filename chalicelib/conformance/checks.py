"""The steps of a conformance run: what each sends or waits for, what is expected, how to fix it. Pure."""

from typing import NamedTuple

from chalicelib.errors import Text
from chalicelib.partners.model import TRY_SECONDS, WEBHOOKS

HANDSHAKE, STARTED = "handshake", "conformance.started"
DUPLICATE, OUT_OF_ORDER, UNKNOWN = "duplicate", "out_of_order", "unknown_type"
WRONG_KEY, CHANGED, OLD = "wrong_key", "changed_body", "old_timestamp"
GRANT, HOLD, RETRY, CAPTURE, REFUND, RELEASE, EXPIRY = (
    "grant", "hold", "retry", "capture", "refund", "release", "expiry",
)  # fmt: skip
CATALOGUE, CATALOGUE_AGAIN = "catalogue", "catalogue_again"
REFUSED = (WRONG_KEY, CHANGED, OLD)  # must not be accepted

SLOW_MILLISECONDS = TRY_SECONDS * 500
TOO_SLOW = Text(
    f"It took more than {SLOW_MILLISECONDS / 1000} s. Store the event, answer, and process it afterwards.",
    f"应答用时超过 {SLOW_MILLISECONDS / 1000} 秒。请先保存事件并应答，再进行处理。",
)
NOTHING = Text("Nothing came.", "未收到请求。")
LEFT_OUT = Text("It was left out, which is allowed.", "未执行，该步骤为可选项。")
NOT_TRIED = Text("It was not tried.", "未执行。")


class Step(NamedTuple):
    """``fix`` says what to change where the step fails. ``optional``: a run may leave it out."""

    name: str
    expected: Text
    fix: Text
    optional: bool = False


_FIX_WEBHOOK = Text(
    "Verify the signature, store the event, and answer 2xx at once. Ignore what you do not know: ids of a test name"
    " nothing.",
    "请验证签名、保存事件并立即返回 2xx。测试事件中的编号不对应任何业务，请忽略未知编号。",
)
_FIX_REFUSED = Text(
    "Verify webhook-signature over the bytes as received, with the keys of GET /v1/webhook-keys/{id}, before you parse"
    " them. Answer 401 where it fails, or where webhook-timestamp is more than 5 minutes old.",
    "解析前，请用 GET /v1/webhook-keys/{id} 的公钥对收到的原始字节验证 webhook-signature；"
    "验证失败，或 webhook-timestamp 早于 5 分钟的，返回 401。",
)


def _webhook(type: str) -> Step:
    expected = Text(f"{type} is answered with 2xx within {TRY_SECONDS} s", f"{TRY_SECONDS} 秒内以 2xx 应答 {type}")
    return Step(type, expected, _FIX_WEBHOOK)


def _refused(name: str, en: str, zh: str) -> Step:
    return Step(name, Text(f"{en} is answered with 4xx", f"以 4xx 拒绝{zh}"), _FIX_REFUSED)


DELIVERIES = (
    Step(
        HANDSHAKE,
        Text("The challenge comes back, signed by the registered key", "返回以登记密钥签名的挑战值"),
        Text(
            "Fix what came, as docs/partners.md shows in “The handshake”. Without it nothing else is tried.",
            "请按 docs/partners.md“The handshake”一节修正；未通过时不再执行其他步骤。",
        ),
    ),
    *(_webhook(each.type) for each in WEBHOOKS.values()),
    Step(
        DUPLICATE,
        Text("The same order.placed again is answered with 2xx", "再次收到同一 order.placed 时以 2xx 应答"),
        Text(
            "Look for the webhook-id: take an event once, and answer 2xx again.",
            "请按 webhook-id 去重，重复的事件仍返回 2xx。",
        ),
    ),
    Step(
        OUT_OF_ORDER,
        Text(
            "order.refunded of an order, then its order.placed, are answered with 2xx",
            "先收到订单的 order.refunded、后收到 order.placed 时，均以 2xx 应答",
        ),
        Text(
            "Keep the later state of an order, whatever comes first. Do not wait for an event before you answer.",
            "无论先后，请保留订单的最终状态；不要等待另一事件后再应答。",
        ),
    ),
    Step(
        UNKNOWN,
        Text("An event of an unknown type is answered with 2xx", "以 2xx 应答未知类型的事件"),
        Text("Ignore types that you do not know: new ones will come.", "请忽略未知类型：今后会增加新的事件。"),
    ),
    _refused(WRONG_KEY, "An event that another key has signed", "由其他密钥签名的事件"),
    _refused(CHANGED, "An event whose body was changed after it was signed", "签名后内容被改动的事件"),
    _refused(OLD, "An event that was signed 10 minutes ago", "10 分钟前签名的事件"),
    _webhook(STARTED),
)
_FIX_CALL = Text(
    "Send it to the sandbox, as docs/partners.md shows in “The sandbox”, while the run lasts.",
    "请在测试期间按 docs/partners.md“The sandbox”一节向沙箱发送。",
)
CALLS = (
    Step(
        GRANT,
        Text("POST …/v1/grants/redeem with the code and its code_verifier", "以授权码和校验码请求 …/v1/grants/redeem"),
        _FIX_CALL,
    ),
    Step(HOLD, Text("POST …/v1/holds under this grant", "依据该授权请求 …/v1/holds"), _FIX_CALL),
    Step(
        RETRY,
        Text(
            "The first hold gets 503, and is sent again with the same Idempotency-Key and body",
            "首次预授权返回 503 后，以相同的 Idempotency-Key 和请求体重发",
        ),
        Text(
            "Without an answer, and after any 5xx, send the same request with the same Idempotency-Key again. Keep the"
            " key with the order.",
            "未收到应答或收到 5xx 时，请以相同的 Idempotency-Key 原样重发，并将该键与订单一同保存。",
        ),
    ),
    Step(
        CAPTURE,
        Text(
            "POST …/v1/holds/{id}/capture with fewer points than are held",
            "以少于预授权的碳积分请求 …/v1/holds/{id}/capture",
        ),
        Text(
            "Hold an order and capture a part of it, once, before expires_at.",
            "请在 expires_at 之前完成一笔预授权的部分金额，且仅完成一次。",
        ),
    ),
    Step(
        REFUND,
        Text(
            "POST …/v1/holds/{id}/refund of points that were captured",
            "请求 …/v1/holds/{id}/refund，退还已完成的碳积分",
        ),
        Text(
            "Refund a captured hold, in part or whole: never more than was captured.",
            "请退还一笔已完成的预授权，可部分或全部退还，不得超过已收取的碳积分。",
        ),
    ),
    Step(
        RELEASE,
        Text("POST …/v1/holds/{id}/release of another hold", "对另一笔预授权请求 …/v1/holds/{id}/release"),
        Text("Hold another order and release it.", "请再作一笔预授权并解除。"),
    ),
    Step(
        CATALOGUE,
        Text(
            "POST …/v1/offer-batches makes offers by sku, and none of its lines is refused",
            "以 …/v1/offer-batches 按 sku 上架权益，且无任何一行被拒绝",
        ),
        Text(
            "Correct the line that came: its result names the field. Then send the batch again.",
            "请按该行结果所示的字段修正后，重新提交该批次。",
        ),
        optional=True,
    ),
    Step(
        CATALOGUE_AGAIN,
        Text(
            "A later batch names an offer by the same sku, and none of its lines is refused",
            "之后的批次以相同的 sku 指明同一权益，且无任何一行被拒绝",
        ),
        Text(
            "Keep the sku of an offer, and give as stock all units that it ever had: then a batch adds nothing twice.",
            "请保持权益的 sku 不变，stock 填写累计投放总量，重复提交不会重复增加库存。",
        ),
        optional=True,
    ),
    Step(
        EXPIRY,
        Text(
            "A third hold is left alone, and its hold.expired is answered with 2xx",
            "第三笔预授权不作处理，到期后以 2xx 应答 hold.expired",
        ),
        Text(
            "Hold a third order and neither capture nor release it: it expires after some seconds.",
            "请发起第三笔预授权，既不完成也不解除：十余秒后自动到期。",
        ),
    ),
)
STEPS_OF_RUN = (*DELIVERIES, *CALLS)
NAMES = tuple(each.name for each in STEPS_OF_RUN)
NEEDED = frozenset(each.name for each in STEPS_OF_RUN if not each.optional)


def nothing_came(step: Step, *, tried: bool) -> Text:
    """What the answer says of a step for which nothing came before its run was over."""
    return LEFT_OUT if step.optional else NOTHING if tried else NOT_TRIED
