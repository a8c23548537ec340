"""What a debt gained or lost, in plain words and both languages. Pure."""

from chalicelib.errors import Text
from chalicelib.ledger.model import Entry


def number(amount: int) -> str:
    return f"{abs(amount):,}"


def debt_in_words(entry: Entry) -> Text | None:
    points, grams = entry.debt_points or 0, entry.debt_grams or 0
    if entry.kind == "account_transfer" or not (points or grams):
        return None
    amount = Text(f"{number(points)} points", f"{number(points)} 碳积分")
    if not points:
        amount = Text(f"{number(grams)} g", f"{number(grams)} 克")
    if points < 0 or grams < 0:
        return Text(f"{amount.en} repaid a debt.", f"另有 {amount.zh}已用于抵扣待抵扣碳积分。")
    besides = "另有 " if entry.points or entry.grams else ""
    return Text(
        f"{amount.en} could not be taken back: what you earn next repays them first.",
        f"{besides}{amount.zh}待抵扣，今后所得将优先抵扣。",
    )
