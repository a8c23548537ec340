"""A script, run by coldstart.py in a fresh process without site-packages: ``start.py FOLDER EVENTS``.

FOLDER holds the libraries: an unpacked zip, or an untrimmed installation (then EVENTS is ``-``). Prints JSON, seconds.
seconds as JSON.
"""

import json
import sys
import time


def untrimmed() -> dict[str, float]:
    """What anyone pays who uses DynamoDB from Python."""
    began = time.perf_counter()
    import boto3

    boto3.client("dynamodb")
    return {"seconds": time.perf_counter() - began}


def ours(events: list[dict[str, object]]) -> dict[str, float]:
    """The import and the first request; then the processor time of warm ones, beside that of their AWS calls."""
    began = time.perf_counter()
    import app

    imported = time.perf_counter() - began
    _serve(app.app, events[0])
    first = time.perf_counter() - began
    return {"import": imported, "seconds": first, "warm": _warm(app.app, events[1:]) if events[1:] else 0.0}


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


if __name__ == "__main__":
    sys.path.append(sys.argv[1])
    if sys.argv[2] == "-":
        print(json.dumps(untrimmed()))
    else:
        with open(sys.argv[2]) as file:
            sent = json.load(file)
        print(json.dumps(ours(sent)))
