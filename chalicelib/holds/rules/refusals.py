"""Why points are not held, captured, released or refunded."""

from chalicelib.errors import InvalidState, LimitReached, Refusal, Text
from chalicelib.ledger.actions import InsufficientPoints


class GrantInactive(Refusal):
    """One answer for a grant that is none, another's, to report, withdrawn or expired, and for an account that is
    closed or frozen: what became of the person is not the merchant's to know."""

    status, code = 409, "grant_inactive"
    title = Text("The grant allows no hold", "授权当前不可用")
    detail = Text(
        "This grant is unknown, withdrawn or expired, or points cannot be taken under it at present.",
        "该授权不存在、已撤回、已到期，或当前不能据此预授权。",
    )
    remedy = Text("Ask the person to consent again with POST /v1/grants.", "请用户通过 POST /v1/grants 重新授权。")


class OrderLimitReached(LimitReached):
    detail = Text(
        "One order may take at most {limit} points under this grant.", "该授权单笔最多可使用 {limit} 碳积分。"
    )
    remedy = Text(
        "Hold fewer points, or ask the person for a grant with a higher limit.",
        "请减少碳积分，或请用户重新授权更高限额。",
    )


class DayLimitReached(LimitReached):
    detail = Text(
        "At most {limit} points a day (Asia/Shanghai) under this grant; {held} were held today.",
        "该授权每日（北京时间）最多可使用 {limit} 碳积分，今日已预授权 {held} 碳积分。",
    )
    remedy = Text(
        "Hold fewer points, wait until tomorrow, or ask the person for a grant with a higher limit.",
        "请减少碳积分、次日再试，或请用户重新授权更高限额。",
    )


class MerchantSuspended(Refusal):
    status, code = 409, "merchant_suspended"
    title = Text("The merchant is suspended", "权益方已暂停")
    detail = Text(
        "A suspended merchant can hold no points. Holds that exist can still be captured, released and refunded.",
        "权益方暂停期间不能发起新的预授权；已有的预授权仍可完成、解除和退还。",
    )
    remedy = Text("Ask the exchange to reinstate the merchant.", "请联系上海环交所恢复权益方。")


class MerchantLeaves(MerchantSuspended):
    """It sells nothing any more."""

    title = Text("The merchant leaves the mall", "权益方正在退出或已退出商城")
    detail = Text(
        "A merchant that leaves can hold no points. Holds of before can still be captured, released and refunded until"
        " it has left; then only refunded.",
        "权益方退出期间不能发起新的预授权；已有的预授权在退出完成前仍可完成、解除和退还，退出后仅可退还。",
    )
    remedy = Text("Apply again to become a merchant again.", "如需再次入驻，请重新提出申请。")


class OrderReferenceUsed(Refusal):
    status, code = 409, "order_reference_used"
    title = Text("This order has a hold already", "该订单号已使用")
    detail = Text(
        "The order_reference names hold {hold} for ever. Nothing was held again.",
        "该 order_reference 已永久对应预授权 {hold}，未重复预授权。",
    )
    remedy = Text(
        "Read that hold with GET /v1/holds/{id}. A new order takes a new order_reference.",
        "请通过 GET /v1/holds/{id} 查询该预授权。新的订单请使用新的 order_reference。",
    )


class PayerLacksPoints(InsufficientPoints):
    """Without what is available: her balance is hers."""

    detail = Text("The person has fewer points than the order needs.", "该用户的可用碳积分不足。")
    remedy = Text(
        "Hold fewer points, or let the person pay in another way.", "请减少碳积分，或请用户选择其他支付方式。"
    )


class NotHersYet(InvalidState):
    detail = Text(
        "Until {ends_at} only the merchant can release this hold.", "{ends_at} 之前仅权益方可以解除该预授权。"
    )
    remedy = Text(
        "Wait: the hold expires by itself, and its points come back then.", "请等待：预授权到期后碳积分自动退回。"
    )
