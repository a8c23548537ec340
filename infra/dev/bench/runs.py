"""A buy-back run of many merchants on the local stack, against bare transactions like its lots on the same store."""

import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from chalicelib.buyback.model import TONNE
from chalicelib.buyback.worker import pay
from infra.dev.bench.setting import Setting
from infra.dev.bench.throughput import bare

MERCHANTS = 20_000
_MANY = 10**13  # points


class Rate(NamedTuple):
    """Lots of the run, the seconds from its start to its end, and bare transactions a second."""

    lots: int
    seconds: float
    bare: float

    @property
    def share(self) -> float:
        return self.lots / self.seconds / self.bare


def _of_many(lot: dict[str, Any]) -> dict[str, Any]:
    """The same for a merchant that holds more than its tonne: as many twins as the store can take."""
    found: dict[str, Any] = json.loads(json.dumps(lot).replace(f'"{2 * TONNE}"', f'"{2 * _MANY}"'))
    return found


def compare(setting: Setting, progress: Callable[[int], None]) -> Rate:
    """One run over ``MERCHANTS`` that each hold a tonne. Raises RuntimeError where it does not pay them all."""
    merchants = setting.grow_merchants(MERCHANTS)
    with setting.platform.watching() as requests:
        pay(setting.running_run(f"bare {time.time_ns()}"), merchants[0])
    lot = next(each["params"] for each in reversed(requests) if each["operation"] == "TransactWriteItems")
    setting.grow_merchants(1, points=_MANY)
    rate = bare(_of_many(lot))
    setting.grow_merchants(1)
    began = time.monotonic()
    run = setting.platform.call("POST", "/v1/buy-back-runs", {}, "exchange", "bench-exchange")
    while run["status"] != "finished":
        time.sleep(0.5)
        run = setting.run(run["id"])
        progress(run["merchants"])
    if run["merchants"] < MERCHANTS:
        raise RuntimeError(f"the run has paid only {run}")
    return Rate(run["merchants"], time.monotonic() - began, rate)
