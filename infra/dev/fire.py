"""``python -m infra.dev.fire NAME`` fires a schedule of the local stack that runs in DATA, once."""

import importlib
import os
import sys

from infra import here
from infra.dev.local import schedules


def main(arguments: list[str]) -> None:
    """Raises SystemExit with one line where nothing runs or there is no such schedule."""
    try:
        environment = here.running()
    except FileNotFoundError as error:
        raise SystemExit("Nothing runs here. Start it in another terminal: make run") from error
    os.environ.update(environment)
    module = importlib.import_module(environment["APP_MODULE"])
    if len(arguments) != 1 or not hasattr(module, arguments[0]):
        raise SystemExit("Say which schedule: one of the scheduled functions in app.py")
    schedules.fire(module, arguments[0])


if __name__ == "__main__":
    main(sys.argv[1:])
