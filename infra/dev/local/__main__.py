"""``python -m infra.dev.local`` (``make run``): the whole system at http://127.0.0.1:PORT until Ctrl-C."""

import signal
import sys
from types import FrameType

from infra.dev.local import host, processes, settings
from infra.dev.local.stage import Stage


def main() -> None:
    """Start everything, say where it is, keep it alive; stop it in order when asked."""
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, _stop)
    local = settings.read()
    host.check_python()
    with host.lock(local):
        if processes.stop_leftovers(local.run):  # they may hold the port and the store
            print("Ended what an interrupted run had left behind", flush=True)
        with host.listen(local.port) as listening, Stage(local, listening) as stage:
            stage.start()
            stage.keep_alive()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, signal.SIG_IGN)  # a second Ctrl-C does not interrupt an orderly end
    sys.exit(0)


if __name__ == "__main__":
    main()
