"""Why an entry in a draw is not taken."""

from chalicelib.errors import InvalidState, Refusal, Text


class NotADraw(InvalidState):
    detail = Text(
        "The goods of this event go to whom comes first: redeem them with POST /v1/redemptions.",
        "该活动权益先到先得，不设抽签，请通过 POST /v1/redemptions 兑换。",
    )
    remedy = Text(
        "Choose an event whose allocation is draw from GET /v1/events.",
        "请从 GET /v1/events 选择 allocation 为 draw 的活动。",
    )


class EntriesClosed(Refusal):
    status, code = 409, "entries_closed"
    title = Text("The draw takes no entries now", "当前不在报名时间内")
    detail = Text(
        "Entries are taken from {opens_at} until {draws_at}.", "报名时间为 {opens_at} 至 {draws_at}（不含）。"
    )
    remedy = Text(
        "Enter in this time, or choose another event from GET /v1/events.",
        "请在报名时间内提交，或从 GET /v1/events 选择其他活动。",
    )


class EnteredAlready(Refusal):
    status, code = 409, "entered_already"
    title = Text("This person has entered already", "已报名")
    detail = Text(
        "One person has one entry in an event: {entry}. Nothing was reserved again.",
        "每人每场活动限报名一次，已有报名 {entry}，未重复预留碳积分。",
    )
    remedy = Text(
        "Read it with GET /v1/events/{id}/entries/{entry}.", "请通过 GET /v1/events/{id}/entries/{entry} 查询。"
    )
