"""Statistics as a chart: two bars a month, drawn as SVG. Pure.

The figures are written too, so that nobody needs to see colours or heights: in the description, and beside each bar as
a title of its own.
"""

from collections.abc import Sequence
from html import escape

from chalicelib.errors import Text
from chalicelib.statistics.model import MonthAnswer

_HEIGHT, _TOP, _LEFT, _BAR, _GAP, _LEGEND = 220, 70, 80, 18, 16, 40
_INK, _PAPER, _GRID = "#1f2933", "#ffffff", "#767676"  # on white 14:1 and 4.5:1
_COLOURS = ("#1b5e20", "#0d47a1")  # on white 7.9:1 and 8.6:1
TITLE = Text("Carbon points by month", "碳积分月度统计")
SERIES = (
    Text("reductions confirmed (g CO2e)", "已确认减排量（克）"),
    Text("points used, net of refunds", "碳积分使用量（扣除退还）"),
)


def used(month: MonthAnswer) -> int:
    """Points that people used in a month, less what was refunded."""
    donated = month.donated_points - month.donation_refunds_points
    return month.redeemed_points - month.refunded_points + month.cancelled_points + donated


def svg(months: Sequence[MonthAnswer], language: str) -> str:
    """The chart of ``months``, in ``language`` ("en" or "zh")."""
    words = [_in(each, language) for each in SERIES]
    pairs = [(month.month, (month.issued_grams - month.reversed_grams, used(month))) for month in months]
    highest = max((amount for _, pair in pairs for amount in pair), default=0)
    width = _LEFT + len(pairs) * (2 * _BAR + _GAP) + _GAP
    width = max(width, 420)
    bars = "".join(_month(place, name, pair, highest, words) for place, (name, pair) in enumerate(pairs))
    figures = "; ".join(f"{name}: {pair[0]:,} / {pair[1]:,}" for name, pair in pairs)
    title = _in(TITLE, language)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title desc"'
        f' lang="{"zh-CN" if language == "zh" else "en"}" viewBox="0 0 {width} {_TOP + _HEIGHT + 60}"'
        f' width="{width}" height="{_TOP + _HEIGHT + 60}" font-family="sans-serif" font-size="12" fill="{_INK}">'
        f'<title id="title">{escape(title)}</title><desc id="desc">{escape(" / ".join(words) + ". " + figures)}</desc>'
        f'<rect width="100%" height="100%" fill="{_PAPER}"/>'
        f'<text x="12" y="22" font-size="16" font-weight="bold">{escape(title)}</text>'
        f"{_legend(words)}{_axis(width, highest)}{bars}</svg>"
    )


def _in(text: Text, language: str) -> str:
    return text.zh if language == "zh" else text.en


def _legend(words: Sequence[str]) -> str:
    marks = zip(_COLOURS, words, strict=True)
    return "".join(
        f'<rect x="{12 + number * 210}" y="{_LEGEND - 8}" width="12" height="12" fill="{colour}"/>'
        f'<text x="{30 + number * 210}" y="{_LEGEND + 3}">{escape(word)}</text>'
        for number, (colour, word) in enumerate(marks)
    )


def _axis(width: int, highest: int) -> str:
    foot = _TOP + _HEIGHT
    return (
        f'<path d="M{_LEFT - 4} {_TOP}V{foot}H{width - 8}" fill="none" stroke="{_GRID}"/>'
        f'<text x="{_LEFT - 8}" y="{_TOP + 4}" text-anchor="end">{highest:,}</text>'
        f'<text x="{_LEFT - 8}" y="{foot}" text-anchor="end">0</text>'
    )


def _month(place: int, name: str, pair: tuple[int, int], highest: int, words: Sequence[str]) -> str:
    left, foot = _LEFT + _GAP // 2 + place * (2 * _BAR + _GAP), _TOP + _HEIGHT
    bars = "".join(
        _bar(left + number * _BAR, amount, highest, _COLOURS[number], f"{name}, {words[number]}: {amount:,}")
        for number, amount in enumerate(pair)
    )
    turned = f'transform="rotate(-45 {left + _BAR} {foot + 16})"'
    return f'{bars}<text x="{left + _BAR}" y="{foot + 16}" text-anchor="end" {turned}>{name}</text>'


def _bar(left: int, amount: int, highest: int, colour: str, title: str) -> str:
    """A bar with its figure as a title. What is below zero (more reversed than confirmed) has no height."""
    height = round(max(0, amount) * _HEIGHT / highest) if highest > 0 else 0
    foot = _TOP + _HEIGHT
    return (
        f'<rect x="{left}" y="{foot - height}" width="{_BAR - 2}" height="{height}" fill="{colour}">'
        f"<title>{escape(title)}</title></rect>"
    )
