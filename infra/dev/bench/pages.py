"""The first letter of each page on a slow phone: a browser that has nothing of it, on the running stack."""

import json
import shutil
import subprocess
import time
from pathlib import Path
from statistics import median
from typing import Any

from infra.dev.bench.figures import Figure
from infra.dev.bench.setting import Setting, sub
from infra.dev.local.stack import LocalStack

ROUNDS = 5
PAINT_MS_MAX = 1500
_SCRIPT = Path(__file__).with_suffix(".mjs")
_WHO = {"citizen": "individual", "portal": "institution", "desk": "exchange", "transparency": ""}
_SLOW = "A processor four times slower than this one, 9 Mbps, 100 ms a request, an empty cache; the median of"


def painted(stack: LocalStack, setting: Setting) -> Figure:
    """Largest contentful paint by page; without a browser, a figure that says what is missing."""
    from infra.dev.faces import __main__ as make  # it loads the app, which reads the environment of the stack

    columns = ("page", f"largest paint ms (at most {PAINT_MS_MAX})", "slowest", "KB until then")
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not chromium or not (make.MODULES / "playwright-core").is_dir():
        return Figure("Pages on a slow phone", columns, [], "Not measured: there is no Chromium, or no Node.")
    make.link()
    setting.grow(1)
    found = _painted(stack, chromium)
    rows = [
        (
            face,
            f"{median(each['ms'] for each in rounds):.0f}",
            f"{max(each['ms'] for each in rounds):.0f}",
            f"{median(each['bytes'] for each in rounds) / 1000:.0f}",
        )
        for face, rounds in found.items()
    ]
    kept = all(median(each["ms"] for each in rounds) <= PAINT_MS_MAX for rounds in found.values())
    says = f"{_SLOW} {ROUNDS}. A name to look up and a TLS connection would add two or three times 100 ms."
    return Figure("Pages on a slow phone", columns, rows, says, kept)


def _painted(stack: LocalStack, chromium: str) -> dict[str, list[dict[str, float]]]:
    people = {"individual": sub(0), "institution": "bench-shop", "exchange": "bench-exchange"}
    pages: list[dict[str, Any]] = [{"face": face} for face in _WHO]
    for page in pages:
        if role := _WHO[page["face"]]:
            ends_ms = (time.time() + 3600) * 1000
            session = {"token": stack.token(role, people[role]), "sub": people[role], "role": role, "expires": ends_ms}
            page["session"] = session
    given = {"url": stack.url, "chromium": chromium, "rounds": ROUNDS, "pages": pages}
    command = ["node", str(_SCRIPT)]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=True)
    found: dict[str, list[dict[str, float]]] = json.loads(done.stdout)
    return found
