"""The hook for demo data: ``demo.load`` fills a new store once, ``demo.greeting`` shows at each start."""

from rich.console import Console
from rich.progress import Progress, TaskID

from infra.dev import demo, issuer
from infra.dev.local.partners import Partners
from infra.dev.local.settings import Local


def offer(local: Local, url: str, *, new: bool) -> None:
    """Load the demo data into a store that has none. An interrupted load continues at the next start (same keys)."""
    if not local.demo:
        return

    def token_of(role: str, sub: str) -> str:
        return issuer.token(local.keys, role, sub)

    partners = Partners(local, url)
    partners.again()
    begun, done = local.data / "demo-begun", local.data / "demo-done"
    if new or (begun.exists() and not done.exists()):
        begun.touch()
        with Bars() as bars:
            demo.load(url, token_of, bars.show, partners.start)
        done.touch()
    for line in demo.greeting(url, token_of):
        print(line, flush=True)


class Bars:
    """A bar an item where there is a terminal, one line an item elsewhere."""

    def __init__(self) -> None:
        self._console = Console()
        self._progress = Progress(console=self._console)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "Bars":
        if self._console.is_terminal:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, done: int, total: int, what: str) -> None:
        if not self._console.is_terminal:
            if done >= total:
                print(f"{what}: {total}", flush=True)
            return
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=total)
        self._progress.update(self._tasks[what], completed=done)
