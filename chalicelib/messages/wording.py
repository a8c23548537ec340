"""What messages say, in plain words and both languages, where a statement has no line for it. Pure.

What moved value is worded by the statement (accounts/statements/wording.py). No sentence here takes a text that a
merchant wrote: it could hold a voucher's code.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.accounts.statements.wording_debts import number
from chalicelib.errors import Text
from chalicelib.kernel.caller import BUREAU, EXCHANGE, INDIVIDUAL
from chalicelib.labels import beijing

_OFFICIALS = {
    EXCHANGE: Text("The exchange", "上海环交所"),
    BUREAU: Text("The bureau", "市生态环境局"),
}
_PROCEDURES = {
    "rebind": Text("to move your account to another login", "换绑登录主体"),
    "free_identity": Text("to free the number of your account", "释放号码"),
    "inheritance": Text("of inheritance", "继承"),
    "rename": Text("to rename your account", "更名"),
}

VOUCHERS = Text("The codes are in the order.", "券码请在订单中查看。")
FULFILLED = Text("The merchant fulfilled your order.", "您的兑换订单已核销。")
LATE = Text("The merchant did not fulfil your order in time.", "权益方未按期核销您的兑换订单。")
EXPIRED = Text("A merchant did not use its hold in time.", "权益方未在有效期内完成预授权。")
CONFIRMED = Text("The bureau confirmed a reported reduction.", "市生态环境局已确认上报的减排量。")
CAMPAIGN_REJECTED = Text("Your campaign was rejected.", "您申报的捐赠项目未通过审批。")
CAMPAIGN_ABANDONED = Text(
    "Your campaign was abandoned: what was given to it goes back to the donors.",
    "您申报的捐赠项目已终止，所募集的碳积分将返还捐赠人。",
)
ANSWERED = Text(
    "The other party answered your dispute. You can read the answer in the dispute.",
    "对方已答复您提出的争议，请在争议中查看。",
)
WARD = Text(
    "You consented that a child opens an account. You can withdraw this until the account is open.",
    "您已同意被监护人开户。在其开户之前，您可以撤回同意。",
)
WARD_WITHDRAWN = Text(
    "You withdrew your consent that a child opens an account.",
    "您已撤回对被监护人开户的同意。",
)


def joined(first: Text, second: Text) -> Text:
    """Two sentences, one after the other."""
    return Text(f"{first.en} {second.en}", f"{first.zh}{second.zh}")


def captured(hold: Mapping[str, Any]) -> Text:
    points, rest = hold["captured_points"], hold["points"] - hold["captured_points"]
    taken = Text(
        f"A merchant took {number(points)} points that were held.",
        f"预授权完成，权益方收取 {number(points)} 碳积分。",
    )
    if not rest:
        return taken
    return joined(taken, Text(f"{number(rest)} came back.", f"未使用的 {number(rest)} 碳积分已返还。"))


def rejected(reduction: Mapping[str, Any]) -> Text:
    scenario = reduction["scenario"]
    return Text(
        f"The bureau did not confirm a reduction that was reported for you under scenario {scenario}.",
        f"减排场景 {scenario} 为您上报的减排量，市生态环境局不予确认。",
    )


def granted(grant: Mapping[str, Any]) -> Text:
    """What she has consented to, and that she can end it."""
    if grant["purpose"] == "report":
        may = Text(
            f"The operator of scenario {grant['scenario']} may now report your reductions.",
            f"减排场景 {grant['scenario']} 的运营方已获授权上报您的减排量。",
        )
    else:
        order, day = number(grant["points_max_order"]), number(grant["points_max_day"])
        until = beijing(grant["expires_at"])
        may = Text(
            f"A merchant may now take your points: at most {order} an order and {day} a day, until {until} in Beijing.",
            f"权益方已获授权使用您的碳积分：每笔订单最多 {order}，每日最多 {day}，有效期至 {until}。",
        )
    return joined(may, Text("You can withdraw this at any time.", "您可以随时撤回授权。"))


def ungranted(grant: Mapping[str, Any]) -> Text:
    who = Text("You", "您") if grant["withdrawn_by"] == INDIVIDUAL else Text("The partner", "对接方")
    if grant["purpose"] == "report":
        return Text(
            f"{who.en} withdrew a grant. Trips from before can still be reported, later ones cannot.",
            f"{who.zh}已撤回授权。撤回前的行程仍可上报，此后的行程不再上报。",
        )
    return Text(
        f"{who.en} withdrew a grant. What was held before can still be taken or given back.",
        f"{who.zh}已撤回授权。此前的预授权仍可完成或解除。",
    )


def campaign_closed(campaign: Mapping[str, Any]) -> Text:
    points = number(campaign["gathered_points"])
    return Text(
        f"Your campaign is closed: {points} points were gathered for it.",
        f"您的捐赠项目已结项，共募集 {points} 碳积分。",
    )


def given_to(points: int) -> Text:
    """What a donor learns of the end of a campaign."""
    return Text(
        f"A campaign that you gave to is closed: {number(points)} points were gathered for it, yours among them.",
        f"您参与捐赠的项目已结项，共募集 {number(points)} 碳积分。",
    )


def turned(action: str, role: str) -> Text:
    """An account was frozen or released by an official of ``role``."""
    who = _OFFICIALS.get(role, _OFFICIALS[EXCHANGE])
    if action == "account_frozen":
        return Text(
            f"{who.en} froze your account: nothing moves until it is released. You can still read it.",
            f"{who.zh}已冻结您的账户，解冻前不能办理收支，您仍可查询。",
        )
    return Text(f"{who.en} released your account.", f"{who.zh}已解冻您的账户。")


def ruled(role: str, status: str) -> Text:
    """An official of ``role`` ruled a dispute of hers."""
    who = _OFFICIALS.get(role, _OFFICIALS[EXCHANGE])
    if status == "upheld":
        return Text(f"{who.en} upheld your dispute.", f"{who.zh}已裁定支持您提出的争议。")
    return Text(f"{who.en} dismissed your dispute.", f"{who.zh}已裁定驳回您提出的争议。")


def procedure(kind: str, status: str, *, name: str | None = None, why: str | None = None) -> Text:
    """How a procedure about an account stands. ``name``: the new one; ``why``: for what it was rejected."""
    what = _PROCEDURES[kind]
    if status == "proposed":
        return Text(
            f"An official proposed a procedure {what.en}. If you did not ask for it, contact the exchange.",
            f"经办人已提出账户办理事项：{what.zh}。如非本人申请，请联系上海环交所。",
        )
    ended = Text("approved", "已批准") if status == "approved" else Text("rejected", "未通过")
    after = Text(f": {why}", f"：{why}") if why else Text("", "")
    decided = Text(
        f"A procedure {what.en} was {ended.en}{after.en}.", f"账户办理事项（{what.zh}）{ended.zh}{after.zh}。"
    )
    if status == "approved" and name:
        return joined(decided, Text(f"Its name is now {name}.", f"现名称为“{name}”。"))
    return decided
