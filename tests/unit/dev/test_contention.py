"""A rush on one offer: the simulator reproduces docs/contention.md, and what it promises."""

import pytest

from infra.dev.bench import rushes
from infra.dev.bench.buyers import Setting
from infra.dev.bench.contention import Rush
from infra.here import ROOT


def test_the_page_and_its_plot_are_what_the_simulator_finds() -> None:
    assert rushes.page() == (ROOT / "docs" / "contention.md").read_text()
    assert rushes.svg() == (ROOT / "docs" / "contention.svg").read_text()


def test_five_thousand_a_second_are_answered_in_time_until_all_is_sold() -> None:
    rush = rushes.ran(rushes.SOLD_OUT)
    assert rushes.p(0.99, rush.answers) < 300
    assert rushes.counted(rush.answers, "sold") == rushes.SOLD_OUT.stock
    assert set(rush.units) == {0}
    assert rushes.counted(rush.answers, "sold_out") > 0


@pytest.mark.parametrize("setting", rushes.GROWING, ids=lambda each: f"{each.tills} tills")
def test_units_that_move_in_a_rush_are_all_sold_and_none_twice(setting: Setting) -> None:
    rush = rushes.ran(setting)
    assert rushes.counted(rush.answers, "sold") + sum(rush.units) == setting.stock
    assert min(rush.units) >= 0
    assert rush.grown[-1][1] == 512


def test_a_seed_is_the_same_rush_each_time() -> None:
    setting = Setting(640, 1, 500, 16, grows=True)
    first, second = Rush(setting).run(), Rush(setting).run()
    assert (first.answers, first.units, first.grown) == (second.answers, second.units, second.grown)
    assert rushes.counted(first.answers, "sold") == 500
