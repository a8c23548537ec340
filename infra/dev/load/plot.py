"""Latencies by rate, as a small SVG."""

import math
from collections.abc import Sequence

from infra.dev.load.rates import SHARES, Stage

WIDTH, HEIGHT, EDGE = 640, 320, 56
COLOURS = ("#2a7", "#e90", "#c33")
_LOW_MS, _HIGH_MS = 1.0, 100_000.0


def svg(stages: Sequence[Stage], title: str) -> str:
    """A line for each share of the answers; both axes are logarithmic."""
    rates = [stage.rate for stage in stages]
    low, high = min(rates), max(max(rates), min(rates) * 1.01)

    def x(rate: float) -> float:
        return EDGE + (WIDTH - 2 * EDGE) * math.log(rate / low) / math.log(high / low)

    def y(ms: float) -> float:
        part = math.log(max(ms, _LOW_MS) / _LOW_MS) / math.log(_HIGH_MS / _LOW_MS)
        return HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * part

    lines = [_text(EDGE, 24, title, 15)]
    for power in range(6):
        at = y(10.0**power)
        lines.append(f'<line x1="{EDGE}" x2="{WIDTH - EDGE}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>')
        lines.append(_text(6, at + 4, f"{10**power} ms"))
    lines += [_text(x(rate) - 8, HEIGHT - EDGE + 18, f"{rate:g}") for rate in rates]
    lines.append(_text(WIDTH - EDGE - 84, HEIGHT - 8, "requests/s"))
    for place, (share, colour) in enumerate(zip(SHARES, COLOURS, strict=True)):
        points = " ".join(f"{x(each.rate):.1f},{y(each.percentiles()[place]):.1f}" for each in stages)
        lines.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        lines.append(f'<text x="{EDGE + 60 * place}" y="44" font-size="12" fill="{colour}">p{100 * share:g}</text>')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>', *lines, "</svg>", ""])


def _text(x: float, y: float, words: str, size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="#333">{words}</text>'
