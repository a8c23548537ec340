"""``python -m infra.dev.fire NAME`` fires a schedule of the local stack that runs in DATA, once."""

import importlib
import json
import os
import sys

from infra.dev.local import schedules, settings
from infra.dev.local.engines import CREDENTIALS


def main(arguments: list[str]) -> None:
    """Raises SystemExit with one line where nothing runs or there is no such schedule."""
    try:
        run = json.loads((settings.read().run / "run.json").read_text())
    except FileNotFoundError as error:
        raise SystemExit("Nothing runs here. Start it in another terminal: make run") from error
    os.environ.update(CREDENTIALS | run["env"])
    module = importlib.import_module(run["env"]["APP_MODULE"])
    if len(arguments) != 1 or not hasattr(module, arguments[0]):
        raise SystemExit("Say which schedule: one of the scheduled functions in app.py")
    schedules.fire(module, arguments[0])


if __name__ == "__main__":
    main(sys.argv[1:])
