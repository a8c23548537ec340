"""A statement's lines say what happened, to whoever reads them."""

import re
from typing import Any, get_args

import pytest

from chalicelib.accounts.statements.wording import in_words
from chalicelib.ledger.model import Entry, Shown
from tests.chinese import CHINESE


def entry(kind: str, points: int = 0, grams: int = 0, counterparty: str = "metro", **fields: Any) -> Entry:
    return Entry("r1", "2026-01-31T08:00:00.000Z", kind, points, grams, counterparty, "r1", **fields)


@pytest.mark.parametrize("kind", get_args(Shown))
@pytest.mark.parametrize("points", [-1200, 0, 1200])
def test_every_kind_has_a_sentence_in_each_language(kind: str, points: int) -> None:
    text = in_words(entry(kind, points, -points))
    assert re.fullmatch(r"[A-Z0-9].*\.", text.en)
    assert not CHINESE.search(text.en)
    assert CHINESE.search(text.zh)
    assert text.zh.endswith("。")


@pytest.mark.parametrize(
    ("line", "en", "zh"),
    [
        (
            entry("conversion", 887),
            "A reduction of scenario metro became 887 points.",
            "减排场景 metro 的减排量转换为 887 碳积分。",
        ),
        (
            entry("redemption", -2500, counterparty="shop"),
            "You redeemed an offer for 2,500 points.",
            "您兑换权益，支出 2,500 碳积分。",
        ),
        (
            entry("redemption", 2500, counterparty="p"),
            "An offer was redeemed for 2,500 points.",
            "您的权益被兑换，收入 2,500 碳积分。",
        ),
        (
            entry("conversion", 0, debt_points=-887),
            "A reduction of scenario metro became 0 points. 887 points repaid a debt.",
            "减排场景 metro 的减排量转换为 0 碳积分。另有 887 碳积分已用于抵扣待抵扣碳积分。",
        ),
        (
            entry("reversal", -600, debt_points=287),
            "A reduction of scenario metro was reversed: 600 points were taken back. "
            "287 points could not be taken back: what you earn next repays them first.",
            "减排场景 metro 的减排量被冲正，收回 600 碳积分。另有 287 碳积分待抵扣，今后所得将优先抵扣。",
        ),
        (
            entry("reversal", 0, debt_points=540),
            "A reduction of scenario metro was reversed. "
            "540 points could not be taken back: what you earn next repays them first.",
            "减排场景 metro 的减排量被冲正。540 碳积分待抵扣，今后所得将优先抵扣。",
        ),
        (
            entry("retirement", grams=-1_000_000, counterparty="neutrality"),
            "1,000,000 g were retired (Carbon neutrality); a certificate proves it.",
            "减排量 1,000,000 克已注销（碳中和），凭证已开具。",
        ),
        (
            entry("sweep", swept_points=300),
            "300 points from sales moved to your account; your total stays the same.",
            "销售所得 300 碳积分已归集至您的账户，总额不变。",
        ),
    ],
)  # fmt: skip
def test_a_sentence_names_the_amount_from_its_reader_s_view(line: Entry, en: str, zh: str) -> None:
    assert in_words(line) == (en, zh)
