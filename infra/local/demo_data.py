"""The hook for demo data: ``infra.demo.load`` fills a new store once, ``infra.demo.greeting`` shows at each start."""

import importlib
import importlib.util
import sys

from infra.local import keys
from infra.local.settings import Local

_BAR_WIDTH = 30


def offer(local: Local, url: str, *, new: bool) -> None:
    """Load the demo data into a store that has none. An interrupted load goes on at the next start (same keys)."""
    if not local.demo or importlib.util.find_spec("infra.demo") is None:
        return
    demo = importlib.import_module("infra.demo")

    def token_of(role: str, sub: str) -> str:
        return keys.token(local.keys, role, sub)

    begun, done = local.data / "demo-begun", local.data / "demo-done"
    if new or (begun.exists() and not done.exists()):
        begun.touch()
        demo.load(url, token_of, progress)
        done.touch()
    for line in demo.greeting(url, token_of):
        print(line, flush=True)


def progress(done: int, total: int, what: str) -> None:
    """Draw a bar where there is a terminal, one line an item elsewhere."""
    filled = _BAR_WIDTH * done // max(total, 1)
    if sys.stdout.isatty():
        end = "\n" if done >= total else ""
        print(f"\r{what:<28} [{'#' * filled:<{_BAR_WIDTH}}] {done}/{total}", end=end, flush=True)
    elif done >= total:
        print(f"{what}: {total}", flush=True)
