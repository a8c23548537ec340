import subprocess
import sys
from pathlib import Path

import pytest

from infra.dev.bench import figures
from infra.dev.bench.figures import Figure
from infra.here import ROOT

KEPT = Figure("Units", ("movement", "units"), [("redemption", "6")], "Counted.")
BROKEN = Figure("Ratio", ("accounts", "ratio"), [("100", "2.00")], "Measured.", kept=False)


def test_a_figure_is_a_table_of_markdown() -> None:
    assert KEPT.markdown() == (
        "## Units\n\nCounted.\n\n| movement | units |\n| :--- | ---: |\n| redemption | 6 |\n"
    )  # fmt: skip


def test_the_page_has_every_figure_and_says_which_bound_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "PAGE", tmp_path / "figures.md")
    page = figures.write([KEPT, BROKEN]).read_text()
    assert page.startswith("# Figures\n")
    assert page.index(KEPT.markdown()) < page.index(BROKEN.markdown())
    assert "bound is broken" in BROKEN.markdown()
    assert "bound is broken" not in KEPT.markdown()


def test_the_terminal_shows_the_same_rows() -> None:
    assert KEPT.table().row_count == 1
    assert [column.header for column in KEPT.table().columns] == ["movement", "units"]


def test_the_bench_does_not_load_the_app_before_its_stack_runs() -> None:
    """The app reads its environment once, and only the stack knows where its store is."""
    program = "import sys, infra.dev.bench.__main__; sys.exit('app' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0
