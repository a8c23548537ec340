"""Sums as bars, drawn as SVG: a row each, with its name and its figure, so that nobody compares lengths. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from chalicelib.errors import Text, in_words
from chalicelib.statistics.model import MonthAnswer

_INK, _PAPER, _BAR, _TRACK = "#1f2933", "#ffffff", "#1b5e20", "#e4e9e5"  # the bar on white 7.9:1
_WIDTH, _TOP, _ROW, _HIGH, _SIDE = 360, 54, 46, 14, 2  # as wide as a phone
_ROWS = 12  # the smallest ones together in the last
SCENARIOS = Text("Reductions confirmed, by scenario (g CO2e)", "各减排场景已确认减排量（克）")
USES = Text("Points used, by way", "碳积分去向")
_OTHERS, _NONE = Text("Others", "其他"), Text("Nothing in these months", "所选月份暂无数据")
_WAYS = {
    "redeemed": Text("Redeemed in the mall, net of refunds", "商城兑换（扣除退还）"),
    "cancelled": Text("Cancelled", "自愿注销"),
    "donated": Text("Donated, net of refunds", "捐赠（扣除返还）"),
    "ex_officio": Text("Cancelled by officials", "依职权注销"),
    "bought_back": Text("Bought back from merchants", "权益方回兑"),
}
Row = tuple[str, int]


def scenarios(months: Sequence[MonthAnswer], names: Mapping[str, str], language: str) -> str:
    """What each scenario brought, the largest first. ``names`` by code; a code without one stands for itself."""
    sums: Counter[str] = Counter()
    for issued in (each for month in months for each in month.issued):
        sums[issued.scenario] += issued.issued_grams - issued.reversed_grams
    ranked = [(names.get(code, code), grams) for code, grams in sums.most_common() if grams]
    first, rest = ranked[:_ROWS], ranked[_ROWS:]
    others = [(in_words(_OTHERS, language), sum(grams for _, grams in rest))] if rest else []
    return _svg("scenarios", SCENARIOS, [*first, *others], months, language)


def uses(months: Sequence[MonthAnswer], language: str) -> str:
    """Where points went."""
    sums = {
        "redeemed": sum(each.redeemed_points - each.refunded_points for each in months),
        "cancelled": sum(each.cancelled_points for each in months),
        "donated": sum(each.donated_points - each.donation_refunds_points for each in months),
        "ex_officio": sum(each.ex_officio_points for each in months),
        "bought_back": sum(each.bought_back_points for each in months),
    }
    rows = [(in_words(_WAYS[way], language), points) for way, points in sums.items() if points]
    return _svg("uses", USES, rows, months, language)


def _svg(of: str, titled: Text, rows: Sequence[Row], months: Sequence[MonthAnswer], language: str) -> str:
    title: str = in_words(titled, language)
    highest = max((amount for _, amount in rows), default=0)
    height = _TOP + max(len(rows), 1) * _ROW + 6
    period = f"{months[0].month} – {months[-1].month}"
    listed = "; ".join(f"{name}: {amount:,}" for name, amount in rows) or in_words(_NONE, language)
    body = "".join(_row(_TOP + place * _ROW, row, highest) for place, row in enumerate(rows))
    empty = "" if rows else f'<text x="{_SIDE}" y="{_TOP + 24}">{escape(listed)}</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{of}-title {of}-desc"'
        f' lang="{"zh-CN" if language == "zh" else "en"}" viewBox="0 0 {_WIDTH} {height}"'
        f' width="{_WIDTH}" height="{height}" font-family="sans-serif" font-size="14" fill="{_INK}">'
        f'<title id="{of}-title">{escape(title)}</title><desc id="{of}-desc">{period}. {escape(listed)}</desc>'
        f'<rect width="100%" height="100%" fill="{_PAPER}"/>'
        f'<text x="{_SIDE}" y="20" font-size="16" font-weight="bold">{escape(title)}</text>'
        f'<text x="{_SIDE}" y="40" font-size="13">{period}</text>{body}{empty}</svg>'
    )


def _row(top: int, row: Row, highest: int) -> str:
    """Name and figure above the bar. What is below zero (more reversed than confirmed) has no length."""
    name, amount = row
    whole = _WIDTH - 2 * _SIDE
    length = round(max(0, amount) * whole / highest) if highest > 0 else 0
    return (
        f'<text x="{_SIDE}" y="{top + 14}">{escape(name)}</text>'
        f'<text x="{_WIDTH - _SIDE}" y="{top + 14}" text-anchor="end">{amount:,}</text>'
        f'<rect x="{_SIDE}" y="{top + 20}" width="{whole}" height="{_HIGH}" fill="{_TRACK}"/>'
        f'<rect x="{_SIDE}" y="{top + 20}" width="{length}" height="{_HIGH}" fill="{_BAR}">'
        f"<title>{escape(name)}: {amount:,}</title></rect>"
    )
