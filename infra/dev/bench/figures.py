"""Figures: what one measurement found, as a table of the terminal and of ``docs/figures.md``."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

from infra.here import ROOT

PAGE = ROOT / "docs" / "figures.md"
_LEFT = {"movement", "items", "item", "page"}


@dataclass(frozen=True)
class Figure:
    """A table. ``says`` tells how it was measured and what it is not; ``kept`` whether what is promised holds."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    says: str
    kept: bool = True

    def table(self) -> Table:
        """For the terminal."""
        table = Table(title=self.title, title_justify="left")
        for column in self.columns:
            table.add_column(column, justify="left" if column in _LEFT else "right")
        for row in self.rows:
            table.add_row(*row)
        return table

    def markdown(self) -> str:
        """For the page."""
        aligned = [":---" if column in _LEFT else "---:" for column in self.columns]
        lines = [f"| {' | '.join(row)} |" for row in (self.columns, aligned, *self.rows)]
        broken = "" if self.kept else "\n**A promised bound is broken.**\n"
        return f"## {self.title}\n\n{self.says}\n{broken}\n" + "\n".join(lines) + "\n"


def write(figures: Sequence[Figure]) -> Path:
    """``docs/figures.md``, whole; returns its path."""
    where = f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    head = f"""# Figures

Written by `make bench` alone, on {datetime.now(UTC):%Y-%m-%d}: {where}.
Everything ran on this one machine, with dynoxide in the place of DynamoDB.

**What these figures are not.** An emulator is not AWS: its milliseconds and rates say nothing of a region's. Request
units, bytes, counts and ratios within one run do carry over; so each bound is one of these. Times are medians, and
compared within one run, because machines are noisy. What a month costs stands in [cost.md](cost.md), by `make cost`.
"""
    PAGE.write_text("\n".join([head, *(figure.markdown() for figure in figures)]))
    return PAGE
