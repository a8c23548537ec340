"""``python -m infra.dev.bench.warm``: a warm request's processor time beside its AWS calls, answered by nothing.

The client's methods are replaced, so what botocore itself does is not counted. Nothing needs to run.
"""

import io
import json
import logging
import os
import statistics
import time
from functools import partial
from typing import Any, NamedTuple

ROUNDS, BOUND_MS = 2000, 1.0
_ENVIRONMENT = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}


class Warm(NamedTuple):
    """Medians: milliseconds a request, microseconds of which its log line took."""

    request_ms: float
    line_us: float


def measure() -> Warm:
    """A redemption, from API Gateway's event to its answer, with its line formatted as in Lambda."""
    os.environ.update({name: value for name, value in _ENVIRONMENT.items() if name not in os.environ})
    import app
    from chalicelib import log, settings
    from chalicelib.mall.items import OfferTerms
    from chalicelib.mall.offers import memory

    settings._secrets = lambda: {"identity_key": b"k" * 32}  # type: ignore[assignment]
    memory.terms = lambda offer: OfferTerms(id=offer, merchant="merchant", stripes=1, title="票", fulfilment="voucher")
    _answer_nothing()
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(log.Json())
    logger = logging.getLogger("carbon-points")
    logger.propagate, logger.handlers = False, [handler]
    spent = [_timed(partial(app.app, _event(number), None)) for number in range(ROUNDS)]
    lines = [_timed(_line) for _ in range(ROUNDS)]
    return Warm(statistics.median(spent) * 1e3, statistics.median(lines) * 1e6)


def _timed(act: Any) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began


def _line() -> None:
    from chalicelib import log

    with log.line("request", route="POST /v1/redemptions", request="id") as line:
        log.annotate(
            record="q7w2e9r4t6y1u3i5o8p0a2s4d6", replayed=False, status=409, role="individual", code="sold_out"
        )
        line.count("Refusals")


def _answer_nothing() -> None:
    from chalicelib.table.client import client

    client().transact_write_items = lambda **_: {}  # type: ignore[method-assign, assignment]


def _event(number: int) -> dict[str, Any]:
    proven = {"principalId": "bench", "role": "individual", "exp": str(int(time.time()) + 3600)}
    path = "/v1/redemptions"
    return {
        "headers": {"content-type": "application/json", "idempotency-key": f"bench-{number}"},
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "body": json.dumps({"offer": "o", "quantity": 1, "points": 10}),
        "requestContext": {
            "httpMethod": "POST",
            "resourcePath": path,
            "path": path,
            "requestId": "r",
            "authorizer": proven,
        },
    }


def main() -> int:
    """Prints both; 1 where the bound is broken."""
    found = measure()
    print(
        f"A warm redemption takes {found.request_ms:.2f} ms of processor time beside its AWS calls (at most {BOUND_MS})"
    )
    print(f"Its log line takes {found.line_us:.0f} µs of it")
    return 0 if found.request_ms <= BOUND_MS else 1


if __name__ == "__main__":
    raise SystemExit(main())
