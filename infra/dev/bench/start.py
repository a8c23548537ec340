"""A script, run by coldstart.py in a fresh process without site-packages: ``start.py FOLDER EVENTS``.

FOLDER holds the libraries: an unpacked zip, or an untrimmed installation (then EVENTS is ``-``). Prints JSON, seconds.
Imports nothing of weight itself before the clock runs: all that either side needs is part of its start.
"""

import sys
import time


def untrimmed() -> dict[str, float]:
    """What anyone pays who uses DynamoDB from Python."""
    began = time.perf_counter()
    import boto3

    boto3.client("dynamodb")
    return {"seconds": time.perf_counter() - began}


def ours(events: str) -> dict[str, float]:
    """The import and the first request; then the processor time of warm ones, beside that of their AWS calls."""
    began = time.perf_counter()
    import app

    imported = time.perf_counter() - began
    first, *warm = _read(events)
    began = time.perf_counter()
    _serve(app.app, first)
    served = time.perf_counter() - began
    return {"import": imported, "seconds": imported + served, "warm": _warm(app.app, warm) if warm else 0.0}


def _warm(app, events) -> float:  # type: ignore[no-untyped-def]
    """Median seconds of processor time."""
    from botocore.client import BaseClient

    spent = 0.0
    original = BaseClient._make_api_call  # type: ignore[attr-defined]

    def timed(*arguments):  # type: ignore[no-untyped-def]
        nonlocal spent
        start = time.process_time()
        try:
            return original(*arguments)
        finally:
            spent += time.process_time() - start

    BaseClient._make_api_call = timed  # type: ignore[attr-defined]
    found = []
    for event in events:
        spent, start = 0.0, time.process_time()
        _serve(app, event)
        found.append(time.process_time() - start - spent)
    return sorted(found)[len(found) // 2]


def _serve(app, event) -> None:  # type: ignore[no-untyped-def]
    answer = app(event, None)
    if answer["statusCode"] >= 300:
        raise SystemExit(answer["body"])


def _read(events: str) -> list[dict[str, object]]:
    import json

    with open(events) as file:
        found: list[dict[str, object]] = json.load(file)
    return found


def main() -> None:
    """What the arguments ask for."""
    folder, events = sys.argv[1:]
    sys.path.append(folder)
    found = untrimmed() if events == "-" else ours(events)
    import json

    print(json.dumps(found))


if __name__ == "__main__":
    main()
