"""Why an account is not opened, closed or changed."""

from chalicelib.errors import InvalidState, Refusal, Text
from chalicelib.ledger.actions import AccountClosed, AccountNotOpen


class AccountExists(Refusal):
    status, code = 409, "account_exists"
    reveals = True
    title = Text("There is an account already", "账户已存在")
    detail = Text(
        "One person, one credit code and one login have one account.",
        "一个自然人、一个统一社会信用代码、一个登录主体只能开立一个账户。",
    )
    remedy = Text(
        "Sign in with the login that opened the account, or close that account first.",
        "请使用开户时的登录主体，或先办理原账户销户。",
    )


class AccountNotEmpty(InvalidState):
    detail = Text(
        "It still holds {points} points and {grams} g, with {pending} orders or reductions pending.",
        "账户仍有 {points} 碳积分、{grams} 克减排量，另有 {pending} 笔兑换订单或减排量待处理。",
    )


class MerchantStays(InvalidState):
    detail = Text(
        "A merchant of the mall leaves it first. One that joined for an event has left once the event is over and all"
        " its orders are served.",
        "碳普惠权益方须先退出商城方可销户。以特定活动模式入驻的，活动结束且全部订单处理完毕后即可销户。",
    )
    remedy = Text(
        "Leave with POST /v1/merchants/{id}/leave. Fulfil or refund what GET /v1/redemptions lists as placed.",
        "请通过 POST /v1/merchants/{id}/leave 退出商城，并核销或退还 GET /v1/redemptions 中待核销（placed）的订单。",
    )


class CampaignsLive(InvalidState):
    detail = Text(
        "A campaign of this institution is proposed, approved or ended, and not yet closed.",
        "该机构仍有待审批、募集中或已截止但尚未结束的捐赠项目。",
    )
    remedy = Text(
        "Close the campaign with POST /v1/campaigns/{id}/close, or wait until the exchange has judged it.",
        "请通过 POST /v1/campaigns/{id}/close 结束捐赠项目，或等待上海环交所审批。",
    )


class HoldsLive(InvalidState):
    detail = Text(
        "{held} points of this account are held by merchants for orders, or by entries in draws.",
        "该账户有 {held} 碳积分用于权益方订单预授权或活动抽签报名。",
    )
    remedy = Text(
        "Wait until the holds (GET /v1/holds) are captured, released or expired, and the draws are settled.",
        "请等待预授权（GET /v1/holds）完成、解除或到期，以及活动抽签结束。",
    )


class ApplicationOpen(InvalidState):
    detail = Text("An application of this institution to join the mall is open.", "该机构仍有未办结的入驻申请。")
    remedy = Text(
        "Withdraw the application, or wait until it is decided: GET /v1/applications shows it.",
        "请撤回申请，或等待审查结束；可通过 GET /v1/applications 查询。",
    )


class AccountEnded(Refusal):
    status, code = 409, "account_ended"
    reveals = True
    title = Text("Closed for good", "账户已终止")
    detail = Text(
        "A procedure of the exchange has closed this login's account, or the account with this number, for good.",
        "上海环交所已依办理程序终止该登录主体或该号码对应的账户，不能再次开户。",
    )
    remedy = Text(
        "Sign in with another login to open an account with your own number, or ask the exchange about the procedure.",
        "请使用其他登录主体以本人号码开户，或向上海环交所了解办理情况。",
    )


_REPLACED = Text(
    "A procedure has moved the account of this login to another login of the same holder.",
    "该登录主体的账户已依办理程序变更至本人（本机构）的其他登录主体。",
)
_OTHER_LOGIN = Text(
    "Sign in with the other login. If that is not yours, ask the exchange about the procedure at once.",
    "请使用变更后的登录主体；如非本人办理，请立即联系上海环交所。",
)


class AccountMoved(AccountNotOpen):
    detail, remedy = _REPLACED, _OTHER_LOGIN


class OpenElsewhere(AccountExists):
    detail, remedy = _REPLACED, _OTHER_LOGIN


class LoginReplaced(AccountClosed):
    detail, remedy = _REPLACED, _OTHER_LOGIN


class GuardianRequired(Refusal):
    status, code = 409, "guardian_required"
    title = Text("A guardian has to consent first", "须监护人同意")
    detail = Text(
        "A child under 14 opens an account with the consent of a guardian.",
        "不满十四周岁的未成年人开户，须取得监护人同意。",
    )
    remedy = Text(
        "A guardian of at least 18 with an account consents with POST /v1/accounts/me/wards. Then send this again.",
        "请年满十八周岁并已开户的监护人通过 POST /v1/accounts/me/wards 表示同意，再重新提交本请求。",
    )


class DebtStays(InvalidState):
    detail = Text(
        "The account owes {debt_points} points and {debt_grams} g, for reductions that were reversed.",
        "账户因减排量冲正尚有 {debt_points} 待抵扣碳积分、{debt_grams} 克待追回减排量。",
    )
    remedy = Text(
        "Collect reductions: they repay it first. Then close the account.",
        "新获得的减排量将优先抵扣，抵扣完毕后可销户。",
    )
