"""What happened, in plain words and both languages: one sentence for a line of a statement. Pure."""

from collections.abc import Callable

from chalicelib.accounts.statements.wording_debts import debt_in_words, number
from chalicelib.errors import Text
from chalicelib.labels import PURPOSES
from chalicelib.ledger.model import Entry


def in_words(entry: Entry) -> Text:
    """One sentence for an entry, from its holder's view; what a debt gained or lost follows in a second one."""
    sentence = _SENTENCES[entry.kind](entry)
    debt = debt_in_words(entry)
    return Text(f"{sentence.en} {debt.en}", f"{sentence.zh}{debt.zh}") if debt else sentence


def _conversion(entry: Entry) -> Text:
    scenario, points = entry.counterparty, number(entry.points)
    return Text(
        f"A reduction of scenario {scenario} became {points} points.",
        f"减排场景 {scenario} 的减排量转换为 {points} 碳积分。",
    )


def _record(entry: Entry) -> Text:
    scenario, grams = entry.counterparty, number(entry.grams)
    return Text(
        f"A reduction of {grams} g under scenario {scenario} was recorded.",
        f"减排场景 {scenario} 的减排量 {grams} 克已记录。",
    )


def _redemption(entry: Entry) -> Text:
    points = number(entry.points)
    if entry.reference != entry.id and not entry.counterparty.startswith("draw-entry:"):
        return _won(entry)
    if entry.points < 0:
        return Text(f"You redeemed an offer for {points} points.", f"您兑换权益，支出 {points} 碳积分。")
    return Text(f"An offer was redeemed for {points} points.", f"您的权益被兑换，收入 {points} 碳积分。")


def _won(entry: Entry) -> Text:
    if not entry.points:
        return Text("You won in a draw: the points of your entry paid for it.", "抽签已中签，报名碳积分已用于兑换。")
    back = number(entry.points)
    return Text(f"You won a part in a draw: {back} points came back.", f"抽签部分中签，返还 {back} 碳积分。")


def _draw_entry(entry: Entry) -> Text:
    return Text(f"{number(entry.points)} points are in a draw.", f"活动抽签报名，预留 {number(entry.points)} 碳积分。")


def _draw_return(entry: Entry) -> Text:
    return Text(
        f"Not drawn: {number(entry.points)} points came back.", f"抽签未中签，返还 {number(entry.points)} 碳积分。"
    )


def _refund(entry: Entry) -> Text:
    points = number(entry.points)
    if entry.points > 0 or (entry.debt_points or 0) < 0:
        return Text(f"An order was refunded: {points} points came back.", f"订单已退还，返还 {points} 碳积分。")
    if entry.grams:
        return Text(
            f"You refunded an order: {points} points and {number(entry.grams)} g went back.",
            f"您退还了订单，支出 {points} 碳积分和减排量 {number(entry.grams)} 克。",
        )
    return Text(f"You refunded an order for {points} points.", f"您退还了订单，支出 {points} 碳积分。")


def _cancellation(entry: Entry) -> Text:
    points = number(entry.points)
    return Text(
        f"You cancelled {points} points voluntarily; a certificate proves it.",
        f"您自愿注销 {points} 碳积分，凭证已开具。",
    )


def _donation(entry: Entry) -> Text:
    points = number(entry.points)
    return Text(
        f"You donated {points} points to a campaign; a certificate proves it.",
        f"您向捐赠项目捐赠 {points} 碳积分，凭证已开具。",
    )


def _donation_refund(entry: Entry) -> Text:
    points = number(entry.points)
    return Text(
        f"A campaign that you gave to was abandoned: {points} points came back; the certificate is revoked.",
        f"您参与捐赠的项目已终止，返还 {points} 碳积分，凭证已撤销。",
    )


