"""Why a procedure is not proposed or not decided."""

from chalicelib.edge.identity import logins
from chalicelib.errors import InvalidState, Refusal, Text


class SameOfficial(Refusal):
    status, code = 409, "same_official"
    title = Text("Another official has to approve", "须由另一名经办人批准")
    detail = Text(
        "Who proposes a procedure does not approve it, in whichever role.",
        "提出办理申请的人员不得以任何角色自行批准。",
    )
    remedy = Text(
        "Let another official of the exchange or the bureau decide.", "请由上海环交所或市生态环境局的另一名经办人办理。"
    )


class LoginTaken(logins.LoginTaken):
    title = Text("The new login has an account", "新登录主体已有账户")
    detail = Text(
        "An account is rebound to a login that has never had one, not even one that is closed.",
        "账户只能换绑至从未开户的登录主体，曾开户后销户的亦不可。",
    )
    remedy = Text("Propose it again with a login that has no account.", "请使用未开户的登录主体重新提出。")


class OrdersPending(InvalidState):
    detail = Text(
        "{pending} orders or reductions of the account are pending.", "账户另有 {pending} 笔兑换订单或减排量待处理。"
    )
    remedy = Text(
        "Have the orders fulfilled or refunded and the reductions judged, and approve it then.",
        "请待订单核销或退还、减排量完成确认后再批准。",
    )


class HeirUnfit(InvalidState):
    detail = Text(
        "The heir's account is not active, or it is the same person's.",
        "继承人账户不是正常状态，或与被继承人为同一自然人。",
    )
    remedy = Text(
        "Name the active individual account of another person as heir.",
        "请填写另一自然人的正常状态个人账户作为继承人账户。",
    )


class NumberElsewhere(InvalidState):
    detail = Text(
        "This account has no number to free: it was freed before, or another account was opened with it since.",
        "该账户已无可释放的号码：此前已释放，或该号码已由其他账户使用。",
    )
    remedy = Text(
        "Nothing to free here. Look for the account that has the number now.", "无需释放，请查询现使用该号码的账户。"
    )
