"""How far projections are behind: the simulator reproduces docs/stream.md, and what it promises."""

import pytest

from infra.dev.bench import lags
from infra.dev.bench.lag import Setting, Stream
from infra.here import ROOT


def test_the_page_and_its_plot_are_what_the_simulator_finds() -> None:
    assert lags.page() == (ROOT / "docs" / "stream.md").read_text()
    assert lags.svg() == (ROOT / "docs" / "stream.svg").read_text()


@pytest.mark.parametrize("shards", lags.SHARDS)
def test_a_city_s_peak_is_projected_within_five_seconds_on_any_number_of_shards(shards: int) -> None:
    run = lags.ran(Setting(lags.PEAK, shards))
    assert lags.p(0.99, run.lags) < lags.LAG_SECONDS_MAX
    assert len(run.lags) == pytest.approx(run.setting.rate * run.setting.seconds, rel=0.02)  # none is left out


def test_a_seed_is_the_same_run_each_time() -> None:
    setting = Setting(350, 8, seconds=5)
    first, second = Stream(setting).run(), Stream(setting).run()
    assert (first.lags, first.transactions, first.conflicts) == (second.lags, second.transactions, second.conflicts)
