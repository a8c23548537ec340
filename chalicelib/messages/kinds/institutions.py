"""What institutions learn: of a veto, and of the new name that they asked for. Pure."""

from chalicelib.errors import Text
from chalicelib.kernel.record import Record
from chalicelib.messages.kinds.notice import Fields, Notice, notice

REQUESTED = Text(
    "You asked for the new name {name}. The exchange decides; until then everybody sees the present one.",
    "您已申请将机构名称变更为“{name}”，由上海环交所办理；批准前仍使用现名。",
)
VETOED = Text(
    "The exchange vetoed your admission to the sub-platform: {reason}. Your offers leave the shelf for good."
    " Serve the orders that there are; your points stay. To sell again, apply yourself with POST /v1/applications.",
    "上海环交所已否决您入驻分平台：{reason}。您的权益将全部下架，且不再恢复。已有订单请继续履行，您的碳积分予以保留。"
    "如需再次入驻，请通过 POST /v1/applications 自行申请。",
)
MEMBER_VETOED = Text(
    "The exchange vetoed the admission of {name} to your sub-platform: {reason}. Its place in your plan is free again.",
    "上海环交所已否决 {name} 入驻您的分平台：{reason}。其占用的计划入驻名额已释放。",
)


def renaming_requested(record: Record, renaming: Fields) -> list[Notice]:
    """Every login of the institution sees that it was asked for."""
    text = _filled(REQUESTED, name=renaming["name"])
    return notice(record, str(record.account), "procedure", text, ("procedure", renaming["id"]), personal=False)


def vetoed(record: Record, member: Fields) -> list[Notice]:
    """Why, for the merchant and for the operator that had admitted it."""
    merchant, reason = str(record.merchant), record.reason or ""
    found = notice(
        record, merchant, "admission_vetoed", _filled(VETOED, reason=reason), ("merchant", merchant), personal=False
    )
    if record.counterparty:
        text = _filled(MEMBER_VETOED, name=member["name"], reason=reason)
        found += notice(record, record.counterparty, "admission_vetoed", text, ("merchant", merchant), personal=False)
    return found


def _filled(text: Text, **values: str) -> Text:
    return Text(text.en.format(**values), text.zh.format(**values))
