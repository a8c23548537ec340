"""Milliseconds by rate, as a small SVG: a line for each series, both axes logarithmic."""

import math
from collections.abc import Mapping, Sequence

WIDTH, HEIGHT, EDGE = 640, 340, 56
COLOURS = ("#c33", "#e90", "#2a7", "#27c", "#727")
TICKS_MS = (1, 10, 100, 1000, 10_000, 100_000)


def svg(title: str, unit: str, rates: Sequence[float], series: Mapping[str, Sequence[float]]) -> str:
    """``series``: for each name, the milliseconds at each of the ``rates``, which count ``unit``."""
    found = [ms for each in series.values() for ms in each]
    ticks = [ms for ms in TICKS_MS if min(found) / 10 < ms < max(found) * 10] or [1, 10]

    def x(rate: float) -> float:
        return EDGE + (WIDTH - 2 * EDGE) * _part(rate, rates[0], rates[-1])

    def y(ms: float) -> float:
        return HEIGHT - EDGE - (HEIGHT - 2 * EDGE - 10) * _part(ms, ticks[0], ticks[-1])

    lines = [_text(EDGE, 24, title, size=15)]
    for ms in ticks:
        lines.append(f'<line x1="{EDGE}" x2="{WIDTH - EDGE}" y1="{y(ms):.1f}" y2="{y(ms):.1f}" stroke="#ddd"/>')
        lines.append(_text(6, y(ms) + 4, f"{ms} ms"))
    lines += [_text(x(rate) - 10, HEIGHT - EDGE + 18, f"{rate:,g}") for rate in rates]
    lines.append(_text(WIDTH - EDGE - 84, HEIGHT - 8, unit))
    for place, ((name, each), colour) in enumerate(zip(series.items(), COLOURS, strict=False)):
        points = " ".join(f"{x(rate):.1f},{y(ms):.1f}" for rate, ms in zip(rates, each, strict=True))
        lines.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        lines.append(_text(EDGE + 90 * place, 44, name, colour=colour))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>', *lines, "</svg>", ""])


def _part(value: float, low: float, high: float) -> float:
    """Where ``value`` stands between ``low`` (0) and ``high`` (1)."""
    return math.log(max(value, low) / low) / math.log(high / low) if high > low else 0.0


def _text(x: float, y: float, words: str, *, size: int = 12, colour: str = "#333") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}">{words}</text>'