def _buy_back(entry: Entry) -> Text:
    points, grams = number(entry.points), number(entry.grams)
    return Text(
        f"{points} points were bought back and became {grams} g.",
        f"{points} 碳积分已回兑为减排量 {grams} 克。",
    )


def _retirement(entry: Entry) -> Text:
    purpose = PURPOSES.get(entry.counterparty, Text(entry.counterparty, entry.counterparty))
    return Text(
        f"{number(entry.grams)} g were retired ({purpose.en}); a certificate proves it.",
        f"减排量 {number(entry.grams)} 克已注销（{purpose.zh}），凭证已开具。",
    )


def _sweep(entry: Entry) -> Text:
    points = number(entry.swept_points)
    return Text(
        f"{points} points from sales moved to your account; your total stays the same.",
        f"销售所得 {points} 碳积分已归集至您的账户，总额不变。",
    )


def _hold(entry: Entry) -> Text:
    points = number(entry.points)
    return Text(f"{points} points are held for a merchant's order.", f"权益方订单预授权 {points} 碳积分。")


def _capture(entry: Entry) -> Text:
    points = number(entry.points)
    if entry.points > 0 and not entry.counterparty.startswith("hold:"):
        return Text(
            f"A merchant took less than was held: {points} points came back.",
            f"预授权完成，未使用的 {points} 碳积分已返还。",
        )
    if entry.points:
        return Text(f"You took {points} points that were held.", f"预授权完成，收入 {points} 碳积分。")
    return Text("A merchant took the points that were held.", "预授权完成，碳积分已支付给权益方。")


def _release(entry: Entry) -> Text:
    points = number(entry.points)
    return Text(f"{points} points that were held came back.", f"预授权已解除，返还 {points} 碳积分。")


def _reversal(entry: Entry) -> Text:
    scenario = entry.counterparty
    taken = Text(f"{number(entry.grams)} g", f"减排量 {number(entry.grams)} 克")
    if not entry.grams:
        taken = Text(f"{number(entry.points)} points", f"{number(entry.points)} 碳积分")
    if not (entry.grams or entry.points):
        return Text(f"A reduction of scenario {scenario} was reversed.", f"减排场景 {scenario} 的减排量被冲正。")
    return Text(
        f"A reduction of scenario {scenario} was reversed: {taken.en} were taken back.",
        f"减排场景 {scenario} 的减排量被冲正，收回 {taken.zh}。",
    )


def _account_transfer(entry: Entry) -> Text:
    way = Text("from", "转自") if entry.points > 0 or entry.grams > 0 else Text("to", "转至")
    return Text(
        f"{number(entry.points)} points and {number(entry.grams)} g moved {way.en} your other account, by a procedure.",
        f"账户结转：{number(entry.points)} 碳积分、减排量 {number(entry.grams)} 克{way.zh}您的另一账户。",
    )


def _inheritance(entry: Entry) -> Text:
    points = number(entry.points)
    if entry.points < 0:
        return Text(f"{points} points went to the heir.", f"{points} 碳积分已由继承人继承。")
    return Text(f"You inherited {points} points.", f"您继承 {points} 碳积分。")


def _ex_officio(entry: Entry) -> Text:
    points = number(entry.points)
    return Text(f"{points} points were cancelled ex officio.", f"依职权注销 {points} 碳积分。")


_SENTENCES: dict[str, Callable[[Entry], Text]] = {
    "conversion": _conversion,
    "record": _record,
    "redemption": _redemption,
    "refund": _refund,
    "cancellation": _cancellation,
    "donation": _donation,
    "donation_refund": _donation_refund,
    "buy_back": _buy_back,
    "retirement": _retirement,
    "sweep": _sweep,
    "hold": _hold,
    "capture": _capture,
    "release": _release,
    "draw_entry": _draw_entry,
    "draw_return": _draw_return,
    "reversal": _reversal,
    "account_transfer": _account_transfer,
    "inheritance": _inheritance,
    "ex_officio_cancellation": _ex_officio,
}
